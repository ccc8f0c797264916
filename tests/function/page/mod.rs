//! The widget of a dashboard: what it shows, and what its elements ask for. Its buttons are in `buttons`.

mod buttons;
mod elements;
mod hostile;
mod refusals;
mod scale;
mod viewer;

use crema_testing::{
    Fault, When, World,
    aws::ecr::digest,
    moment::rfc3339,
    world::{definition, image},
};
use elements::{Element, elements, text};
use serde_json::{Value, json};

/// What CloudWatch adds to each call; `params` are those of the widget.
pub fn context(params: &Value) -> Value {
    json!({
        "dashboardName": "crema", "widgetId": "widget-16", "accountId": "123456789012", "locale": "en",
        "timezone": {"label": "Local", "offsetISO": "+09:00", "offsetInMinutes": 540}, "period": 300, "isAutoPeriod": true,
        "timeRange": {"mode": "relative", "start": 1_627_236_199_729_i64, "end": 1_627_322_599_729_i64, "relativeStart": 86_400_012},
        "theme": "light", "linkCharts": true, "title": "crema", "forms": {"all": {}}, "params": params, "width": 1400, "height": 600,
    })
}

/// The payload of a refresh.
pub fn refresh(params: &Value) -> Value {
    let mut payload = params.clone();
    payload["widgetContext"] = context(params);
    payload
}

/// The payload of an element of the page that was clicked.
pub fn clicked(params: &Value, action: &Value) -> Value {
    let mut payload = action.clone();
    payload["widgetContext"] = context(params);
    payload
}

pub fn buttons_on() -> Value {
    json!({"actions": true})
}

/// What a payload shows; it is HTML without anything that runs or comes from elsewhere.
pub async fn shown(w: &World, payload: Value) -> String {
    let answer = w.invoke(payload).await.unwrap();
    let html = answer.as_str().unwrap_or_else(|| panic!("no text: {answer:#}")).to_owned();
    elements::assert_harmless(&html);
    html
}

pub async fn page(w: &World, params: Value) -> String {
    shown(w, refresh(&params)).await
}

/// The element of this label, of the only family or page that has one.
pub fn element(html: &str, label: &str) -> Element {
    let found: Vec<Element> = elements(html).into_iter().filter(|element| element.label == label).collect();
    assert_eq!(found.len(), 1, "{label}: {:?}", elements(html));
    found.into_iter().next().unwrap()
}

/// Clicks the element of this label.
pub async fn click(w: &World, html: &str, params: &Value, label: &str) -> String {
    shown(w, clicked(params, &element(html, label).params)).await
}

#[tokio::test]
async fn a_page_says_of_a_family_what_runs_since_when_by_what_and_which_image() {
    let w = World::released(2).await;
    let html = page(&w, json!({})).await;
    let said = text(&html);
    for word in
        ["1 family", "1 in sync", "batch", "app batch (type=batch)", "by image push", "batch:release", "1 h ago"]
    {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
    assert!(said.contains(&digest("v2")["sha256:".len()..][..12]), "{said}");
    assert!(html.contains("<svg") && html.contains("aria-label=\"Revisions: 2 ACTIVE"), "{html}");
    assert!(w.aws.changes().is_empty());
    // Nothing to press where the widget does not ask for it.
    let labels: Vec<String> = elements(&html).into_iter().map(|element| element.label).collect();
    assert_eq!(labels, ["Filter", "Details", "Plan"]);
}

#[tokio::test]
async fn documentation_is_asked_for_with_or_without_context() {
    let w = World::released(1).await;
    for payload in [json!({"describe": true}), json!({"describe": true, "widgetContext": context(&json!({}))})] {
        let answer = w.invoke(payload).await.unwrap();
        let markdown = answer.as_str().unwrap();
        let (_, block) = markdown.split_once("```yaml\n").unwrap();
        let (block, _) = block.split_once("```").unwrap();
        assert_eq!(block, "actions: false\nfilter: \"\"\n");
    }
    assert!(w.aws.calls().is_empty());
}

#[tokio::test]
async fn times_are_those_of_the_viewers_zone_and_the_theme_is_theirs() {
    let w = World::released(1).await;
    let revision = w.aws.revision("batch", 1);
    let registered = revision.registered_at.unwrap();
    for (zone, hours) in [
        (json!({"label": "Local", "offsetISO": "+09:00", "offsetInMinutes": 540}), 9),
        (json!({"label": "Local", "offsetISO": "-03:00", "offsetInMinutes": 180}), -3),
        (json!({"offsetInMinutes": 120}), 2),
        (json!({"offsetInMinutes": 1e9, "offsetISO": "soon"}), 0),
        (json!(null), 0),
    ] {
        let mut payload = refresh(&json!({}));
        payload["widgetContext"]["timezone"] = zone.clone();
        payload["widgetContext"]["theme"] = json!("dark");
        let html = shown(&w, payload).await;
        let local = rfc3339(registered + time::Duration::hours(hours));
        let expected = format!("since {} {}", &local[..10], &local[11..16]);
        assert!(text(&html).contains(&expected), "{zone}: {expected} is not in {}", text(&html));
        assert!(html.contains("class=\"crema cwdb-no-default-styles dark\""));
    }
}

#[tokio::test]
async fn states_are_told_and_what_is_wrong_comes_first() {
    let w = World::released(2).await;
    w.rollback("batch", json!({})).await.unwrap();
    w.app("a-fine", &definition("fine", "busybox"));
    w.register("a-fine").await.unwrap();
    w.app("b-drifted", &definition("drifted", "busybox"));
    w.register("b-drifted").await.unwrap();
    w.aws.register_by_hand(&definition("drifted", "alpine"));
    w.app("c-behind", &definition("behind", "busybox"));
    w.jsonnet_app("d-broken", "{ family: 'broken', ");
    let html = page(&w, json!({})).await;
    // The first time it knows of failures alone, then of all that it saw.
    let html_again = page(&w, json!({})).await;
    for word in ["5 families", "1 failed", "1 on hold", "1 drifted", "1 behind", "1 in sync"] {
        assert!(text(&html_again).contains(word), "{word:?} is not in: {}", text(&html_again));
    }
    let order = |html: &str| {
        let rows = html.split("<tr>").skip(2);
        rows.map(|row| text(row).split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert!(order(&html)[0].starts_with("failed"), "{:?}", order(&html));
    let states: Vec<String> = order(&html_again);
    let begins = ["failed", "on hold", "drifted", "behind", "in sync"];
    assert!(states.iter().zip(begins).all(|(state, begin)| state.starts_with(begin)), "{states:?}");
    assert!(text(&html_again).contains("batch:2 was taken back"), "{}", text(&html_again));
}

#[tokio::test]
async fn details_have_revisions_images_and_schedules_and_a_plan_the_difference_without_values() {
    let w = World::released(3).await;
    w.rollback("batch", json!({})).await.unwrap();
    w.aws.put_rule("nightly", "arn:aws:ecs:ap-northeast-1:123456789012:task-definition/batch:1");
    w.aws.push_image("batch", "release", "v4");
    let html = page(&w, json!({})).await;
    let details = click(&w, &html, &json!({}), "Details").await;
    let said = text(&details);
    for word in [
        "3 taken back",
        "2 runs now ACTIVE",
        "1 ACTIVE",
        "batch:release",
        "nightly",
        "pinned to 1",
        "never runs a newer",
    ] {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
    let plan = text(&click(&w, &html, &json!({}), "Plan").await);
    let v4 = format!("{}@{}", image("batch"), digest("v4"));
    assert!(plan.contains("registered") && plan.contains(&digest("v4")), "{v4} is not in: {plan}");
    assert!(w.aws.calls_of("RegisterTaskDefinition").is_empty());
}

#[tokio::test]
async fn families_are_filtered_by_name_and_turned_over_by_pages() {
    let w = World::empty(&[]).await;
    for n in 0..60 {
        w.app(&format!("app-{n:02}"), &definition(&format!("job-{n:02}"), "busybox"));
    }
    let first = page(&w, json!({})).await;
    assert!(text(&first).contains("Families 1 to 25 of 60") && text(&first).contains("Page 1 of 3"));
    let second = click(&w, &first, &json!({}), "Next").await;
    assert!(text(&second).contains("Families 26 to 50 of 60"));
    let third = click(&w, &second, &json!({}), "Next").await;
    assert!(text(&third).contains("Families 51 to 60 of 60") && text(&third).contains("job-59"));
    assert!(!elements(&third).iter().any(|element| element.label == "Next"));
    assert!(text(&click(&w, &third, &json!({}), "Previous").await).contains("Families 26 to 50 of 60"));
    // What stands in the field counts on each page, and the parameter where there is no field yet.
    let mut typed = clicked(&json!({}), &element(&first, "Filter").params);
    typed["widgetContext"]["forms"]["all"]["filter"] = json!(" JOB-3 ");
    let found = shown(&w, typed).await;
    assert!(text(&found).contains("Families 1 to 10 of 10") && found.contains("value=\"JOB-3\""), "{}", text(&found));
    let found = page(&w, json!({"filter": "app-07"})).await;
    assert!(text(&found).contains("Families 1 to 1 of 1"));
    let none = text(&page(&w, json!({"filter": "nothing"})).await);
    assert!(none.contains("No name has this text") && none.contains("60 families"), "{none}");
}

#[tokio::test]
async fn what_cannot_be_read_is_said_on_the_page() {
    let w = World::released(1).await;
    w.aws.break_calls("ListObjectsV2", When::Every, Fault::Denied);
    let html = page(&w, json!({})).await;
    assert!(text(&html).contains("could not be made") && text(&html).contains("s3:ListBucket"), "{}", text(&html));
    w.aws.mend();
    w.aws.break_calls("DescribeTaskDefinition", When::Every, Fault::Denied);
    let html = page(&w, json!({})).await;
    assert!(
        text(&html).contains("failed AwsError") && text(&html).contains("ecs:DescribeTaskDefinition"),
        "{}",
        text(&html)
    );
}
