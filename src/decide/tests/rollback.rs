use super::*;

pub(super) fn request(goal: Goal, asked: f64) -> Request<'static> {
    Request {
        family: "batch",
        goal,
        asked: at(asked),
        again: false,
        allow_last: AllowLast::No,
        allow_missing_image: false,
        allow_unmanaged: false,
        outside: None,
        quiet: Duration::seconds(900),
    }
}

fn latest(asked: f64) -> Request<'static> {
    request(Goal::Latest, asked)
}

/// With images that are all there, and no app that renders the family.
pub(super) fn decide(request: &Request<'_>, revisions: impl IntoIterator<Item = Revision>) -> RollbackDecision {
    let facts = RollbackFacts { rendered: Some(false), images: Some(ImagesExist::All) };
    super::super::rollback(request, &history(revisions), &facts)
}

pub(super) fn takes(revisions: &[u32], latest: Option<u32>) -> RollbackDecision {
    RollbackDecision::Deregister(RollbackPlan { revisions: revisions.to_vec(), latest, warning: None })
}

pub(super) fn already(decision: &RollbackDecision) -> Option<u32> {
    match decision {
        RollbackDecision::AlreadyRolledBack { revision, .. } => *revision,
        other => panic!("{other:?}"),
    }
}

pub(super) fn refused(decision: &RollbackDecision) -> &str {
    match decision {
        RollbackDecision::Refused(reason) => reason,
        other => panic!("{other:?}"),
    }
}

pub(super) fn two() -> [Revision; 2] {
    [own(1, "good", "one"), own(2, "bad", "two")]
}

pub(super) fn taken_back(seconds: f64) -> [Revision; 2] {
    [own(1, "good", "one"), gone(own(2, "bad", "two"), seconds)]
}

fn three(seconds: f64) -> [Revision; 3] {
    [own(1, "old", "zero"), own(2, "good", "one"), gone(own(3, "bad", "two"), seconds)]
}

#[test]
fn the_latest_revision_goes_and_the_one_before_is_latest() {
    assert_eq!(decide(&latest(1000.0), two()), takes(&[2], Some(1)));
}

#[test]
fn one_request_delivered_twice_takes_back_one() {
    for again in [false, true] {
        let request = Request { again, ..latest(1000.0) };
        assert_eq!(already(&decide(&request, three(1000.2))), Some(3));
        assert_eq!(already(&decide(&request, three(1000.0))), Some(3), "of the same moment");
        assert_eq!(already(&decide(&request, three(9000.0))), Some(3), "however late");
    }
}

#[test]
fn a_request_delivered_again_after_a_new_registration_takes_back_nothing() {
    let newer = Revision { registered_at: Some(at(2000.0)), ..own(3, "new", "three") };
    let [a, b] = taken_back(1001.0);
    let request = Request { again: true, ..latest(1000.0) };
    assert_eq!(already(&decide(&request, [a, b, newer])), Some(2));
}

#[test]
fn a_clean_up_below_is_no_answer_to_a_request() {
    let history = [gone(own(1, "old", "zero"), 1001.0), own(2, "good", "one"), own(3, "bad", "two")];
    assert_eq!(decide(&latest(1000.0), history), takes(&[3], Some(2)));
}

#[test]
fn an_alarm_that_asks_again_and_again_takes_back_one() {
    for later in [10.0, 300.0, 899.0] {
        let decision = decide(&latest(1000.0 + later), three(1000.0));
        assert_eq!(already(&decision), Some(3));
        let RollbackDecision::AlreadyRolledBack { reason, .. } = decision else { panic!() };
        assert!(["batch:3", "`again`", "`revision`", "`to`"].iter().all(|part| reason.contains(part)), "{reason}");
    }
}

#[test]
fn after_the_quiet_time_a_request_goes_further_back() {
    assert_eq!(decide(&latest(1900.0), three(1000.0)), takes(&[2], Some(1)));
}

#[test]
fn again_goes_further_back_at_once() {
    let request = Request { again: true, ..latest(1010.0) };
    assert_eq!(decide(&request, three(1000.0)), takes(&[2], Some(1)));
}

#[test]
fn a_quiet_time_of_zero_is_off() {
    let request = Request { quiet: Duration::ZERO, ..latest(1001.0) };
    assert_eq!(decide(&request, three(1000.0)), takes(&[2], Some(1)));
}

#[test]
fn a_new_registration_ends_the_quiet_time() {
    let newer = Revision { registered_at: Some(at(1005.0)), ..own(3, "worse", "three") };
    let [a, b] = taken_back(1000.0);
    assert_eq!(decide(&latest(1010.0), [a, b, newer]), takes(&[3], Some(1)));
}

#[test]
fn where_nothing_is_active_there_is_nothing_to_take_back() {
    let reason = decide(&latest(9000.0), [gone(own(1, "bad", "two"), 1000.0)]);
    assert!(refused(&reason).contains("no ACTIVE revision"));
    assert!(refused(&decide(&latest(9000.0), [])).contains("no ACTIVE revision"));
}

#[test]
fn a_revision_registered_after_the_request_stays() {
    let decision = decide(&latest(199.0), two());
    assert!(matches!(&decision, RollbackDecision::Superseded(reason) if reason.contains("batch:2")), "{decision:?}");
    let decision = decide(&request(Goal::To(1), 199.0), two());
    assert!(matches!(decision, RollbackDecision::Superseded(_)), "{decision:?}");
}

#[test]
fn a_revision_of_the_same_second_as_the_request_is_the_one_meant() {
    let late_in_it = Revision { registered_at: Some(at(200.9)), ..own(2, "bad", "two") };
    assert_eq!(decide(&latest(200.0), [own(1, "good", "one"), late_in_it]), takes(&[2], Some(1)));
}

#[test]
fn missing_times_never_refuse() {
    let timeless = |revision| Revision { registered_at: None, deregistered_at: None, ..revision };
    let [a, b] = two().map(timeless);
    assert_eq!(decide(&latest(0.0), [a, b]), takes(&[2], Some(1)));
    let [a, b, c] = three(1000.0).map(timeless);
    assert_eq!(decide(&latest(1000.0), [a, b, c]), takes(&[2], Some(1)));
}

#[test]
fn the_last_active_revision_stays_unless_that_is_allowed() {
    let history = || [gone(own(1, "old", "zero"), 150.0), own(2, "bad", "two")];
    let decision = decide(&latest(5000.0), history());
    assert!(
        refused(&decision).contains("batch:2 is the only ACTIVE revision") && refused(&decision).contains("allow_last")
    );
    let request = Request { allow_last: AllowLast::Yes, ..latest(5000.0) };
    assert_eq!(decide(&request, history()), takes(&[2], None));
}

#[test]
fn the_last_definition_stays_although_it_was_registered_twice() {
    let decision = decide(&latest(5000.0), [own(1, "bad", "two"), own(2, "bad", "two")]);
    assert!(refused(&decision).contains("batch:1 and batch:2 are the only ACTIVE revisions"), "{decision:?}");
}

#[test]
fn copies_of_one_definition_go_together_oldest_first() {
    let history = [own(1, "good", "one"), own(2, "bad", "two"), own(3, "bad", "two"), own(4, "bad", "two")];
    assert_eq!(decide(&latest(5000.0), history), takes(&[2, 3, 4], Some(1)));
}

#[test]
fn a_run_that_was_cut_between_two_copies_goes_on() {
    let history = [own(1, "good", "one"), gone(own(2, "bad", "two"), 5000.5), own(3, "bad", "two")];
    assert_eq!(decide(&latest(5000.0), history), takes(&[3], Some(1)));
}

#[test]
fn the_same_definition_further_below_stays() {
    let history = [own(1, "bad", "two"), own(2, "good", "one"), own(3, "bad", "two")];
    assert_eq!(decide(&latest(5000.0), history), takes(&[3], Some(2)));
}

#[test]
fn revisions_of_someone_else_are_no_copies_of_each_other() {
    let request = Request { allow_unmanaged: true, ..latest(5000.0) };
    assert_eq!(decide(&request, [foreign(1), foreign(2)]), takes(&[2], Some(1)));
}

#[test]
fn a_family_that_is_not_managed_is_refused_unless_an_app_renders_it_or_a_setting_allows() {
    let history = || history([foreign(1), foreign(2)]);
    let facts = |rendered| RollbackFacts { rendered, images: Some(ImagesExist::All) };
    let ask = |request: &Request<'_>, rendered| super::super::rollback(request, &history(), &facts(rendered));
    for goal in [Goal::Latest, Goal::Revision(2), Goal::To(1)] {
        let request = request(goal, 5000.0);
        assert_eq!(ask(&request, None), RollbackDecision::AskRendered);
        assert!(refused(&ask(&request, Some(false))).contains("batch is not managed"));
        assert_eq!(ask(&request, Some(true)), takes(&[2], Some(1)));
        assert_eq!(ask(&Request { allow_unmanaged: true, ..request }, None), takes(&[2], Some(1)));
    }
}

#[test]
fn a_hotfix_made_of_a_managed_revision_is_managed() {
    let copied = Revision { tagged: true, ..foreign(2) };
    assert_eq!(decide(&latest(5000.0), [own(1, "good", "one"), copied]), takes(&[2], Some(1)));
}

#[test]
fn a_missing_image_of_the_next_revision_refuses_unless_that_is_allowed() {
    let facts = RollbackFacts { rendered: None, images: Some(ImagesExist::Missing(vec!["batch@sha256:one".into()])) };
    let decision = super::super::rollback(&latest(5000.0), &history(two()), &facts);
    assert!(refused(&decision).contains("batch:1") && refused(&decision).contains("batch@sha256:one"));
    let allowed = Request { allow_missing_image: true, ..latest(5000.0) };
    let decision = super::super::rollback(&allowed, &history(two()), &facts);
    let RollbackDecision::Deregister(RollbackPlan { revisions, warning: Some(warning), .. }) = decision else {
        panic!("{decision:?}")
    };
    assert!(revisions == [2] && warning.contains("an image that is gone"), "{warning}");
}

#[test]
fn images_that_cannot_be_asked_for_are_a_warning() {
    let facts = RollbackFacts { rendered: None, images: Some(ImagesExist::Unknown("access denied".into())) };
    let decision = super::super::rollback(&latest(5000.0), &history(two()), &facts);
    let RollbackDecision::Deregister(RollbackPlan { warning: Some(warning), .. }) = decision else {
        panic!("{decision:?}")
    };
    assert!(warning.contains("batch:1") && warning.contains("access denied"), "{warning}");
}

#[test]
fn images_are_asked_for_only_where_the_next_revision_has_some() {
    let ask = |revisions: [Revision; 2]| {
        super::super::rollback(&latest(5000.0), &history(revisions), &RollbackFacts::default())
    };
    assert_eq!(ask(two()), RollbackDecision::AskImages(1));
    let bare = Revision { digests: BTreeSet::new(), ..own(1, "good", "one") };
    assert_eq!(ask([bare, own(2, "bad", "two")]), takes(&[2], Some(1)));
}

#[test]
fn what_expired_below_what_is_kept_is_no_answer_to_a_request() {
    // 1 and 2 expired at 450 s, and 5 came after that.
    let expired = || [gone(own(1, "a", "1"), 450.0), gone(own(2, "b", "2"), 450.5)];
    let kept = || [own(3, "c", "3"), own(4, "d", "4"), own(5, "e", "5")];
    let decision = decide(&latest(440.0), expired().into_iter().chain(kept()));
    assert!(matches!(decision, RollbackDecision::Superseded(_)), "{decision:?}");
    // Of 4, which was the latest when it went, it is.
    let taken_back = [own(2, "b", "2"), own(3, "c", "3"), gone(own(4, "d", "4"), 450.0), own(5, "e", "5")];
    assert_eq!(already(&decide(&latest(440.0), taken_back)), Some(4));
    // With one above, it may have been a copy of that, which went first.
    let copies = [own(2, "b", "2"), gone(own(3, "c", "3"), 450.0), gone(own(4, "c", "4"), 451.0), own(5, "e", "5")];
    assert!(already(&decide(&latest(440.0), copies)).is_some());
}
