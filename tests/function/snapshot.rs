//! The snapshot: consistent, settled, kept warm; and whom a change of a file concerns.

use crema_testing::{
    BUCKET, Fault, When, World, side_by_side, tried,
    world::{assert_failure, change_event, decision, decisions, definition, outcome},
};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_prefix_with_1500_objects_works() {
    let w = World::start().await;
    for n in 0..1500 {
        w.aws.put(&format!("static/{n}.txt"), format!("{n}"));
    }
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");
    assert_eq!(w.aws.calls_of("ListObjectsV2").len(), 2);
}

#[tokio::test]
async fn an_object_is_read_again_only_where_it_changed() {
    let w = World::released(1).await;
    let source = include_str!("../fixtures/team/lib/environment.libsonnet");
    w.change("lib/environment.libsonnet", &format!("{source}// more\n")).await.unwrap();
    let got: Vec<_> = w.aws.calls_of("GetObject").iter().map(|call| call.input["key"].clone()).collect();
    assert_eq!(got, [json!("crema/lib/environment.libsonnet")]);
}

#[tokio::test]
async fn an_object_that_changed_between_list_and_get_means_listing_again() {
    let w = World::start().await;
    let source = include_str!("../fixtures/team/batch/ecs-task-def.jsonnet").replace("WORKERS: 4", "WORKERS: 8");
    w.aws.before("GetObject", When::Nth(1), move |state| {
        let now = state.now();
        state.s3.put(BUCKET, "crema/batch/ecs-task-def.jsonnet", source.as_bytes(), now);
    });
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");
    assert!(w.aws.revision("batch", 1).definition["containerDefinitions"].to_string().contains("\"8\""));
    assert!(w.aws.calls_of("ListObjectsV2").len() >= 2);
}

#[tokio::test]
async fn an_object_that_is_gone_is_no_missing_permission_though_s3_says_so() {
    let w = World::start().await;
    w.aws.put("batch/old.libsonnet", "{}");
    w.aws.before("GetObject", When::Nth(1), |state| state.s3.delete(BUCKET, "crema/batch/old.libsonnet"));
    w.aws.break_calls_about("GetObject", "old.libsonnet", When::Every, Fault::Denied);
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");

    w.aws.put("batch/closed.libsonnet", "{}");
    w.aws.break_calls_about("GetObject", "closed.libsonnet", When::Every, Fault::Denied);
    assert_failure(w.register("batch").await, "AwsError", &["s3:GetObject", "closed.libsonnet"]);
}

#[tokio::test]
async fn an_object_that_is_not_as_long_as_the_list_says_is_read_again() {
    let faults = [Fault::Shorter(1), Fault::Shorter(usize::MAX), Fault::Longer(1), Fault::Longer(20_000_000)];
    let tries = faults.into_iter().flat_map(|fault| [When::Nth(1), When::First(2)].map(|when| (fault.clone(), when)));
    let count = side_by_side(tries.map(|(fault, when)| async move {
        let w = World::empty(&[]).await;
        w.app("a", &definition("a", "busybox"));
        w.aws.break_calls_about("GetObject", "a/ecs-task-def.json", when, fault.clone());
        assert_eq!(decision(&w.register("a").await.unwrap()), "registered", "{fault:?} {when:?}");
        assert_eq!(w.aws.revision("a", 1).definition["family"], "a");
    }))
    .await;
    tried(count, "bodies of another length than the list says");
}

#[tokio::test]
async fn one_that_stays_so_is_an_error_that_names_it_and_the_next_try_reads_it() {
    for (fault, says) in [(Fault::Shorter(1), "contents have"), (Fault::Longer(1), "longer than")] {
        let w = World::empty(&[]).await;
        w.app("a", &definition("a", "busybox"));
        // Cut so, it would be another definition and no error.
        w.aws.put("a/ecspresso.yml", "task_definition: ecs-task-def.jsonnet\n");
        w.aws.put("a/ecs-task-def.jsonnet", format!("{} // the end", definition("a", "busybox")));
        w.aws.break_calls_about("GetObject", "a/ecs-task-def.jsonnet", When::Every, fault);
        let event = change_event("Object Created", "a/ecs-task-def.jsonnet", w.aws.now());
        let named = "s3://crema-config/crema/a/ecs-task-def.jsonnet";
        assert_failure(w.invoke(event.clone()).await, "AwsError", &["s3:GetObject", named, says, "the list says"]);
        assert!(w.aws.changes().is_empty());
        w.aws.mend();
        assert_eq!(decision(&w.invoke(event).await.unwrap()), "registered");
    }
}

#[tokio::test]
async fn a_prefix_that_never_rests_is_an_error_in_the_end() {
    let w = World::start().await;
    let mut n = 0;
    w.aws.before("GetObject", When::Every, move |state| {
        n += 1;
        let now = state.now();
        for key in ["crema/batch/ecs-task-def.jsonnet", "crema/batch/ecspresso.yml", "crema/lib/task.libsonnet"] {
            state.s3.put(BUCKET, key, format!("{{}} // {n}").as_bytes(), now);
        }
    });
    assert_failure(w.register("batch").await, "AwsError", &["s3://crema-config/crema/", "changed"]);
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn twelve_files_uploaded_over_four_seconds_are_one_revision() {
    let w = World::with(&[("SETTLE_SECONDS", "2")]).await;
    let part = |n: usize, value: u32| (format!("batch/parts/{n}.json"), format!("{{\"V{n}\": \"{value}\"}}"));
    let imports: Vec<String> = (0..11).map(|n| format!("(import 'parts/{n}.json')")).collect();
    let source = include_str!("../fixtures/team/batch/ecs-task-def.jsonnet")
        .replace("{ RAILS_ENV: 'production', WORKERS: 4 }", &imports.join(" + "));
    for n in 0..11 {
        let (key, content) = part(n, 1);
        w.aws.put(&key, content);
    }
    w.aws.put("batch/ecs-task-def.jsonnet", &source);
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered", "a direct call does not wait");
    let events: Vec<_> =
        (0..12).map(|n| change_event("Object Created", &format!("batch/parts/{n}.json"), w.aws.now())).collect();
    let upload = async {
        for n in 0..11 {
            let (key, content) = part(n, 2);
            w.aws.put(&key, content);
            tokio::time::sleep(Duration::from_millis(360)).await;
        }
        w.aws.put("batch/ecs-task-def.jsonnet", format!("{source}// new\n"));
    };
    let invoke = async {
        let mut done = vec![];
        for event in events {
            done.push(decision(&w.invoke(event).await.unwrap()).to_owned());
        }
        done
    };
    let ((), done) = tokio::join!(upload, invoke);
    assert_eq!(w.aws.active("batch"), [1, 2], "{done:?}");
    assert_eq!(done.iter().filter(|decision| *decision == "registered").count(), 1, "{done:?}");
}

#[tokio::test]
async fn rollbacks_and_direct_calls_do_not_wait_for_quiet() {
    let w = World::with(&[("SETTLE_SECONDS", "20")]).await;
    let begun = Instant::now();
    w.register("batch").await.unwrap();
    w.rollback("batch", json!({})).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_change_of_a_shared_file_reaches_exactly_the_apps_that_import_it() {
    let w = World::empty(&[]).await;
    let source = |family: &str, size: &str| {
        format!("{{ family: '{family}', containerDefinitions: [{{ name: 'a', image: 'busybox', memory: {size} }}] }}")
    };
    w.aws.put("lib/x.libsonnet", "{ size: 128 }");
    w.aws.put("lib/y.libsonnet", "import 'x.libsonnet'");
    w.jsonnet_app("direct", &source("direct", "(import '../lib/x.libsonnet').size"));
    w.jsonnet_app("through", &source("through", "(import '../lib/y.libsonnet').size"));
    w.jsonnet_app("other", &source("other", "256"));
    w.sweep().await.unwrap();
    let answer = w.change("lib/x.libsonnet", "{ size: 512 }").await.unwrap();
    let both = ["direct", "through"].map(|family| (family.to_owned(), "registered".to_owned()));
    assert_eq!(decisions(&answer), both.into());
}

#[tokio::test]
async fn a_change_in_an_apps_folder_concerns_it_though_it_reads_another() {
    let w = World::released(1).await;
    let answer = w.change("batch/README.md", "text").await.unwrap();
    assert_eq!(decision(&answer), "unchanged");
}

#[tokio::test]
async fn a_change_outside_of_everything_concerns_nobody() {
    let w = World::released(1).await;
    let outside = {
        let mut event = change_event("Object Created", "x", w.aws.now());
        event["detail"]["object"]["key"] = json!("elsewhere/batch/ecspresso.yml");
        event
    };
    let other_bucket = {
        let mut event = change_event("Object Created", "batch/ecspresso.yml", w.aws.now());
        event["detail"]["bucket"]["name"] = json!("other-bucket");
        event
    };
    let unread = change_event("Object Created", "notes/todo.txt", w.aws.now());
    for event in [outside, other_bucket, unread] {
        assert_eq!(w.invoke(event).await.unwrap()["outcomes"], json!([]));
    }
}

#[tokio::test]
async fn a_file_that_was_asked_for_and_missing_counts_as_read() {
    let w = World::empty(&[]).await;
    w.jsonnet_app("a", "import '../lib/all.libsonnet'");
    assert_failure(w.register("a").await, "RenderError", &["lib/all.libsonnet"]);
    let answer = w.change("lib/all.libsonnet", &definition("a", "busybox").to_string()).await.unwrap();
    assert_eq!((decision(&answer), &outcome(&answer)["app"]), ("registered", &json!("a")));
}

#[tokio::test]
async fn deleting_a_configuration_deregisters_nothing() {
    let w = World::released(1).await;
    w.app("other", &definition("other", "busybox"));
    for key in ["ecspresso.yml", "ecs-task-def.jsonnet", "crema.json"] {
        w.aws.delete(&format!("batch/{key}"));
        let event = change_event("Object Deleted", &format!("batch/{key}"), w.aws.now());
        let _ = w.invoke(event).await;
    }
    assert_eq!(w.aws.active("batch"), [1]);
}

#[tokio::test]
async fn a_syntax_error_of_another_app_is_a_warning() {
    let w = World::released(1).await;
    w.jsonnet_app("broken", "{");
    let answer = w.push("batch", "release", "v2").await.unwrap();
    assert_eq!(decision(&answer), "registered");
    assert!(answer["warnings"].to_string().contains("broken"), "{answer:#}");
}

#[tokio::test]
async fn keys_of_a_notification_are_decoded() {
    let w = World::released(1).await;
    w.aws.put("batch/a b+c.json", "{}");
    let event = json!({"Records": [{"eventTime": w.at(time::Duration::ZERO), "eventSource": "aws:s3",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": "crema/batch/a+b%2Bc.json"}}}]});
    assert_eq!(decision(&w.invoke(event).await.unwrap()), "unchanged");
}

#[tokio::test]
async fn pages_that_were_listed_before_are_asked_for_at_once_whatever_has_come_and_gone() {
    let w = World::start().await;
    w.aws.page_objects(10);
    for n in 100..160 {
        w.aws.put(&format!("static/{n}.txt"), format!("{n}"));
    }
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");
    let pages = |w: &World| w.aws.calls_of("ListObjectsV2").len();
    let all = pages(&w);
    assert!(all >= 7);
    let check = async |w: &World, more: usize, what: &str| {
        w.aws.forget_calls();
        assert_eq!(decision(&w.register("batch").await.unwrap()), "unchanged", "{what}");
        let calls = w.aws.calls_of("ListObjectsV2");
        assert_eq!(calls.len(), all + more, "{what}");
        let beginnings = calls.iter().filter(|call| call.input["continuation-token"].is_null()).count();
        assert_eq!(beginnings, all, "{what}: {calls:#?}");
    };
    check(&w, 0, "as it was").await;
    w.aws.delete("static/120.txt");
    check(&w, 0, "one is gone").await;
    w.aws.put("static/120.txt", "120");
    w.aws.put("static/1205.txt", "more");
    check(&w, 1, "what was a page is more than one").await;
    // And what was added in the middle of a page is read.
    let added =
        json!({"family": "added", "containerDefinitions": [{"name": "app", "image": "busybox", "memory": 128}]});
    w.app("static", &added);
    assert_eq!(decision(&w.register("static").await.unwrap()), "registered");
}

#[tokio::test]
async fn an_upload_of_many_files_costs_one_listing_and_each_family_is_looked_at_once() {
    let w = World::empty(&[]).await;
    let names: Vec<String> = (0..40).map(|n| format!("app-{n:02}")).collect();
    names.iter().for_each(|name| w.app(name, &definition(name, "busybox")));
    // As if it had fallen quiet by now.
    let then = w.aws.now() - time::Duration::seconds(10);
    let events = |file: &'static str| {
        names.iter().map(move |name| change_event("Object Created", &format!("{name}/{file}"), then))
    };
    for event in events("ecspresso.yml").chain(events("ecs-task-def.json")) {
        w.invoke(event).await.unwrap();
    }
    assert_eq!(w.aws.calls_of("ListObjectsV2").len(), 1);
    // Each definition, and the configuration file, which is the same in all of them.
    assert_eq!(w.aws.calls_of("GetObject").len(), 41);
    // One each; one that a busy machine held up for a second between reading and registering is read again.
    assert!((40..60).contains(&w.aws.calls_of("DescribeTaskDefinition").len()));
    assert!(names.iter().all(|name| w.aws.active(name) == [1]));
    // What changes later is listed, and so is what changed just now.
    w.app("app-07", &definition("app-07", "busybox:2"));
    let answer = w.invoke(change_event("Object Created", "app-07/ecs-task-def.json", w.aws.now())).await.unwrap();
    assert_eq!((decision(&answer), w.aws.calls_of("ListObjectsV2").len()), ("registered", 2));
}

#[tokio::test]
async fn what_failed_is_looked_at_again_by_the_files_that_are_known() {
    let w = World::empty(&[]).await;
    w.app("a", &definition("a", "busybox"));
    let then = w.aws.now() - time::Duration::seconds(10);
    w.aws.break_calls("RegisterTaskDefinition", When::Nth(1), Fault::Denied);
    let event = change_event("Object Created", "a/ecspresso.yml", then);
    assert!(w.invoke(event.clone()).await.is_err());
    assert_eq!(decision(&w.invoke(event.clone()).await.unwrap()), "registered");
    assert_eq!(decision(&w.invoke(event.clone()).await.unwrap()), "unchanged");
    assert_eq!(w.aws.calls_of("ListObjectsV2").len(), 1);
    // A sweep and a direct call list whatever is known.
    w.sweep().await.unwrap();
    w.register("a").await.unwrap();
    assert_eq!(w.aws.calls_of("ListObjectsV2").len(), 3);
}
