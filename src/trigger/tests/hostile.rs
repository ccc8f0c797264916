//! Payloads of the future, that are no JSON, of which a part is wrong, or that hold texts without end.

use super::*;
use crate::moment;

/// The time of the only trigger that a text holds.
fn time_of(payload: &Value) -> OffsetDateTime {
    let mut triggers = read(payload.to_string().as_bytes(), &arrival());
    assert_eq!(triggers.len(), 1, "{payload}");
    triggers.remove(0).unwrap_or_else(|e| panic!("{payload}: {e}")).time
}

#[test]
fn a_time_more_than_five_minutes_ahead_counts_as_now_in_every_kind_of_payload() {
    let now = arrival().time;
    for (ahead, counts) in
        [(301, now), (86_400 * 365, now), (299, now + Duration::seconds(299)), (-5, now - Duration::seconds(5))]
    {
        let at = moment::rfc3339(now + Duration::seconds(ahead));
        let event = |source: &str, kind: &str, detail: Value| {
            json!({"id": "e", "source": source, "detail-type": kind, "time": at, "account": "123456789012",
                "region": "eu-west-1", "detail": detail})
        };
        let pushed = json!({"action-type": "PUSH", "result": "SUCCESS", "repository-name": "b", "image-tag": "t"});
        let object = json!({"bucket": {"name": "conf"}, "object": {"key": "a"}});
        let kinds = [
            event("aws.ecr", "ECR Image Action", pushed),
            event("aws.s3", "Object Created", object.clone()),
            event("aws.s3", "Object Deleted", object.clone()),
            event("aws.events", "Scheduled Event", json!({})),
            event("somebody", "Task Definition Rollback", json!({"family": "b"})),
            json!({"Records": [{"eventTime": at, "s3": object}]}),
            json!({"action": "sweep", "time": at}),
            json!({"action": "register", "app": "b", "time": at}),
            json!({"action": "plan", "time": at}),
            json!({"action": "status", "time": at}),
            json!({"action": "rollback", "family": "b", "time": at}),
        ];
        let sent = moment::milliseconds(now + Duration::seconds(ahead));
        for payload in kinds {
            let letter = json!({"timestamp": "2026-11-24T00:00:00Z", "requestContext": {}, "requestPayload": payload});
            let queued = |body: &Value| json!({"Records": [{"messageId": "m", "body": body.to_string()}]});
            for payload in
                [payload.clone(), letter.clone(), queued(&payload), queued(&letter), queued(&queued(&letter))]
            {
                assert_eq!(time_of(&payload), counts, "{ahead}: {payload}");
            }
        }
        // What has no time of its own has that of its letter or message.
        let call = json!({"action": "rollback", "family": "b"});
        assert_eq!(time_of(&json!({"timestamp": at, "requestPayload": call})), counts, "{ahead}");
        let message = json!({"body": call.to_string(), "attributes": {"SentTimestamp": sent.to_string()}});
        assert_eq!(time_of(&json!({"Records": [message]})), counts, "{ahead}");
    }
}

/// Why a text that is no payload is refused.
fn unreadable(payload: &[u8]) -> String {
    match read(payload, &arrival()).as_slice() {
        [Err(Error { kind: ErrorKind::InvalidEvent, message, .. })] => message.clone(),
        other => panic!("{} gave {other:?}", String::from_utf8_lossy(payload)),
    }
}

#[test]
fn a_payload_that_is_not_json_is_an_invalid_event_that_says_what_is_wrong() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let many = format!("[{}0]", "0,".repeat(60_000));
    for (payload, says) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{", "EOF"),
        ("{}{}", "trailing characters"),
        (r#"{"action": "plan", "app": "\ud800"}"#, "hex escape"),
        (r#"{"action": "plan", "n": 1e999}"#, "number out of range"),
        (r#"{"action": "plan", "n": -1e999}"#, "number out of range"),
        (r#"{"action": "plan", "n": NaN}"#, "line 1 column"),
        (r#"{"action": "plan", "n": 01}"#, "line 1 column"),
        (&nested(200), "recursion limit"),
        (&nested(1_000_000), "recursion limit"),
        (&many, "more than 50000 values"),
        (r#"{"action": "plan", "action": "sweep"}"#, r#""action" stands twice"#),
        (r#"{"action": "rollback", "family": "b", "revision": 4, "revision": 5}"#, r#""revision" stands twice"#),
    ] {
        let message = unreadable(payload.as_bytes());
        assert!(message.contains(says) && message.starts_with("the payload is "), "{message}");
        assert!(message.len() < 500, "{message}");
    }
    assert!(unreadable(b"{\"action\": \"\xff\"}").contains("invalid unicode"));
}

#[test]
fn one_record_that_cannot_be_read_fails_alone_whatever_is_wrong_with_it() {
    let good = |app: &str| json!({"messageId": app, "body": json!({"action": "register", "app": app}).to_string()});
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let wrong: Vec<(Vec<u8>, &str)> = vec![
        (json!({"body": "{"}).to_string().into(), "`Records[1].body` is not JSON"),
        (json!({"body": ""}).to_string().into(), "`Records[1].body` is empty"),
        (json!({"body": nested}).to_string().into(), "recursion limit"),
        (json!({"body": r#"{"action": "plan", "app": "\ud800"}"#}).to_string().into(), "hex escape"),
        (json!({"body": r#"{"action": "plan", "n": 1e999}"#}).to_string().into(), "number out of range"),
        (json!({"body": "[]"}).to_string().into(), "Records[1].body"),
        (
            json!({"body": json!({"action": "register"}).to_string()}).to_string().into(),
            "Records[1].body: `app` is missing",
        ),
        (json!({"body": null}).to_string().into(), "`Records[1].body` is empty"),
        (json!({"body": 3}).to_string().into(), "`Records[1]` is no message of SQS"),
        (json!({"body": "{}", "attributes": [1]}).to_string().into(), "`Records[1]` is no message of SQS"),
        (json!({}).to_string().into(), "`Records[1]` has neither `s3` nor `body`"),
        (json!({"s3": {"bucket": {"name": "b"}, "object": {}}}).to_string().into(), "`Records[1].s3` lacks"),
        (json!({"s3": {"bucket": {"name": "b"}, "object": {"key": "%ff"}}}).to_string().into(), "no URL-encoded UTF-8"),
        (b"null".into(), "`Records[1]` has neither"),
        (br#"{"body": "\ud800"}"#.into(), "`Records[1]` is not JSON that can be read: "),
        (br#"{"body": "{}", "n": 1e999}"#.into(), "number out of range"),
        (format!(r#"{{"body": {nested}}}"#).into(), "recursion limit"),
        (b"{\"body\": \"\xff\"}".into(), "invalid unicode"),
        (br#"{"body": "{}", "body": "[]"}"#.into(), r#""body" stands twice"#),
    ];
    for (record, says) in wrong {
        let mut payload = br#" { "x" : [ 1 , {} ], "Records" : [ "#.to_vec();
        payload.extend(good("a").to_string().bytes().chain(*b" , ").chain(record.iter().copied()));
        payload.extend(b" , ".iter().copied().chain(good("b").to_string().bytes()).chain(*b" ] } \n"));
        let mut triggers = read(&payload, &arrival());
        triggers.sort_by_key(Result::is_err);
        let [Ok(a), Ok(b), Err(e)] = triggers.as_slice() else { panic!("{says}: {triggers:?}") };
        assert_eq!((a.id.as_str(), b.id.as_str()), ("a", "b"));
        assert!(e.kind == ErrorKind::InvalidEvent && e.to_string().contains(says), "{e}");
    }
}

#[test]
fn a_record_of_an_s3_notification_that_is_wrong_keeps_the_others_from_nothing() {
    let record = |key: Value| json!({"s3": {"bucket": {"name": "conf"}, "object": {"key": key}}});
    let triggers = read(
        json!({"Records": [record(json!("a")), record(json!(7)), record(json!("b"))]}).to_string().as_bytes(),
        &arrival(),
    );
    let [Err(e), Ok(Trigger { ask: Ask::ConfigChange(objects), .. })] = triggers.as_slice() else {
        panic!("{triggers:?}")
    };
    assert!(e.to_string().contains("`Records[1].s3` is no S3 notification"), "{e}");
    assert_eq!(objects.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn texts_of_a_payload_are_cut_before_they_are_quoted() {
    let long = "x".repeat(100_000);
    for payload in [
        json!({"action": long}),
        json!({"action": "plan", long.as_str(): 1}),
        json!({"action": "plan", "time": long}),
        json!({"action": "rollback", "family": long}),
        json!({"action": "rollback", "family": "b", "region": long}),
        json!({"action": "rollback", "family": "b", long.as_str(): 1}),
        json!({"source": long, "detail-type": long, "detail": {}}),
        json!({"source": "s", "detail-type": ["x", long], "detail": {}}),
        json!({"source": "s", "detail-type": "d", "time": long, "detail": {}}),
        json!({"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "k", "size": long}}}]}),
        json!({"Records": [{"body": "{}", "attributes": long}]}),
        json!({"requestPayload": {}, "timestamp": long}),
    ] {
        let message = refused(&payload);
        assert!(message.len() < 2_000, "{} bytes: {}", message.len(), &message[..500]);
    }
    let t = one(&json!({"action": "rollback", "family": "b", "id": long, "reason": long}));
    let Ask::Rollback(rollback) = t.ask else { panic!() };
    assert!(t.id.len() < 300 && rollback.reason.is_some_and(|reason| reason.len() < 2_100));
}
