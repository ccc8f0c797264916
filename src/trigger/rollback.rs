//! The fields of a rollback, the same in an event's `detail` and in a direct call.

use super::{
    ask::{Goal, Rollback, Target},
    fields::{LONGEST_NAME, flag, text},
};
use crate::{
    error::{Error, ErrorKind, Result},
    reference::{Malformed, TaskDefinitionRef, positive},
};
use crema_base::{
    quote::{cut, quoted},
    region,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const FIELDS: [&str; 11] = [
    "family",
    "app",
    "variant",
    "revision",
    "to",
    "again",
    "allow_last",
    "allow_missing_image",
    "region",
    "reason",
    "dry_run",
];

/// Maximum bytes of the caller's own words that are shown.
const LONGEST_REASON: usize = 2_000;

/// Reads a rollback. `besides` are the fields of its envelope that stand beside its own.
pub fn parse(payload: &Value, besides: &[&str]) -> Result<Rollback> {
    let fields = payload.as_object().ok_or_else(|| invalid("no JSON object with the fields of a rollback"))?;
    if let Some(name) = fields.keys().find(|n| !FIELDS.contains(&n.as_str()) && !besides.contains(&n.as_str())) {
        let all = FIELDS.join("`, `");
        return Err(invalid(format!(
            "`{}`: unknown field of a rollback, which takes `{all}`",
            cut(name, LONGEST_NAME)
        )));
    }
    let mut region = text(fields, "region")?;
    if let Some((region, why)) = region.as_ref().and_then(|region| Some((region, region::check(region).err()?))) {
        return Err(invalid(format!("`region` is {why}: {}", quoted(region))));
    }
    let mut account = None;
    let mut named = None;
    let target = match (text(fields, "family")?, text(fields, "app")?) {
        (Some(_), Some(_)) => return Err(invalid("`family` and `app` are both given; one names what to take back")),
        (None, None) => return Err(invalid("`family` is missing (or `app`): what is to be taken back?")),
        (Some(text), None) => {
            if fields.get("variant").is_some_and(|v| !v.is_null()) {
                return Err(invalid("`variant` goes with `app`, not with `family`"));
            }
            let TaskDefinitionRef { place, family, revision } = reference(&text)?;
            if let Some(place) = place {
                if region.as_ref().is_some_and(|given| *given != place.region) {
                    let own = place.region;
                    return Err(invalid(format!("`region` is not that of `family`, whose ARN says {own}")));
                }
                region = Some(place.region);
                account = Some(place.account);
            }
            named = revision;
            Target::Family(family)
        }
        (None, Some(app)) => Target::App { app, variant: variant(fields)? },
    };
    Ok(Rollback {
        target,
        goal: goal(fields, named)?,
        again: flag(fields, "again")?,
        allow_last: flag(fields, "allow_last")?,
        allow_missing_image: flag(fields, "allow_missing_image")?,
        is_dry: flag(fields, "dry_run")?,
        by_event: false,
        region,
        account,
        reason: text(fields, "reason")?.map(|reason| cut(&reason, LONGEST_REASON).into_owned()),
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidEvent, message.into())
}

/// A name, `family:revision`, or the ARN of either.
fn reference(text: &str) -> Result<TaskDefinitionRef> {
    TaskDefinitionRef::parse(text).map_err(|malformed| match malformed {
        Malformed::Form => invalid(format!(
            "`family` is no name, `family:revision` or task definition ARN: {} (a name has letters, digits, `-` and `_`, \
             at most 255)",
            quoted(text)
        )),
        Malformed::Region { region, why } => {
            invalid(format!("`family` is a task definition ARN whose region is {why}: {}", quoted(&region)))
        }
    })
}

fn goal(fields: &Map<String, Value>, named: Option<u32>) -> Result<Goal> {
    let revision = match fields.get("revision") {
        None | Some(Value::Null) => named,
        Some(Value::String(word)) if word == "latest" && named.is_none() => None,
        Some(number) => {
            let number = number
                .as_u64()
                .and_then(positive)
                .ok_or_else(|| invalid("`revision` is neither \"latest\" nor a positive number"))?;
            if named.is_some_and(|named| named != number) {
                return Err(invalid("`revision` is not the one that `family` names"));
            }
            Some(number)
        }
    };
    let to = match fields.get("to") {
        None | Some(Value::Null) => None,
        Some(number) => Some(
            number
                .as_u64()
                .and_then(positive)
                .ok_or_else(|| invalid("`to` is no positive number: back to which revision?"))?,
        ),
    };
    match (revision, to) {
        (Some(_), Some(_)) => Err(invalid("`revision` and `to` are both given: take one back, or go back to one?")),
        (Some(number), None) => Ok(Goal::Revision(number)),
        (None, Some(number)) => Ok(Goal::To(number)),
        (None, None) => Ok(Goal::Latest),
    }
}

fn variant(fields: &Map<String, Value>) -> Result<Option<BTreeMap<String, String>>> {
    let wrong = || invalid("`variant` is no object of texts, as outcomes show it: {\"type\": \"batch\"}");
    match fields.get("variant") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(wrong)?.to_owned())))
            .collect::<Result<_>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}
