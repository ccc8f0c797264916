use super::*;

struct Case {
    history: History,
    wanted: &'static str,
    images: &'static [&'static str],
}

impl Case {
    /// The definition `wanted` with these images, asked for so late.
    fn decide(&self, origin: Origin, asked: f64) -> RegisterDecision {
        let fingerprint = fingerprint(self.wanted);
        let digests = self.images.iter().map(|image| format!("sha256:{image}")).collect();
        let desired = Desired { family: "batch", fingerprint: &fingerprint, digests: &digests };
        super::super::register(&desired, &self.history, origin, at(asked))
    }
}

fn case(revisions: impl IntoIterator<Item = Revision>, wanted: &'static str, images: &'static [&'static str]) -> Case {
    Case { history: history(revisions), wanted, images }
}

const ALL: [Origin; 4] = [Origin::ImagePush, Origin::ConfigChange, Origin::Sweep, Origin::Direct];

fn is_held(decision: &RegisterDecision) -> bool {
    matches!(decision, RegisterDecision::Held(_))
}

/// After a rollback of `batch:2` (definition "bad", image "two") to `batch:1`.
fn on_hold(wanted: &'static str, images: &'static [&'static str]) -> Case {
    case([own(1, "good", "one"), gone(own(2, "bad", "two"), 250.0)], wanted, images)
}

#[test]
fn what_is_active_already_is_unchanged_whoever_asks_and_whenever() {
    let case = case([own(1, "good", "one"), own(2, "new", "two")], "new", &["two"]);
    for origin in ALL {
        assert_eq!(case.decide(origin, 0.0), RegisterDecision::Unchanged);
        assert_eq!(case.decide(origin, 1000.0), RegisterDecision::Unchanged);
    }
}

#[test]
fn the_first_revision_of_a_family_is_registered() {
    for origin in ALL {
        assert_eq!(case([], "new", &["one"]).decide(origin, 0.0), RegisterDecision::Register(None));
    }
}

#[test]
fn a_new_wish_is_registered_whoever_asks_and_whenever() {
    for origin in ALL {
        let case = case([own(1, "good", "one")], "new", &["two"]);
        assert_eq!(case.decide(origin, 0.0), RegisterDecision::Register(None));
    }
}

#[test]
fn a_wish_that_was_active_before_is_registered_again() {
    let case = case([own(1, "good", "one"), own(2, "new", "two")], "good", &["one"]);
    assert_eq!(case.decide(Origin::Sweep, 300.0), RegisterDecision::Register(None));
}

#[test]
fn a_sweep_overrides_nobody() {
    let case = case([own(1, "good", "one"), foreign(2)], "new", &["two"]);
    let RegisterDecision::Drifted(reason) = case.decide(Origin::Sweep, 1000.0) else { panic!("not drifted") };
    assert!(reason.contains("batch:2 was registered by someone else") && reason.contains("a sweep overrides nobody"));
}

#[test]
fn an_event_older_than_a_hotfix_leaves_it_and_a_younger_one_replaces_it() {
    let case = case([own(1, "good", "one"), foreign(2)], "good", &["one"]);
    for origin in [Origin::ImagePush, Origin::ConfigChange] {
        let RegisterDecision::Drifted(reason) = case.decide(origin, 199.0) else { panic!("not drifted") };
        assert!(reason.contains("this event is older than that"), "{reason}");
        assert_eq!(case.decide(origin, 201.0), RegisterDecision::Register(None));
    }
}

#[test]
fn a_direct_register_replaces_a_hotfix_of_any_age() {
    let case = case([own(1, "good", "one"), foreign(2)], "new", &["two"]);
    assert_eq!(case.decide(Origin::Direct, 0.0), RegisterDecision::Register(None));
}

#[test]
fn an_event_of_the_same_second_as_a_hotfix_counts_as_younger() {
    let late_in_it = Revision { registered_at: Some(at(200.9)), ..foreign(2) };
    let case = case([own(1, "good", "one"), late_in_it], "new", &["two"]);
    assert_eq!(case.decide(Origin::ConfigChange, 200.0), RegisterDecision::Register(None));
    assert!(matches!(case.decide(Origin::ConfigChange, 199.0), RegisterDecision::Drifted(_)));
}

#[test]
fn a_hotfix_without_a_time_is_replaced_by_events_and_not_by_a_sweep() {
    let timeless = Revision { registered_at: None, ..foreign(2) };
    let case = case([own(1, "good", "one"), timeless], "new", &["two"]);
    assert_eq!(case.decide(Origin::ImagePush, 0.0), RegisterDecision::Register(None));
    assert!(matches!(case.decide(Origin::Sweep, 1000.0), RegisterDecision::Drifted(_)));
}

#[test]
fn a_sweep_ends_no_hold() {
    let RegisterDecision::Held(reason) = on_hold("brand new", &["three"]).decide(Origin::Sweep, 1000.0) else {
        panic!()
    };
    assert!(reason.starts_with("batch:2 was taken back at ") && reason.contains("a sweep ends no hold"), "{reason}");
}

#[test]
fn a_replayed_push_or_upload_after_a_rollback_is_held() {
    for origin in [Origin::ImagePush, Origin::ConfigChange] {
        let RegisterDecision::Held(reason) = on_hold("bad", &["two"]).decide(origin, 1000.0) else {
            panic!("not held")
        };
        assert!(reason.contains("the definition of batch:2 again"), "{reason}");
    }
}

#[test]
fn a_direct_register_brings_back_what_was_taken_back_and_says_so() {
    let decision = on_hold("bad", &["two"]).decide(Origin::Direct, 1000.0);
    let RegisterDecision::Register(Some(warning)) = decision else { panic!("{decision:?}") };
    assert!(warning.contains("the definition of batch:2 returns"), "{warning}");
}

#[test]
fn another_containers_push_does_not_bring_a_bad_image_back() {
    let RegisterDecision::Held(reason) = on_hold("third", &["two", "side"]).decide(Origin::ImagePush, 1000.0) else {
        panic!()
    };
    assert!(reason.contains("its image sha256:two"), "{reason}");
}

#[test]
fn a_new_image_ends_the_hold_with_a_warning() {
    let decision = on_hold("third", &["three"]).decide(Origin::ImagePush, 1000.0);
    let RegisterDecision::Register(Some(warning)) = decision else { panic!("{decision:?}") };
    assert!(warning.contains("batch:2 was taken back") && warning.contains("none of its images returns"), "{warning}");
}

#[test]
fn a_changed_configuration_ends_the_hold_and_says_that_the_image_returns() {
    let decision = on_hold("third", &["two"]).decide(Origin::ConfigChange, 1000.0);
    let RegisterDecision::Register(Some(warning)) = decision else { panic!("{decision:?}") };
    assert!(warning.contains("the image sha256:two returns"), "{warning}");
}

#[test]
fn an_image_that_still_runs_is_not_bad() {
    let history = [own(1, "good", "one"), gone(own(2, "bad", "one"), 250.0)];
    let decision = case(history, "third", &["one"]).decide(Origin::ImagePush, 1000.0);
    assert!(matches!(decision, RegisterDecision::Register(Some(_))), "{decision:?}");
}

#[test]
fn a_new_revision_of_cremas_ends_the_hold_for_good() {
    let history = [own(1, "good", "one"), gone(own(2, "bad", "two"), 250.0), own(3, "third", "three")];
    assert_eq!(case(history, "bad", &["two"]).decide(Origin::Sweep, 1000.0), RegisterDecision::Register(None));
}

#[test]
fn a_hotfix_does_not_end_a_hold() {
    let history = || [own(1, "good", "one"), gone(own(2, "bad", "two"), 250.0), foreign(3)];
    assert!(is_held(&case(history(), "bad", &["two"]).decide(Origin::ConfigChange, 1000.0)));
    assert!(matches!(case(history(), "bad", &["two"]).decide(Origin::Sweep, 1000.0), RegisterDecision::Drifted(_)));
}

#[test]
fn a_hotfix_that_was_cleaned_up_is_no_hold() {
    let history = [own(1, "good", "one"), gone(foreign(2), 250.0)];
    assert_eq!(case(history, "new", &["two"]).decide(Origin::Sweep, 1000.0), RegisterDecision::Register(None));
}

#[test]
fn a_family_with_nothing_active_is_held_for_what_was_taken_back() {
    let case = case([gone(own(1, "bad", "two"), 150.0)], "bad", &["two"]);
    assert!(is_held(&case.decide(Origin::Sweep, 1000.0)));
    assert!(is_held(&case.decide(Origin::ImagePush, 1000.0)));
    assert!(matches!(case.decide(Origin::Direct, 1000.0), RegisterDecision::Register(Some(_))));
}

#[test]
fn every_revision_that_was_taken_back_is_named() {
    let history = [
        own(1, "good", "one"),
        gone(own(2, "bad", "two"), 350.0),
        gone(own(3, "bad", "two"), 351.0),
        gone(own(4, "worse", "four"), 450.0),
    ];
    let RegisterDecision::Held(reason) = case(history, "bad", &["two"]).decide(Origin::ConfigChange, 1000.0) else {
        panic!()
    };
    assert!(reason.starts_with("batch:4, batch:3 and batch:2 were taken back at"), "{reason}");
    assert!(reason.contains("the definition of batch:3 and batch:2 again"), "{reason}");
}

#[test]
fn a_hold_without_times_is_a_hold() {
    let timeless = Revision { status: Status::Inactive, registered_at: None, ..own(2, "bad", "two") };
    assert!(is_held(&case([own(1, "good", "one"), timeless], "bad", &["two"]).decide(Origin::ImagePush, 0.0)));
}

#[test]
fn in_a_later_round_what_was_taken_back_since_the_event_is_held() {
    let case = on_hold("other", &["three"]);
    let held = |asked| super::super::taken_back_since("batch", &case.history, at(asked));
    assert!(held(100.0).is_some_and(|why| why.contains("batch:2 was taken back")));
    assert!(held(250.0).is_some(), "in the second of the event");
    assert!(held(250.9).is_some(), "the event's own time has no fraction that counts");
    assert_eq!(held(251.0), None);
    let calm = super::super::taken_back_since("batch", &history([own(1, "good", "one")]), at(0.0));
    assert_eq!(calm, None);
}
