//! Direct calls: `{"action": …}`.

use super::{
    ask::{Arrival, Ask, Trigger},
    fields::{KINDS, LONGEST_NAME, flag, parse_time, text},
    rollback,
};
use crate::error::{Error, ErrorKind, Result};
use crema_base::quote::{cut, quoted};
use serde_json::{Map, Value};

/// Fields that every direct call may have.
const COMMON: [&str; 3] = ["action", "id", "time"];

pub fn parse(payload: &Value, arrival: &Arrival) -> Result<Trigger> {
    let fields =
        payload.as_object().ok_or_else(|| Error::new(ErrorKind::InvalidEvent, format!("no JSON object; {KINDS}")))?;
    let action = text(fields, "action")?.unwrap_or_default();
    let ask = match action.as_str() {
        "sweep" => {
            known(fields, &action, &[])?;
            Ask::Sweep
        }
        "register" => {
            known(fields, &action, &["app"])?;
            let app = text(fields, "app")?.ok_or_else(|| {
                Error::new(ErrorKind::InvalidEvent, "`app` is missing: `register` takes the name of one app")
            })?;
            Ask::Register { app }
        }
        "plan" => {
            known(fields, &action, &["app"])?;
            Ask::Plan { app: text(fields, "app")? }
        }
        "status" => {
            known(fields, &action, &["app"])?;
            Ask::Status { app: text(fields, "app")? }
        }
        "doctor" => {
            known(fields, &action, &[])?;
            Ask::Doctor
        }
        "expire" => {
            known(fields, &action, &["app", "dry_run"])?;
            Ask::Expire { app: text(fields, "app")?, dry_run: flag(fields, "dry_run")? }
        }
        "rollback" => Ask::Rollback(rollback::parse(payload, &COMMON)?),
        _ => return Err(Error::new(ErrorKind::InvalidEvent, format!("`action` is {}; {KINDS}", quoted(&action)))),
    };
    let time = match text(fields, "time")? {
        Some(time) => parse_time("time", &time)?,
        None => arrival.time,
    };
    Ok(Trigger { id: text(fields, "id")?.unwrap_or_else(|| arrival.request_id.clone()), time, ask })
}

fn known(fields: &Map<String, Value>, action: &str, own: &[&str]) -> Result<()> {
    match fields.keys().find(|name| !COMMON.contains(&name.as_str()) && !own.contains(&name.as_str())) {
        Some(name) => {
            let all = [own, &COMMON].concat().join("`, `");
            Err(Error::new(
                ErrorKind::InvalidEvent,
                format!("`{}`: unknown field of `{action}`, which takes `{all}`", cut(name, LONGEST_NAME)),
            ))
        }
        None => Ok(()),
    }
}
