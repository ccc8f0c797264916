mod hostile;

use super::*;
use crate::error::{Error, ErrorKind};
use crema_base::image::Repository;
use serde_json::json;
use time::OffsetDateTime;

fn arrival() -> Arrival {
    Arrival {
        request_id: "req-1".into(),
        time: OffsetDateTime::from_unix_timestamp(1_795_500_000).unwrap(),
        function: "arn:aws:lambda:eu-west-1:123456789012:function:crema-viewer".into(),
    }
}

fn one(payload: &Value) -> Trigger {
    let mut triggers = parse(payload, &arrival());
    assert_eq!(triggers.len(), 1);
    triggers.remove(0).unwrap()
}

fn refused(payload: &Value) -> String {
    match parse(payload, &arrival()).as_slice() {
        [Err(Error { kind: ErrorKind::InvalidEvent, message, .. })] => message.clone(),
        other => panic!("{payload} gave {other:?}"),
    }
}

fn push(detail: &Value) -> Value {
    json!({"id": "e1", "time": "2026-11-23T01:54:34Z", "source": "aws.ecr", "detail-type": "ECR Image Action",
        "account": "123456789012", "region": "ap-northeast-1", "detail": detail})
}

#[test]
fn an_image_push_names_repository_and_tag_of_its_account_and_region() {
    let t = one(&push(
        &json!({"action-type": "PUSH", "result": "SUCCESS", "repository-name": "team/batch", "image-tag": "release"}),
    ));
    assert_eq!((t.id.as_str(), t.time.unix_timestamp()), ("e1", 1_795_398_874));
    let Ask::ImagePush(Some(image)) = t.ask else { panic!("{:?}", t.ask) };
    let Repository { account, region, .. } = image.repository();
    assert_eq!((account.as_str(), region.as_str()), ("123456789012", "ap-northeast-1"));
    assert_eq!(image.to_string(), "team/batch:release");
}

#[test]
fn a_push_that_failed_has_no_tag_or_is_another_action_concerns_nobody() {
    for detail in [
        json!({"action-type": "DELETE", "result": "SUCCESS", "repository-name": "b", "image-tag": "release"}),
        json!({"action-type": "PUSH", "result": "FAILURE", "repository-name": "b", "image-tag": "release"}),
        json!({"action-type": "PUSH", "result": "SUCCESS", "repository-name": "b"}),
    ] {
        assert_eq!(one(&push(&detail)).ask, Ask::ImagePush(None));
    }
}

fn image(event: &Value) -> Option<String> {
    let Ask::ImagePush(image) = one(event).ask else { panic!("{event}") };
    image.map(|image| format!("{} {} {image}", image.repository().account, image.repository().region))
}

/// The same with another value of one member of its detail.
fn with(event: &Value, member: &str, value: Value) -> Value {
    let mut event = event.clone();
    event["detail"][member] = value;
    event
}

#[test]
fn a_replication_is_a_push_to_the_registry_that_it_went_to() {
    let mut event = push(&json!({"result": "SUCCESS", "repository-name": "team/batch", "action-type": "REPLICATE",
        "source-account": "210987654321", "source-region": "us-west-2", "image-tag": "v1", "image-digest": "sha256:ab"}));
    event["detail-type"] = json!("ECR Replication Action");
    assert_eq!(image(&event).as_deref(), Some("123456789012 ap-northeast-1 team/batch:v1"));
    assert_eq!(one(&event).ask.kind(), "image_push");
    assert_eq!(image(&with(&event, "result", json!("FAILED"))), None);
    assert_eq!(image(&with(&event, "action-type", json!("PUSH"))), None);
    assert_eq!(image(&with(&event, "image-tag", Value::Null)), None);
}

#[test]
fn what_came_through_a_pull_through_cache_is_a_push() {
    let mut event = push(&json!({"rule-version": "1", "sync-status": "SUCCESS", "ecr-repository-prefix": "docker-hub",
        "repository-name": "docker-hub/alpine", "upstream-registry-url": "registry-1.docker.io", "image-tag": "3.17"}));
    event["detail-type"] = json!("ECR Pull Through Cache Action");
    assert_eq!(image(&event).as_deref(), Some("123456789012 ap-northeast-1 docker-hub/alpine:3.17"));
    assert_eq!(image(&with(&event, "sync-status", json!("FAILURE"))), None);
    assert_eq!(image(&with(&event, "image-tag", json!(""))), None);
    event["detail-type"] = json!("ECR Image Action");
    assert_eq!(image(&event), None, "that is no push");
}

#[test]
fn keys_are_decoded_in_notifications_and_taken_as_they_are_from_event_bridge() {
    let record =
        |key: &str, time: &str| json!({"eventTime": time, "s3": {"bucket": {"name": "conf"}, "object": {"key": key}}});
    let t = one(&json!({"Records": [
        record("a/my+file%2B1.json", "2026-11-23T01:54:34.123Z"), record("a/%E3%81%82.json", "2026-11-23T01:54:35Z")]}));
    let Ask::ConfigChange(objects) = &t.ask else { panic!("{:?}", t.ask) };
    assert_eq!(objects[0].key, "a/my file+1.json");
    assert_eq!(objects[1].key, "a/あ.json");
    assert_eq!(t.time.unix_timestamp(), 1_795_398_875);
    let t =
        one(&json!({"source": "aws.s3", "detail-type": "Object Created", "id": "x", "time": "2026-11-23T01:54:34Z",
        "detail": {"bucket": {"name": "conf"}, "object": {"key": "a/my+file%2B1.json", "etag": "e"}}}));
    assert_eq!(t.ask, Ask::ConfigChange(vec![Object { bucket: "conf".into(), key: "a/my+file%2B1.json".into() }]));
}

#[test]
fn a_record_of_a_failed_invocation_is_the_payload_inside_with_its_own_id_and_time() {
    let inner = push(&json!({"action-type": "PUSH", "result": "SUCCESS", "repository-name": "b", "image-tag": "t"}));
    let record = json!({"version": "1.0", "timestamp": "2026-11-24T00:00:00.000Z",
        "requestContext": {"requestId": "r9", "condition": "RetriesExhausted"}, "requestPayload": inner,
        "responsePayload": {"errorType": "AwsError"}});
    assert_eq!(one(&record), one(&inner));
    let queued = json!({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": record.to_string(), "attributes": {}}]});
    assert_eq!(one(&queued), one(&inner));
    let direct = one(&json!({"timestamp": "2026-11-24T00:00:00Z", "requestContext": {"requestId": "r9"},
        "requestPayload": {"action": "rollback", "family": "batch"}}));
    assert_eq!((direct.id.as_str(), direct.time.unix_timestamp()), ("r9", 1_795_478_400));
}

#[test]
fn several_messages_of_a_queue_are_several_triggers() {
    let body = |app: &str| json!({"messageId": app, "body": json!({"action": "register", "app": app}).to_string()});
    let broken = json!({"messageId": "c", "body": "{"});
    let triggers = parse(&json!({"Records": [body("a"), broken, body("b")]}), &arrival());
    let ids: Vec<_> = triggers.iter().map(|t| t.as_ref().map(|t| t.id.as_str()).map_err(ToString::to_string)).collect();
    assert_eq!((&ids[0], &ids[2]), (&Ok("a"), &Ok("b")));
    assert!(ids[1].as_ref().is_err_and(|e| e.contains("`Records[1].body` is not JSON")), "{ids:?}");
}

#[test]
fn envelopes_end() {
    let mut payload = json!({"action": "sweep"});
    for _ in 0..6 {
        payload = json!({"requestPayload": payload});
    }
    assert!(refused(&payload).contains("too many envelopes"));
}

#[test]
fn a_direct_call_counts_as_now_unless_it_gives_its_id_and_time() {
    let t = one(&json!({"action": "plan"}));
    assert_eq!((t.id, t.time, t.ask), ("req-1".into(), arrival().time, Ask::Plan { app: None }));
    let t = one(&json!({"action": "register", "app": "batch", "id": "mine", "time": "2026-11-23T10:54:34+09:00"}));
    assert_eq!((t.id.as_str(), t.time.unix_timestamp()), ("mine", 1_795_398_874));
}

#[test]
fn a_time_or_region_that_nothing_can_be_done_with_is_refused() {
    for time in ["9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "yesterday"] {
        assert!(refused(&json!({"action": "sweep", "time": time})).contains("`time` is no RFC 3339 time"), "{time}");
    }
    for region in ["eu west", "Ireland", "eu-west-1/x", "no", "eu-west-1a"] {
        let message = refused(&json!({"action": "rollback", "family": "batch", "region": region}));
        assert!(message.contains("`region` is no region") && message.contains("; expected "), "{message}");
        let arn = format!("arn:aws:ecs:{region}:123456789012:task-definition/batch:1");
        let message = refused(&json!({"action": "rollback", "family": arn}));
        assert!(message.contains("whose region is no region") && message.contains("; expected "), "{message}");
    }
    let arn = "arn:aws:ecs::123456789012:task-definition/batch:1";
    assert!(refused(&json!({"action": "rollback", "family": arn})).contains("task definition ARN"));
}

#[test]
fn a_rollback_is_read_alike_from_an_event_and_from_a_direct_call() {
    let payload = json!({"source": "my.deploys", "detail-type": "Task Definition Rollback", "id": "e", "region": "eu-west-1",
        "time": "2026-11-23T01:54:34Z", "detail": {"family": "batch", "to": 40, "again": true, "reason": "bad numbers"}});
    let direct = json!({"action": "rollback", "family": "batch", "to": 40, "again": true, "reason": "bad numbers"});
    // From a dead-letter queue each stays what it was.
    let record = |payload: &Value| json!({"requestContext": {"requestId": "r"}, "requestPayload": payload});
    let letter = |body: &Value| json!({"Records": [{"messageId": "m", "body": body.to_string()}]});
    for (payload, by_event) in [(&payload, true), (&direct, false)] {
        for wrapped in [payload.clone(), record(payload), letter(payload), letter(&record(payload))] {
            let Ask::Rollback(rollback) = one(&wrapped).ask else { panic!("{wrapped}") };
            assert_eq!(rollback.by_event, by_event, "{wrapped}");
        }
    }
    let (event, direct) = (one(&payload), one(&direct));
    let (Ask::Rollback(event), Ask::Rollback(direct)) = (event.ask, direct.ask) else { panic!("no rollbacks") };
    assert_eq!(Rollback { by_event: false, ..event }, direct);
    assert_eq!((direct.goal, direct.again, direct.allow_last), (Goal::To(40), true, false));
}

#[test]
fn a_family_may_be_a_name_a_name_with_revision_or_an_arn() {
    for (family, goal, region) in [
        ("batch", Goal::Latest, None),
        ("batch:41", Goal::Revision(41), None),
        ("arn:aws:ecs:eu-west-1:123456789012:task-definition/batch:41", Goal::Revision(41), Some("eu-west-1")),
        ("arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/batch", Goal::Latest, Some("cn-north-1")),
    ] {
        let Ask::Rollback(r) = one(&json!({"action": "rollback", "family": family})).ask else { panic!() };
        assert_eq!((r.target, r.goal, r.region.as_deref()), (Target::Family("batch".into()), goal, region));
    }
}

#[test]
fn bad_fields_are_named() {
    for (payload, field) in [
        (json!({"action": "rollback", "family": "b", "revision": 0}), "`revision`"),
        (json!({"action": "rollback", "family": "b", "revision": -3}), "`revision`"),
        (json!({"action": "rollback", "family": "b", "revision": "newest"}), "`revision`"),
        (json!({"action": "rollback", "family": "b", "revision": 1.5}), "`revision`"),
        (json!({"action": "rollback", "family": "b", "to": "latest"}), "`to`"),
        (json!({"action": "rollback", "family": "b", "to": 0}), "`to`"),
        (json!({"action": "rollback", "family": "b", "to": 3, "revision": 4}), "`to`"),
        (json!({"action": "rollback", "family": "b:4", "to": 3}), "`to`"),
        (json!({"action": "rollback", "family": "b:4", "revision": 5}), "`revision`"),
        (json!({"action": "rollback", "family": ""}), "`family`"),
        (json!({"action": "rollback", "family": "a b"}), "`family`"),
        (json!({"action": "rollback", "family": "arn:aws:s3:::bucket"}), "`family`"),
        (json!({"action": "rollback"}), "`family`"),
        (json!({"action": "rollback", "app": ""}), "`app`"),
        (json!({"action": "rollback", "family": "b", "app": "b"}), "`app`"),
        (json!({"action": "rollback", "family": "b", "variant": {}}), "`variant`"),
        (json!({"action": "rollback", "app": "b", "variant": "x"}), "`variant`"),
        (json!({"action": "rollback", "family": "b", "force": true}), "`force`"),
        (json!({"action": "rollback", "family": "b", "again": "yes"}), "`again`"),
        (json!({"action": "register"}), "`app`"),
        (json!({"action": "register", "app": ""}), "`app`"),
        (json!({"action": "register", "app": "a", "force": 1}), "`force`"),
        (json!({"action": "sweep", "app": "a"}), "`app`"),
        (json!({"action": "plan", "time": "yesterday"}), "`time`"),
        (json!({"action": "deploy"}), "`action`"),
    ] {
        let message = refused(&payload);
        assert!(message.contains(field), "{payload}: {message}");
    }
}

#[test]
fn what_fits_no_kind_is_told_the_kinds() {
    for payload in [
        json!({}),
        json!([]),
        json!("x"),
        json!(null),
        json!({"Records": []}),
        json!({"Records": [{}]}),
        json!({"detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "detail": {}}),
    ] {
        assert!(refused(&payload).contains("ECR Image Action"), "{payload}");
    }
}
