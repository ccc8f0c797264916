//! Rollbacks of one revision, and back to one.

use super::{
    rollback::{already, decide, refused, request, taken_back, takes, two},
    *,
};

#[test]
fn a_named_revision_goes_and_no_other() {
    let history = || [own(1, "good", "one"), own(2, "bad", "two"), own(3, "bad", "two")];
    assert_eq!(decide(&request(Goal::Revision(2), 5000.0), history()), takes(&[2], Some(3)));
    assert_eq!(decide(&request(Goal::Revision(3), 5000.0), history()), takes(&[3], Some(2)));
}

#[test]
fn a_named_revision_that_was_registered_after_the_request_stays() {
    for asked in [0.0, 199.0] {
        let decision = decide(&request(Goal::Revision(2), asked), two());
        assert!(
            matches!(&decision, RollbackDecision::Superseded(reason) if reason.contains("batch:2")),
            "{decision:?}"
        );
    }
    // One that is not the latest, too; and one of the same second is the one that was meant.
    let three = || [own(1, "good", "one"), own(2, "bad", "two"), own(3, "new", "three")];
    assert!(matches!(decide(&request(Goal::Revision(2), 199.0), three()), RollbackDecision::Superseded(_)));
    assert_eq!(decide(&request(Goal::Revision(2), 200.0), three()), takes(&[2], Some(3)));
    let late_in_it = Revision { registered_at: Some(at(200.9)), ..own(2, "bad", "two") };
    assert_eq!(decide(&request(Goal::Revision(2), 200.0), [own(1, "good", "one"), late_in_it]), takes(&[2], Some(1)));
    let timeless = Revision { registered_at: None, ..own(2, "bad", "two") };
    assert_eq!(decide(&request(Goal::Revision(2), 0.0), [own(1, "good", "one"), timeless]), takes(&[2], Some(1)));
}

#[test]
fn a_named_revision_that_was_taken_back_needs_no_time_to_be_told() {
    assert_eq!(already(&decide(&request(Goal::Revision(2), 0.0), taken_back(250.0))), Some(2));
}

#[test]
fn going_back_by_number_tells_of_a_missing_image_and_is_not_refused() {
    let of = |images| RollbackFacts { rendered: None, images: Some(images) };
    for (goal, allow_missing_image) in [(Goal::Revision(2), false), (Goal::To(1), false), (Goal::To(1), true)] {
        let request = Request { allow_missing_image, ..request(goal, 5000.0) };
        let ask = |facts: &RollbackFacts| super::super::rollback(&request, &history(two()), facts);
        assert_eq!(ask(&RollbackFacts::default()), RollbackDecision::AskImages(1));
        for (images, says) in [
            (
                ImagesExist::Missing(vec!["batch@sha256:one".into()]),
                "batch:1, which becomes the latest, has an image that is gone",
            ),
            (ImagesExist::Unknown("access denied".into()), "access denied"),
        ] {
            let RollbackDecision::Deregister(RollbackPlan { revisions, warning: Some(warning), .. }) = ask(&of(images))
            else {
                panic!()
            };
            assert!(revisions == [2] && warning.contains(says), "{warning}");
        }
        assert_eq!(ask(&of(ImagesExist::All)), takes(&[2], Some(1)));
    }
}

#[test]
fn where_the_latest_stays_its_images_are_not_asked_for() {
    let request = request(Goal::Revision(1), 5000.0);
    assert_eq!(super::super::rollback(&request, &history(two()), &RollbackFacts::default()), takes(&[1], Some(2)));
}

#[test]
fn a_named_revision_that_is_inactive_was_taken_back_already() {
    assert_eq!(already(&decide(&request(Goal::Revision(2), 5000.0), taken_back(250.0))), Some(2));
}

#[test]
fn a_named_revision_that_is_the_only_active_one_stays_unless_that_is_allowed() {
    let only = request(Goal::Revision(1), 5000.0);
    assert!(refused(&decide(&only, taken_back(250.0))).contains("batch:1 is the only ACTIVE revision"));
    assert_eq!(decide(&Request { allow_last: AllowLast::Yes, ..only }, taken_back(250.0)), takes(&[1], None));
}

#[test]
fn a_revision_that_does_not_exist_is_told() {
    assert_eq!(decide(&request(Goal::Revision(7), 5000.0), two()), RollbackDecision::NoSuchRevision(7));
    assert_eq!(decide(&request(Goal::To(7), 5000.0), two()), RollbackDecision::NoSuchRevision(7));
}

#[test]
fn back_to_a_revision_takes_every_active_one_above_newest_first() {
    let history = [own(1, "good", "one"), own(2, "bad", "two"), gone(own(3, "x", "x"), 350.0), own(4, "worse", "four")];
    assert_eq!(decide(&request(Goal::To(1), 5000.0), history), takes(&[4, 2], Some(1)));
}

#[test]
fn back_to_the_latest_has_happened_already() {
    assert_eq!(already(&decide(&request(Goal::To(1), 5000.0), taken_back(250.0))), None);
}

#[test]
fn back_to_an_inactive_revision_is_refused() {
    let decision = decide(&request(Goal::To(2), 5000.0), taken_back(250.0));
    assert!(refused(&decision).contains("batch:2 is INACTIVE"), "{decision:?}");
}
