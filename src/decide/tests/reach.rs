//! What keeps rollbacks within their reach, in random families too.

use super::{
    dice::{Dice, play},
    rollback::{decide, refused, request, taken_back, takes, two},
    *,
};
use crate::decide::common::registered_after;

#[test]
fn a_family_outside_of_the_settings_is_refused_before_anything_else() {
    for goal in [Goal::Latest, Goal::Revision(2), Goal::Revision(7), Goal::To(1)] {
        for allow_unmanaged in [false, true] {
            let request = Request { outside: Some("…/shop-*:*"), allow_unmanaged, ..request(goal, 5000.0) };
            for history in [two().to_vec(), vec![foreign(1), foreign(2)], taken_back(4999.0).to_vec(), vec![]] {
                let decision = decide(&request, history);
                assert!(refused(&decision).contains("batch lies outside") && refused(&decision).contains("…/shop-*:*"));
                assert!(refused(&decision).contains("FAMILY_ARNS"), "{decision:?}");
            }
        }
    }
}

#[test]
fn the_last_revision_stays_for_an_event_that_may_not_ask_for_it_and_others_go() {
    for goal in [Goal::Latest, Goal::Revision(2)] {
        let request = Request { allow_last: AllowLast::NotByEvent, ..request(goal, 5000.0) };
        let decision = decide(&request, [gone(own(1, "old", "zero"), 150.0), own(2, "bad", "two")]);
        assert!(refused(&decision).contains("ALLOW_LAST_BY_EVENT"), "{decision:?}");
        assert_eq!(decide(&request, two()), takes(&[2], Some(1)));
    }
}

/// Up to six revisions of crema's and of others, some of them gone, all or none with times.
fn some_history(dice: &mut Dice) -> History {
    let (count, timeless) = (u32::try_from(dice.below(7)).unwrap(), dice.one_in(8));
    let some = |number| {
        let definition = dice.pick(&["one", "two"]);
        let mut revision = if dice.one_in(4) { foreign(number) } else { own(number, definition, definition) };
        if dice.one_in(3) {
            revision = gone(revision, 700.0 + f64::from(number));
        }
        if timeless {
            revision = Revision { registered_at: None, deregistered_at: None, ..revision };
        }
        revision
    };
    history((1..=count).map(some).collect::<Vec<_>>())
}

fn some_request(dice: &mut Dice) -> Request<'static> {
    let number = u32::try_from(dice.between(1, 7)).unwrap();
    let asked = dice.pick(&[50.0, 250.0, 450.0, 650.0, 703.0, 5000.0]);
    Request {
        again: dice.one_in(2),
        allow_missing_image: dice.one_in(2),
        allow_unmanaged: dice.one_in(2),
        ..request(dice.pick(&[Goal::Latest, Goal::Revision(number), Goal::To(number)]), asked)
    }
}

fn some_facts(dice: &mut Dice) -> RollbackFacts {
    let images = match dice.below(3) {
        0 => ImagesExist::All,
        1 => ImagesExist::Missing(vec!["batch@sha256:one".into()]),
        _ => ImagesExist::Unknown("access denied".into()),
    };
    RollbackFacts { rendered: Some(dice.one_in(2)), images: Some(images) }
}

fn must(holds: bool, wrong: &str, about: &impl std::fmt::Debug) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{wrong}: {about:?}")) }
}

/// Whatever the family, the request and the facts are.
fn promises_of(seed: u64) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let (history, request, facts) = (some_history(&mut dice), some_request(&mut dice), some_facts(&mut dice));
    let ask = |request: &Request<'_>, facts: &RollbackFacts| super::super::rollback(request, &history, facts);
    let about = (&history, &request, &facts);
    let outside = ask(&Request { outside: Some("others"), ..request.clone() }, &facts);
    must(matches!(outside, RollbackDecision::Refused(_)), "outside of the reach something was decided", &about)?;
    let decision = ask(&request, &facts);
    let by_event = ask(&Request { allow_last: AllowLast::NotByEvent, ..request.clone() }, &facts);
    let is_same = matches!((&decision, &by_event), (RollbackDecision::Refused(_), RollbackDecision::Refused(_)))
        || decision == by_event;
    must(is_same, "`allow_last` of an event made a difference", &about)?;
    let RollbackDecision::Deregister(RollbackPlan { revisions, latest, .. }) = &decision else { return Ok(()) };
    must(latest.is_some(), "nothing would be left", &about)?;
    let later = |number: &u32| history.get(*number).is_some_and(|r| registered_after(r.registered_at, request.asked));
    must(!revisions.iter().any(later), "one that was registered after the request went", &about)?;
    if request.goal != Goal::Latest {
        let gone = RollbackFacts { images: Some(ImagesExist::Missing(vec!["x".into()])), ..facts.clone() };
        let RollbackDecision::Deregister(back) = ask(&request, &gone) else {
            return Err(format!("refused by an image: {about:?}"));
        };
        let is_new = history.active.first() != latest.as_ref();
        must(
            back.warning.is_some() == (is_new && revisions == &back.revisions),
            "a missing image is not told",
            &about,
        )?;
    }
    Ok(())
}

#[test]
fn fifty_thousand_random_requests_stay_within_their_reach() {
    play("fifty_thousand_random_requests_stay_within_their_reach", 50_000, promises_of);
}
