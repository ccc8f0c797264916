//! A thousand families: a page stays small, and costs few reads.

use super::{clicked, element, page, refresh, shown, text};
use crema_testing::{Function, World, tried, world::definition};
use serde_json::json;
use std::time::{Duration, Instant};

/// Describes and lists of ECS since the calls were forgotten.
fn reads(w: &World) -> usize {
    let is_read = |operation: &str| ["DescribeTaskDefinition", "ListTaskDefinitions"].contains(&operation);
    w.aws.calls().iter().filter(|call| is_read(&call.operation)).count()
}

async fn families(count: usize, name: impl Fn(usize) -> (String, String)) -> World {
    let w = World::empty(&[]).await;
    for n in 0..count {
        let (app, family) = name(n);
        w.app(&app, &definition(&family, "busybox"));
    }
    w
}

/// The longest names that ECS and S3 let anybody have: an app of 300 characters, a family of 255.
fn longest(n: usize) -> (String, String) {
    (format!("{}{n:04}", "a".repeat(296)), format!("{}{n:04}", "f".repeat(251)))
}

#[tokio::test]
async fn a_page_of_a_thousand_families_of_the_longest_names_is_small_and_costs_fifty_reads_at_most() {
    let w = families(1_000, longest).await;
    // By somebody else, and those of the pages that are looked at: to register a thousand takes a minute.
    for n in 0..60 {
        for image in ["alpine", "debian"] {
            w.aws.register_by_hand(&definition(&longest(n).1, image));
        }
    }
    let params = json!({"actions": true});
    let html = page(&w, params.clone()).await;
    assert!(reads(&w) <= 50, "{}", w.aws.tally());
    assert!(html.len() < 300_000, "{}", html.len());
    assert!(text(&html).contains("1000 families") && text(&html).contains("Families 1 to 25 of 1000"));
    w.aws.delay(Duration::from_millis(10));
    w.aws.forget_calls();
    let begun = Instant::now();
    let next = shown(&w, clicked(&params, &element(&html, "Next").params)).await;
    let took = begun.elapsed();
    assert!(reads(&w) <= 50 && next.len() < 300_000, "{} bytes, {}", next.len(), w.aws.tally());
    assert!(text(&next).contains("Families 26 to 50 of 1000") && text(&next).contains("50 drifted"), "{}", text(&next));
    // Mostly a second in a debug build, on a machine that does ten things at once.
    assert!(took < Duration::from_secs(10), "{took:?}");
    tried(usize::try_from(took.as_millis()).unwrap(), "milliseconds for the second page");
}

#[tokio::test]
async fn where_all_are_on_hold_fifty_reads_tell_of_some_and_the_next_refresh_of_all() {
    let w = families(25, |n| (format!("app-{n:02}"), format!("job-{n:02}"))).await;
    w.sweep().await.unwrap();
    for n in 0..25 {
        w.app(&format!("app-{n:02}"), &definition(&format!("job-{n:02}"), "alpine"));
    }
    w.sweep().await.unwrap();
    for n in 0..25 {
        w.rollback(&format!("job-{n:02}"), json!({})).await.unwrap();
    }
    // A copy that knows nothing.
    let fresh = Function::start(&w.aws.url(), &[]).await;
    w.aws.forget_calls();
    let first = fresh.invoke(refresh(&json!({}))).await.unwrap();
    let said = text(first.as_str().unwrap());
    assert!(reads(&w) <= 50, "{}", w.aws.tally());
    assert!(said.contains("12 on hold") && said.contains("13 differs") && said.contains("was not read"), "{said}");
    let mut known = 12;
    for _ in 0..3 {
        w.aws.forget_calls();
        let next = fresh.invoke(refresh(&json!({}))).await.unwrap();
        let said = text(next.as_str().unwrap());
        assert!(reads(&w) <= 50, "{}", w.aws.tally());
        let (count, _) = said.split_once(" on hold").unwrap();
        let count: usize = count.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(count >= known, "{said}");
        known = count;
    }
    assert_eq!(known, 25);
}

#[tokio::test]
async fn what_this_copy_saw_on_a_later_page_comes_first_from_then_on() {
    let w = families(60, |n| (format!("app-{n:02}"), format!("job-{n:02}"))).await;
    w.sweep().await.unwrap();
    w.aws.register_by_hand(&definition("job-55", "alpine"));
    let first = page(&w, json!({})).await;
    assert!(!text(&first).contains("drifted") || !text(&first).contains("1 drifted"), "{}", text(&first));
    assert!(text(&first).contains("35 not looked at yet"), "{}", text(&first));
    let last = clicked(&json!({}), &json!({"action": "page", "page": 3}));
    assert!(text(&shown(&w, last).await).contains("1 drifted"));
    let again = page(&w, json!({})).await;
    let row = again.split("<tr>").nth(2).unwrap();
    assert!(text(row).starts_with("drifted") && row.contains("job-55"), "{}", text(row));
}
