//! What a CloudWatch custom widget sends: the page, a part of it, or a button that was pressed.
//!
//! A dashboard's author chooses the widget's parameters, which arrive at the top level on each refresh. What an element of
//! the page sends arrives there instead of them, while `widgetContext.params` stays as the author wrote it. So an action
//! counts only where the parameters have none, and has only members that the page writes.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html>

use super::{
    ask::{About, Arrival, Ask, Goal, PageAsk, Pressed, Target, Trigger, View, Widget},
    fields::{LONGEST_NAME, parse_time, text},
    rollback,
};
use crate::{
    error::{Error, ErrorKind, Result},
    reference::{ArnPlace, TaskDefinitionRef},
};
use crema_base::quote::{cut, cut_to, quoted};
use serde_json::{Map, Value, json};
use time::UtcOffset;

/// The member by which a widget's payload is known.
const CONTEXT: &str = "widgetContext";
/// The parameters that a widget may have.
const PARAMETERS: [&str; 2] = ["actions", "filter"];
/// Maximum bytes of a text that families are filtered by.
const LONGEST_FILTER: usize = 1_024;
/// Maximum number of a page; far more than there are families.
const LAST_PAGE: u64 = 100_000;

/// Whether a payload is that of a widget. `describe` alone is one too: it only asks for documentation.
pub fn is_page(payload: &Value) -> bool {
    let is_alone =
        ["action", "detail-type", "Records", "requestPayload"].iter().all(|name| payload.get(name).is_none());
    payload.get(CONTEXT).is_some() || is_alone && payload.get("describe") == Some(&Value::Bool(true))
}

/// Reads the payload of a widget.
///
/// # Errors
/// [`ErrorKind::InvalidEvent`] if an action is none of the page's, or has a member that the page does not write.
pub fn parse(payload: &Value, arrival: &Arrival) -> Result<Trigger> {
    let fields = payload.as_object().ok_or_else(|| invalid("the payload of a widget is no JSON object"))?;
    let empty = Map::new();
    let context = match fields.get(CONTEXT) {
        None => &empty,
        Some(context) => context.as_object().ok_or_else(|| invalid("`widgetContext` is no JSON object"))?,
    };
    let params = context.get("params").filter(|params| !params.is_null());
    let param = |name: &str| params.and_then(|params| params.get(name));
    let mut widget = Widget {
        is_dark: context.get("theme").and_then(Value::as_str) == Some("dark"),
        offset: context.get("timezone").map_or(UtcOffset::UTC, offset),
        has_buttons: param("actions") == Some(&Value::Bool(true)),
        function: arrival.function.clone(),
        warnings: vec![],
    };
    // Parameters that are nothing to read in may hold anything.
    let acts_by_itself = params.is_some_and(|params| !params.is_object()) || param("action").is_some();
    let filter = || {
        let form = context.get("forms").and_then(|forms| forms.pointer("/all/filter")).and_then(Value::as_str);
        let mut filter = form.or(param("filter").and_then(Value::as_str)).unwrap_or_default().trim().to_owned();
        filter.truncate(filter.floor_char_boundary(LONGEST_FILTER));
        filter
    };
    let mut time = arrival.time;
    let view = if fields.get("describe") == Some(&Value::Bool(true)) {
        View::Describe
    } else if fields.get("action").is_none() || acts_by_itself {
        widget.warnings = parameters(params.unwrap_or(&Value::Null));
        View::Families { filter: filter(), page: 1 }
    } else {
        let action = text(fields, "action")?.unwrap_or_default();
        let (view, asked) = acted(fields, &action, filter())?;
        time = asked.map_or(Ok(arrival.time), |asked| parse_time("time", &asked))?;
        view
    };
    Ok(Trigger { id: arrival.request_id.clone(), time, ask: Ask::Page(Box::new(PageAsk { view, widget })) })
}

/// What an element of the page asks for, and the time of that page.
fn acted(fields: &Map<String, Value>, action: &str, form: String) -> Result<(View, Option<String>)> {
    let takes: &[&str] = match action {
        "page" => &["filter", "page"],
        "details" | "plan" => &["family", "app"],
        "register" => &["app", "time", "reason"],
        "rollback" => &["family", "app", "time", "reason"],
        _ => {
            let all = "page, details, plan, register and rollback";
            return Err(invalid(format!("`action` is {}; of a page it is one of {all}", quoted(action))));
        }
    };
    let is_known = |name: &str| [CONTEXT, "action"].contains(&name) || takes.contains(&name);
    if let Some(name) = fields.keys().find(|name| !is_known(name)) {
        let takes = takes.join("`, `");
        let name = cut(name, LONGEST_NAME);
        return Err(invalid(format!("`{name}`: a page does not write this; its `{action}` takes `{takes}`")));
    }
    let view = match action {
        "page" => View::Families { filter: text(fields, "filter")?.unwrap_or(form), page: page(fields)? },
        "details" => View::Details(about(fields)?),
        "plan" => View::Plan(about(fields)?),
        pressed => {
            let time = text(fields, "time")?.ok_or_else(|| {
                invalid(format!("`time` is missing: a page's `{pressed}` says when the page was made that asks for it"))
            })?;
            return Ok((View::Pressed(press(fields, pressed)?), Some(time)));
        }
    };
    Ok((view, None))
}

fn press(fields: &Map<String, Value>, action: &str) -> Result<Pressed> {
    if action == "register" {
        let app =
            text(fields, "app")?.ok_or_else(|| invalid("`app` is missing: `register` takes the name of one app"))?;
        text(fields, "reason")?;
        return Ok(Pressed::Register { app });
    }
    let named: Map<String, Value> =
        fields.iter().filter(|(name, _)| *name != CONTEXT).map(|(name, value)| (name.clone(), value.clone())).collect();
    let rollback = rollback::parse(&Value::Object(named), &["action", "time"])?;
    match (rollback.goal, &rollback.target) {
        (Goal::Latest, Target::Family(_) | Target::App { .. }) => Ok(Pressed::Rollback(rollback)),
        _ => Err(invalid(
            "`family` names a revision: a page takes back the latest one, whichever that was when it was made",
        )),
    }
}

fn about(fields: &Map<String, Value>) -> Result<About> {
    match (text(fields, "family")?, text(fields, "app")?) {
        (Some(family), None) => {
            let wrong = || invalid(format!("`family` is no name and no ARN of a family: {}", quoted(&family)));
            let TaskDefinitionRef { place, family, revision } =
                TaskDefinitionRef::parse(&family).map_err(|_| wrong())?;
            let region = place.map(|ArnPlace { region, .. }| region);
            if revision.is_some() { Err(wrong()) } else { Ok(About::Family { region, family }) }
        }
        (None, Some(app)) => Ok(About::App(app)),
        _ => Err(invalid("one of `family` and `app` is to be given")),
    }
}

fn page(fields: &Map<String, Value>) -> Result<usize> {
    let Some(page) = fields.get("page").filter(|page| !page.is_null()) else { return Ok(1) };
    let number = page.as_u64().filter(|page| (1..=LAST_PAGE).contains(page));
    let number = number.and_then(|page| usize::try_from(page).ok());
    number.ok_or_else(|| invalid(format!("`page` is no number from 1 to {LAST_PAGE}")))
}

/// What of the widget's parameters does nothing. They are the text of whoever wrote the dashboard.
fn parameters(params: &Value) -> Vec<String> {
    let Some(params) = params.as_object() else {
        let none = "the widget's parameters are no object of names and values, and none of them counts";
        return if params.is_null() { vec![] } else { vec![none.to_owned()] };
    };
    let unknown = |name: &&String| !PARAMETERS.contains(&name.as_str());
    let mut warnings: Vec<String> = params.keys().filter(unknown).take(5).map(|name| {
        let known = PARAMETERS.join(", ");
        match name.as_str() {
            "action" => "the widget's parameters hold an `action`: a page does nothing by itself, and its buttons do not work \
                         until that is taken out of the dashboard"
                .to_owned(),
            _ => format!("the widget's parameter {} does nothing; there are {known}", quoted(name)),
        }
    }).collect();
    if params.get("actions").is_some_and(|actions| !actions.is_boolean()) {
        warnings
            .push(format!("the widget's parameter `actions` is neither true nor false: {}", json!(params["actions"])));
    }
    warnings.iter_mut().for_each(|warning| cut_to(warning, 500));
    warnings
}

/// The offset of a time zone from UTC. `offsetISO` says on which side of it; of `offsetInMinutes` AWS does not, and it is
/// read in the same way where it stands alone.
fn offset(zone: &Value) -> UtcOffset {
    let iso = zone.get("offsetISO").and_then(Value::as_str).and_then(of_iso);
    let minutes =
        || zone.get("offsetInMinutes").and_then(Value::as_i64).and_then(|minutes| i32::try_from(minutes).ok());
    let offset = iso.or_else(minutes).and_then(|minutes| UtcOffset::from_whole_seconds(minutes.checked_mul(60)?).ok());
    offset.unwrap_or(UtcOffset::UTC)
}

/// The minutes of `+09:00`, `-0330` or `Z`.
fn of_iso(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.chars().skip(1).filter(|c| *c != ':').collect();
    let is_right = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let (hours, minutes) = digits.split_at_checked(2).filter(|_| is_right)?;
    Some(sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidEvent, message.into())
}
