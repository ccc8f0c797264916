//! What counts as a push, and which references follow it.

use crema_testing::{
    ACCOUNT, REGION, World,
    aws::ecr::digest,
    world::{decision, definition, push_event},
};
use serde_json::{Value, json};

/// The event that ECR sends to the registry into which an image was replicated.
fn replicated(w: &World, repository: &str, tag: &str) -> Value {
    let mut event = push_event(repository, tag, w.aws.now());
    event["detail-type"] = json!("ECR Replication Action");
    event["resources"] = json!([format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{repository}")]);
    event["detail"]["action-type"] = json!("REPLICATE");
    event["detail"]["source-account"] = json!("210987654321");
    event["detail"]["source-region"] = json!("us-west-2");
    event
}

fn pulled_through(w: &World, repository: &str, tag: &str) -> Value {
    let mut event = push_event(repository, tag, w.aws.now());
    event["detail-type"] = json!("ECR Pull Through Cache Action");
    event["detail"] = json!({"rule-version": "1", "sync-status": "SUCCESS", "ecr-repository-prefix": "docker-hub",
        "repository-name": repository, "upstream-registry-url": "registry-1.docker.io", "image-tag": tag});
    event
}

/// An app whose image has this host.
async fn world(host: &str, repository: &str) -> World {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", &format!("{ACCOUNT}.{host}/{repository}:release")));
    w.aws.push_image(repository, "release", "v1");
    w
}

#[tokio::test]
async fn an_image_that_was_replicated_or_came_through_a_cache_registers_as_a_pushed_one() {
    for event in [push_event_of, replicated, pulled_through] {
        let w = world("dkr.ecr.ap-northeast-1.amazonaws.com", "docker-hub/batch").await;
        let answer = w.invoke(event(&w, "docker-hub/batch", "release")).await.unwrap();
        assert_eq!((decision(&answer), &answer["trigger"]["kind"]), ("registered", &json!("image_push")), "{answer:#}");
        let image = w.aws.revision("a", 1).definition["containerDefinitions"][0]["image"].clone();
        assert!(image.as_str().unwrap().ends_with(&digest("v1")), "{image}");
    }
}

fn push_event_of(w: &World, repository: &str, tag: &str) -> Value {
    push_event(repository, tag, w.aws.now())
}

#[tokio::test]
async fn every_host_of_a_registry_follows_its_pushes() {
    for host in [
        "dkr.ecr.ap-northeast-1.amazonaws.com",
        "dkr.ecr-fips.ap-northeast-1.amazonaws.com",
        "dkr-ecr.ap-northeast-1.on.aws",
        "dkr-ecr-fips.ap-northeast-1.on.aws",
    ] {
        let w = world(host, "batch").await;
        for event in [push_event_of, replicated] {
            let answer = w.invoke(event(&w, "batch", "release")).await.unwrap();
            assert!(["registered", "unchanged"].contains(&decision(&answer)), "{host}: {answer:#}");
        }
    }
}

#[tokio::test]
async fn a_replication_into_another_registry_and_what_failed_concern_nobody() {
    let w = world("dkr.ecr.ap-northeast-1.amazonaws.com", "batch").await;
    let with = |mut event: Value, pointer: &str, value: &str| {
        *event.pointer_mut(pointer).unwrap() = json!(value);
        event
    };
    for event in [
        with(replicated(&w, "batch", "release"), "/region", "us-west-2"),
        with(replicated(&w, "batch", "release"), "/account", "210987654321"),
        with(replicated(&w, "batch", "release"), "/detail/result", "FAILED"),
        with(pulled_through(&w, "batch", "release"), "/detail/sync-status", "FAILURE"),
        with(pulled_through(&w, "batch", "release"), "/detail/image-tag", "other"),
        with(replicated(&w, "batch", "release"), "/detail-type", "ECR Image Scan"),
    ] {
        assert_eq!(w.invoke(event.clone()).await.unwrap()["outcomes"], json!([]), "{event:#}");
    }
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn a_definition_by_digest_follows_no_push_but_its_lookup_waits_for_nothing() {
    let w = world("dkr.ecr.ap-northeast-1.amazonaws.com", "batch").await;
    let fixed = format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/batch:release@{}", digest("v1"));
    w.app("a", &definition("a", &fixed));
    assert_eq!(w.push("batch", "release", "v2").await.unwrap()["outcomes"], json!([]));
    w.aws.forget_calls();
    w.aws.delay(std::time::Duration::from_millis(150));
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    // The list; the history and the digest side by side; the registration.
    assert_eq!(w.aws.round_trips(), 3, "{}", w.aws.tally());
}
