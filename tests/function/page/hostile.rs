//! Names and texts that would be something else in HTML, in JSON, or to the eye.

use super::{click, clicked, elements::elements, page, shown, text};
use crema_testing::{World, world::definition};
use serde_json::json;

const NAMES: [&str; 8] = [
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "'); alert(1); ('",
    "</cwdb-action><cwdb-action action=\"call\">{\"action\":\"sweep\"}",
    "&lt;b&gt; &amp; {{7*7}} ${7*7}",
    "עברית \u{202e}gnp.exe\u{202c} العربية",
    "a\tb\u{7}c\u{200b}d",
    "日本語 🦀 e\u{301}",
];

#[tokio::test]
async fn hostile_names_are_text_and_their_buttons_name_them_exactly() {
    let w = World::empty(&[]).await;
    for (n, name) in NAMES.iter().enumerate() {
        w.app(&format!("{n} {name}"), &definition(&format!("job-{n}"), "busybox"));
    }
    let long = format!("9 {}", "<&\">'".repeat(60));
    w.app(&long, &definition("job-9", "busybox"));
    w.jsonnet_app("broken <b>", "error '<script>alert(1)</script> \"quoted\" &amp;'");
    w.sweep().await.unwrap_err();
    let params = json!({"actions": true});
    let html = page(&w, params.clone()).await;
    let registers: Vec<String> = elements(&html)
        .iter()
        .filter(|element| element.label == "Register")
        .map(|element| element.params["app"].as_str().unwrap().to_owned())
        .collect();
    for (n, name) in NAMES.iter().enumerate() {
        assert!(registers.contains(&format!("{n} {name}")), "{name}: {registers:?}");
    }
    assert!(registers.contains(&long));
    assert!(text(&html).contains("<script>alert(1)</script>"), "the author's own words are shown as text");
    assert!(!html.contains('\u{202e}') && !html.contains('\u{200b}') && !html.contains('\u{7}'));
    // A filter is somebody's text too, and stands in the field again.
    let typed = "\"><svg onload=alert(1)> \u{202e}";
    let mut filtered = clicked(&params, &json!({"action": "page"}));
    filtered["widgetContext"]["forms"]["all"]["filter"] = json!(typed);
    shown(&w, filtered).await;
    // Each part of the page, of each of them.
    for element in elements(&html).iter().filter(|element| element.label != "Roll back") {
        shown(&w, clicked(&params, &element.params)).await;
    }
}

#[tokio::test]
async fn a_reason_and_a_difference_are_text() {
    let w = World::released(2).await;
    let mut press = clicked(
        &json!({"actions": true}),
        &json!({"action": "rollback", "family": "batch", "time": w.at(time::Duration::ZERO), "reason": "<script>alert(1)</script>"}),
    );
    press["widgetContext"]["title"] = json!("<script>");
    assert!(text(&shown(&w, press).await).contains("Taken back: 2"));
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    w.register("a").await.unwrap();
    let mut other = definition("a", "busybox");
    other["containerDefinitions"][0]["command"] = json!(["<script>alert(1)</script>", "</pre>"]);
    w.app("a", &other);
    let html = page(&w, json!({})).await;
    let plan = click(&w, &html, &json!({}), "Plan").await;
    assert!(text(&plan).contains("<script>alert(1)</script>"), "{}", text(&plan));
}
