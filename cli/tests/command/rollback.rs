//! `crema rollback`: what is sent, one request for question, call and retry, and how it ends.

use crate::run::Crema;
use crema_testing::{Fault, When, World};
use serde_json::json;
use std::sync::Arc;

async fn released(releases: usize) -> Arc<World> {
    let world = Arc::new(World::released(releases).await);
    world.deploy("crema-operator");
    world
}

#[tokio::test]
async fn without_a_terminal_it_is_done_with_yes_only() {
    let world = released(2).await;
    let said = Crema::of(&world).run(&["rollback", "batch"]).await;
    said.ended(64, &["there is no terminal to ask on: give `--yes`"]);
    assert_eq!(world.aws.invoked().len(), 0);
    let said = Crema::of(&world).run(&["rollback", "batch", "--yes", "--reason", "wrong totals"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("batch: rolled back: batch:2 taken back; schedules run batch:1\n"), "{said:?}");
    assert_eq!(world.aws.active("batch"), [1]);
    let said = Crema::of(&world).run(&["rollback", "batch", "--yes"]).await;
    assert!(said.code == 0 && said.out.starts_with("batch: already rolled back: "), "{said:?}");
}

#[tokio::test]
async fn all_fields_of_a_rollback_are_options() {
    let world = released(1).await;
    let arguments = [
        "rollback",
        "batch",
        "--yes",
        "--revision",
        "1",
        "--again",
        "--allow-last",
        "--allow-missing-image",
        "--reason",
        "why",
        "--family-region",
        "eu-west-1",
    ];
    let _ = Crema::of(&world).run(&arguments).await;
    let mut sent = world.aws.invoked().remove(0);
    for member in ["id", "time"] {
        assert!(sent.as_object_mut().unwrap().remove(member).is_some_and(|value| value.is_string()), "{sent:#}");
    }
    let expected = json!({"action": "rollback", "family": "batch", "revision": 1, "again": true, "allow_last": true,
        "allow_missing_image": true, "reason": "why", "region": "eu-west-1"});
    assert_eq!(sent, expected);
    let _ = Crema::of(&world).run(&["rollback", "batch", "--yes", "--to", "1"]).await;
    assert_eq!(world.aws.invoked()[1]["to"], 1);
    for wrong in [&["--to", "0"][..], &["--revision", "newest"], &["--to", "1", "--revision", "1"]] {
        let said = Crema::of(&world).run(&[&["rollback", "batch", "--yes"], wrong].concat()).await;
        assert_eq!(said.code, 64, "{said:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_takes_back_once() {
    for fault in [Fault::ResetAfter, Fault::ErrorAfter, Fault::Reset, Fault::Throttled] {
        let world = released(3).await;
        world.aws.break_calls("Invoke", When::First(1), fault.clone());
        let said = Crema::of(&world).run(&["rollback", "batch", "--yes", "--again"]).await;
        assert_eq!(said.code, 0, "{fault:?}: {said:?}");
        assert_eq!(world.aws.active("batch"), [1, 2], "{fault:?}");
        let sent = world.aws.invoked();
        assert!(sent.len() == 2 && sent[0] == sent[1], "{sent:?}");
    }
}

#[tokio::test]
async fn what_is_refused_or_has_changed_ends_with_one() {
    let world = released(1).await;
    let refused = Crema::of(&world).run(&["rollback", "batch", "--yes"]).await;
    assert!(refused.code == 1 && refused.out.starts_with("batch: refused: "), "{refused:?}");
    let unknown = Crema::of(&world).run(&["rollback", "btch", "--yes"]).await;
    unknown.ended(1, &["there is no family \"btch\""]);
    world.aws.shift_clock(time::Duration::minutes(2));
    world.push("batch", "release", "v2").await.unwrap();
    let superseded = Crema::of(&world).run(&["rollback", "batch", "--yes"]).await;
    assert!(superseded.code == 1 && superseded.out.starts_with("batch: superseded: "), "{superseded:?}");
}
