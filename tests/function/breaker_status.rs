//! What `status` tells of the circuit breaker.

use crema_testing::{World, world::definition};
use serde_json::{Value, json};

async fn status(w: &World, app: Option<&str>) -> Value {
    let answer = w.invoke(json!({"action": "status", "app": app})).await.unwrap();
    let families = answer["families"].as_array().unwrap();
    families.iter().find(|family| family["family"] == "batch").unwrap_or_else(|| panic!("{answer:#}")).clone()
}

#[tokio::test]
async fn status_tells_when_the_latest_ran_well_and_what_would_be_gone_back_to() {
    let w = World::released_with(3, &[("CIRCUIT_BREAKER", "on")]).await;
    let before = status(&w, None).await;
    assert_eq!((before.get("proven_at"), before.get("fallback")), (None, None));
    w.ran_well("batch:1").await.unwrap();
    assert_eq!(status(&w, None).await["fallback"], 1);
    w.ran_well("batch:3").await.unwrap();
    let after = status(&w, None).await;
    assert_eq!(
        (&after["fallback"], &after["proven_at"]),
        (&json!(1), &json!(w.aws.revision("batch", 3).tags["crema:proven-at"]))
    );
    // The newest, proven or somebody else's; and a copied proof proves nothing.
    w.aws.register_by_hand(&definition("batch", "busybox"));
    w.push("batch", "release", "v4").await.unwrap();
    let above = status(&w, None).await;
    assert_eq!((&above["revision"], &above["fallback"], above.get("proven_at")), (&json!(5), &json!(4), None));
}

#[tokio::test]
async fn without_the_breaker_only_the_status_of_one_app_looks_below() {
    let w = World::released(3).await;
    let tag = |revision: &mut crema_testing::aws::ecs::Revision| {
        revision.tags.insert("crema:proven-at".into(), "2099-01-01T00:00:00Z".into());
    };
    w.aws.edit_revision("batch", 1, tag);
    assert_eq!(status(&w, None).await.get("fallback"), None);
    assert_eq!(status(&w, Some("batch")).await["fallback"], 1);
}
