//! What one round leaves to the next: the event that crema puts for itself.

use super::{
    ask::{Ask, Object, Trigger, WorkLeft},
    fields::{parse_time, text},
};
use crate::{
    error::{Error, ErrorKind, Result},
    moment::rfc3339,
    reference::FamilyKey,
};
use crema_base::{
    image::{EcrImage, Repository},
    quote::quoted,
};
use serde_json::{Map, Value, json};

pub const SOURCE: &str = "crema";
pub const DETAIL_TYPE: &str = "Task Definition Work Left";

/// The `detail` of the event for what is left of this trigger.
pub fn detail(trigger: &Trigger, left: &WorkLeft) -> Value {
    let mut asked = json!({"kind": left.ask.kind(), "id": trigger.id, "time": rfc3339(trigger.time)});
    match &*left.ask {
        Ask::ImagePush(Some(EcrImage::Tag { repository: Repository { account, region, name }, tag })) => {
            asked["image"] = json!({"account": account, "region": region, "repository": name, "tag": tag});
        }
        Ask::ConfigChange(objects) => {
            let object = |object: &Object| json!({"bucket": object.bucket, "key": object.key});
            asked["objects"] = objects.iter().map(object).collect();
        }
        _ => {}
    }
    let after = left.after.as_ref().map(|key| json!({"region": key.region, "family": key.family}));
    json!({"trigger": asked, "round": left.round, "failed": left.failed, "after": after})
}

/// Reads such a `detail`.
///
/// # Errors
/// [`ErrorKind::InvalidEvent`] naming the field that is wrong.
pub fn parse(detail: &Value) -> Result<Trigger> {
    let asked = object(detail, "trigger")?;
    let kind = required(asked, "trigger.kind", "kind")?;
    let ask = match kind.as_str() {
        "image_push" => Ask::ImagePush(Some(image(asked)?)),
        "config_change" => Ask::ConfigChange(objects(asked)?),
        "sweep" => Ask::Sweep,
        _ => {
            let expected = "expected image_push, config_change or sweep";
            return Err(invalid(format!("`trigger.kind` is {}; {expected}", quoted(&kind))));
        }
    };
    let round = detail.get("round").and_then(Value::as_u64).and_then(|round| u32::try_from(round).ok());
    let round = round.filter(|round| *round > 0).ok_or_else(|| invalid("`round` is no number from 1"))?;
    let failed = match detail.get("failed") {
        None | Some(Value::Null) => vec![],
        Some(names) => serde_json::from_value(names.clone()).map_err(|_| invalid("`failed` is no list of names"))?,
    };
    let after = match detail.get("after") {
        None | Some(Value::Null) => None,
        Some(_) => {
            let after = object(detail, "after")?;
            let part = |name: &str| required(after, &format!("after.{name}"), name);
            Some(FamilyKey::new(part("region")?, part("family")?))
        }
    };
    Ok(Trigger {
        id: required(asked, "trigger.id", "id")?,
        time: parse_time("trigger.time", &required(asked, "trigger.time", "time")?)?,
        ask: Ask::WorkLeft(WorkLeft { ask: Box::new(ask), round, failed, after }),
    })
}

fn image(asked: &Map<String, Value>) -> Result<EcrImage> {
    let image = asked.get("image").and_then(Value::as_object).ok_or_else(|| missing("trigger.image"))?;
    let part = |name: &str| required(image, &format!("trigger.image.{name}"), name);
    let repository = Repository { account: part("account")?, region: part("region")?, name: part("repository")? };
    Ok(EcrImage::Tag { repository, tag: part("tag")? })
}

fn objects(asked: &Map<String, Value>) -> Result<Vec<Object>> {
    let objects = asked.get("objects").and_then(Value::as_array).ok_or_else(|| missing("trigger.objects"))?;
    let object = |object: &Value| {
        let object = object.as_object().ok_or_else(|| invalid("`trigger.objects` holds what is no object"))?;
        let part = |name: &str| required(object, &format!("trigger.objects[].{name}"), name);
        Ok(Object { bucket: part("bucket")?, key: part("key")? })
    };
    objects.iter().map(object).collect()
}

fn object<'a>(detail: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    detail.get(name).and_then(Value::as_object).ok_or_else(|| missing(name))
}

fn required(fields: &Map<String, Value>, place: &str, name: &str) -> Result<String> {
    text(fields, name)?.ok_or_else(|| missing(place))
}

fn missing(place: &str) -> Error {
    invalid(format!("`{place}` is missing"))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidEvent, message.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    fn left(ask: Ask, after: Option<FamilyKey>) -> Trigger {
        let work = WorkLeft { ask: Box::new(ask), round: 7, failed: vec!["team/a".into()], after };
        Trigger { id: "event-1".into(), time: OffsetDateTime::UNIX_EPOCH, ask: Ask::WorkLeft(work) }
    }

    #[test]
    fn what_is_left_reads_as_it_was_asked() {
        let repository = Repository { account: "123456789012".into(), region: "eu-west-1".into(), name: "shop".into() };
        let object = Object { bucket: "b".into(), key: "crema/夜/x y.json".into() };
        let after = Some(FamilyKey::new("eu-west-1", "shop-a"));
        for trigger in [
            left(Ask::ImagePush(Some(EcrImage::Tag { repository, tag: "release".into() })), after),
            left(Ask::ConfigChange(vec![object]), None),
            left(Ask::Sweep, None),
        ] {
            let Ask::WorkLeft(work) = &trigger.ask else { unreachable!() };
            assert_eq!(parse(&detail(&trigger, work)).unwrap(), trigger);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = json!({"trigger": {"kind": "sweep", "id": "1", "time": "2026-11-23T01:54:34Z"}, "round": 1});
        assert!(parse(&good).is_ok());
        for (pointer, value, says) in [
            ("/trigger", json!(3), "`trigger` is missing"),
            ("/trigger/kind", json!("register"), "`trigger.kind` is \"register\""),
            ("/trigger/kind", json!("rollback"), "expected image_push, config_change or sweep"),
            ("/trigger/kind", json!("image_push"), "`trigger.image` is missing"),
            ("/trigger/kind", json!("config_change"), "`trigger.objects` is missing"),
            ("/trigger/time", json!("soon"), "`trigger.time`"),
            ("/trigger/id", json!(null), "`trigger.id` is missing"),
            ("/round", json!(0), "`round`"),
            ("/round", json!("1"), "`round`"),
        ] {
            let mut detail = good.clone();
            *detail.pointer_mut(pointer).unwrap() = value;
            let error = parse(&detail).unwrap_err();
            assert!(error.kind == ErrorKind::InvalidEvent && error.to_string().contains(says), "{detail}: {error}");
        }
        let mut bad = good.clone();
        bad["failed"] = json!([1]);
        assert!(parse(&bad).is_err());
        bad = good;
        bad["after"] = json!({"family": "a"});
        assert!(parse(&bad).unwrap_err().to_string().contains("`after.region` is missing"));
    }
}
