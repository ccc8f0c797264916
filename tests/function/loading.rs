//! Objects are loaded when something reads them: what lies beside is no matter, and what is read has its bounds.

use crate::isolation::peak;
use crema_testing::{
    Fault, When, World, side_by_side, tried,
    world::{assert_failure, change_event, decision, decisions, definition, failure},
};
use serde_json::{Value, json};
use std::time::Duration;

/// A little less than the largest object that is loaded.
const LARGE: usize = 4_900_000;

/// A definition that tells how long these files are.
fn of_lengths(family: &str, files: &[String]) -> String {
    let lengths: Vec<String> =
        files.iter().map(|file| format!("std.toString(std.length(importstr '{file}'))")).collect();
    format!(
        "{{ family: '{family}', containerDefinitions: [{{ name: 'app', image: 'busybox', memory: 128, command: [{}] }}] }}",
        lengths.join(", ")
    )
}

/// An app that reads so many large files of its own.
fn reader(w: &World, app: &str, files: usize) {
    let names: Vec<String> = (0..files).map(|n| format!("data/{n}.bin")).collect();
    w.jsonnet_app(app, &of_lengths(app, &names));
    for (n, name) in names.iter().enumerate() {
        w.aws.put(&format!("{app}/{name}"), app.to_owned() + &"x".repeat(LARGE - n - app.len()));
    }
}

fn got(w: &World) -> Vec<String> {
    let key = |key: &Value| key.as_str().unwrap().trim_start_matches("crema/").to_owned();
    w.aws.calls_of("GetObject").iter().map(|call| key(&call.input["key"])).collect()
}

#[tokio::test]
async fn forty_one_megabytes_of_somebodys_data_are_noticed_by_nobody() {
    let w = World::start().await;
    for n in 0..10 {
        w.aws.put(&format!("exports/{n}.json"), "x".repeat(4_000_000));
    }
    for n in 0..1_500 {
        w.aws.put(&format!("batch/data/{n}.json"), "x".repeat(1_000));
    }
    w.aws.put("batch/dump.bin", "x".repeat(6_000_000));
    w.aws.break_calls_about("GetObject", "exports/", When::Every, Fault::Denied);
    assert_eq!(decision(&w.register("batch").await.unwrap()), "registered");
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"unchanged": 1}));
    let data: Vec<String> =
        got(&w).into_iter().filter(|key| key.contains("data/") || key.contains("exports/")).collect();
    assert_eq!(data, Vec::<String>::new());
}

#[tokio::test]
async fn an_app_that_reads_more_than_forty_megabytes_has_its_own_error_and_no_other_fails() {
    let w = World::start().await;
    reader(&w, "glutton", 9);
    let failed = failure(w.sweep().await);
    assert_eq!(failed.error_type, "ConfigError");
    for says in ["glutton", "44100556 bytes", "more than 40000000", "glutton/data/0.bin (4900000 bytes)"] {
        assert!(failed.error_message.contains(says), "{says}: {failed:?}");
    }
    assert_eq!(w.aws.active("batch"), [1]);
    assert!(got(&w).iter().all(|key| !key.contains("data/")), "what cannot be loaded is not got");
    // Its own change mends it.
    let answer = w.change("glutton/ecs-task-def.jsonnet", &definition("glutton", "busybox").to_string()).await.unwrap();
    assert_eq!(decisions(&answer)["glutton"], "registered");
}

#[tokio::test]
async fn what_several_apps_read_may_be_more_than_is_loaded_at_a_time() {
    let w = World::empty(&[]).await;
    let apps = ["a", "b", "c", "d"];
    apps.iter().for_each(|app| reader(&w, app, 3));
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": 4}));
    // What is small may be forgotten in between.
    let mut data: Vec<String> = got(&w).into_iter().filter(|key| key.contains("data/")).collect();
    data.sort();
    let count = data.len();
    data.dedup();
    assert_eq!((count, data.len()), (12, 12), "each object once: {data:?}");
    assert_eq!(
        w.aws.revision("b", 1).definition["containerDefinitions"][0]["command"],
        json!(["4900000", "4899999", "4899998"])
    );
    // What is known is not read again, and what has changed is rendered from what it reads.
    w.aws.forget_calls();
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"unchanged": 4}));
    assert_eq!(got(&w), Vec::<String>::new());
    let answer = w.change("a/data/1.bin", "short").await.unwrap();
    assert_eq!(decisions(&answer), [("a".to_owned(), "registered".to_owned())].into());
    assert_eq!(
        w.aws.revision("a", 2).definition["containerDefinitions"][0]["command"],
        json!(["4900000", "5", "4899998"])
    );
    assert!(got(&w).iter().all(|key| key.starts_with("a/")), "{:?}", got(&w));
    let kilobytes = peak(&w.function.pid().to_string()).unwrap();
    assert!(kilobytes < 160 << 10, "the function has held {kilobytes} kB");
    tried(4, "apps that read 14.7 MB each");
}

#[tokio::test]
async fn more_configuration_than_is_loaded_at_a_time_is_loaded_app_by_app() {
    let w = World::empty(&[]).await;
    let padding = "// padding\n".repeat(22_000);
    let names: Vec<String> = (0..180).map(|n| format!("app-{n:03}")).collect();
    w.aws.put("lib/image.libsonnet", "'busybox'");
    for name in &names {
        let source =
            definition(name, "").to_string().replace("\"image\":\"\"", "image: import '../lib/image.libsonnet'");
        w.jsonnet_app(name, &format!("{source}\n{padding}"));
        w.aws.put(&format!("{name}/crema.json"), json!({"variants": [{"ext_str": {"n": "1"}}]}).to_string());
    }
    let answer = w.function.invoke_within(json!({"action": "sweep"}), Duration::from_secs(120)).await.unwrap();
    assert_eq!(answer["counts"], json!({"registered": 180}));
    let all = got(&w);
    // Of equal objects one is got, and the library may be forgotten in between.
    assert!((183..200).contains(&all.len()), "{}", all.len());
    let answer = w.change("lib/image.libsonnet", "'busybox:2'").await.unwrap();
    assert!(
        answer["counts"]["handed_on"].as_u64().unwrap_or_default()
            + answer["counts"]["registered"].as_u64().unwrap_or_default()
            == 180,
        "{}",
        answer["counts"]
    );
}

#[tokio::test]
async fn an_object_that_changed_before_it_was_read_means_listing_again() {
    let w = World::empty(&[]).await;
    reader(&w, "a", 1);
    w.register("a").await.unwrap();
    w.aws.put("a/data/0.bin", "x".repeat(300_000));
    w.aws.forget_calls();
    w.aws.before("GetObject", When::Nth(1), |state| {
        let now = state.now();
        state.s3.put(crema_testing::BUCKET, "crema/a/data/0.bin", "x".repeat(400_000).as_bytes(), now);
    });
    assert_eq!(decision(&w.register("a").await.unwrap()), "registered");
    assert_eq!(w.aws.revision("a", 2).definition["containerDefinitions"][0]["command"], json!(["400000"]));
    assert_eq!((w.aws.active("a"), w.aws.calls_of("ListObjectsV2").len()), (vec![1, 2], 2));
    // One that is gone meanwhile, too.
    w.aws.put("a/data/0.bin", "x".repeat(500_000));
    w.aws.before("GetObject", When::Nth(1), |state| state.s3.delete(crema_testing::BUCKET, "crema/a/data/0.bin"));
    assert_failure(w.register("a").await, "RenderError", &["a/data/0.bin"]);
}

#[tokio::test]
async fn one_that_changes_whenever_it_is_read_is_an_error_in_the_end() {
    let w = World::empty(&[]).await;
    reader(&w, "a", 1);
    let mut n = 300_000;
    w.aws.before("GetObject", When::Every, move |state| {
        n += 1;
        let now = state.now();
        state.s3.put(crema_testing::BUCKET, "crema/a/data/0.bin", "x".repeat(n).as_bytes(), now);
    });
    assert_failure(w.register("a").await, "AwsError", &["s3://crema-config/crema/", "changed"]);
    assert!(w.aws.changes().is_empty());
}

#[tokio::test]
async fn an_object_that_cannot_be_had_is_the_error_of_those_that_read_it() {
    let faults = [(Fault::Denied, false), (Fault::Shorter(1), true), (Fault::Error, true)];
    let count = side_by_side(faults.map(|(fault, passes)| async move {
        let w = World::empty(&[]).await;
        reader(&w, "a", 1);
        w.app("b", &definition("b", "busybox"));
        w.aws.break_calls_about("GetObject", "a/data/0.bin", When::Every, fault.clone());
        let failed = failure(w.sweep().await);
        assert_eq!(failed.error_type, "AwsError", "{fault:?}");
        assert!(
            failed.error_message.contains("s3:GetObject") && failed.error_message.contains("a/data/0.bin"),
            "{failed:?}"
        );
        assert_eq!(w.aws.active("b"), [1], "{fault:?}");
        if passes {
            w.aws.mend();
            assert_eq!(decisions(&w.sweep().await.unwrap())["a"], "registered", "{fault:?}");
        }
    }))
    .await;
    tried(count, "ways in which an object cannot be had");
}

#[tokio::test]
async fn env_files_are_secret_however_large_and_late() {
    let w = World::empty(&[]).await;
    let secret = "kingfisher-4711-quite-secret";
    w.jsonnet_app("a", "error 'found ' + std.native('must_env')('TOKEN')");
    w.aws.put("a/crema.json", json!({"envfile": "conf/prod"}).to_string());
    let padding = "# nothing\n".repeat(60_000);
    w.aws.put("a/conf/prod", format!("{padding}TOKEN={secret}\n"));
    let failed = failure(w.register("a").await);
    assert_eq!(failed.error_type, "RenderError");
    assert!(failed.error_message.contains("found ") && !failed.error_message.contains("kingfisher"), "{failed:?}");
    assert!(!w.function.log().contains("kingfisher"));
}

#[tokio::test]
async fn what_was_got_before_the_deadline_came_is_not_got_again() {
    let w = World::empty(&[]).await;
    let names: Vec<String> = (0..100).map(|n| format!("app-{n:03}")).collect();
    for name in &names {
        w.app(name, &definition(name, "busybox"));
        w.aws.put(&format!("{name}/ecspresso.yml"), format!("task_definition: ecs-task-def.json\n# {name}\n"));
    }
    w.aws.delay(Duration::from_millis(100));
    let register = json!({"action": "register", "app": "app-000"});
    let failed = failure(w.function.invoke_within(register.clone(), Duration::from_secs(2)).await);
    assert_eq!(failed.error_type, "DeadlineExceeded");
    let before = got(&w).len();
    assert!((20..190).contains(&before), "{before}");
    assert_eq!(decision(&w.function.invoke_within(register, Duration::from_secs(30)).await.unwrap()), "registered");
    // What was under way is lost.
    assert!(got(&w).len() <= 208, "{}", got(&w).len());
}

#[tokio::test]
async fn an_upload_event_by_event_gets_each_file_once_and_looks_at_each_family_once() {
    let w = World::with(&[("SETTLE_SECONDS", "3")]).await;
    let names: Vec<String> = (0..50).map(|n| format!("app-{n:02}")).collect();
    names.iter().for_each(|name| w.app(name, &definition(name, "busybox")));
    w.register("app-00").await.unwrap();
    w.function.invoke_within(json!({"action": "sweep"}), Duration::from_secs(120)).await.unwrap();
    w.aws.forget_calls();
    let files = names.iter().flat_map(|name| ["ecspresso.yml", "ecs-task-def.json"].map(|file| (name, file)));
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    let upload = async {
        for (name, file) in files {
            let text = match file {
                "ecspresso.yml" => format!("task_definition: ecs-task-def.json\n# {name} again\n"),
                _ => format!("{}\n\n", definition(name, "busybox")),
            };
            let key = format!("{name}/{file}");
            w.aws.put(&key, text);
            sender.send(change_event("Object Created", &key, w.aws.now())).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(sender);
    };
    // One at a time, as the registrar takes them.
    let take = async {
        let mut taken = 0;
        while let Some(event) = events.recv().await {
            let answer = w.function.invoke_within(event, Duration::from_secs(120)).await.unwrap();
            assert_eq!(decision(&answer), "unchanged");
            taken += 1;
        }
        taken
    };
    let ((), taken) = tokio::join!(upload, take);
    let [lists, gets] = ["ListObjectsV2", "GetObject"].map(|operation| w.aws.calls_of(operation).len());
    assert_eq!((taken, gets), (100, 100));
    assert!(lists <= 10, "{lists} lists");
    // One each; one that a busy machine held up for a second between reading and registering is read again.
    let described = w.aws.calls_of("DescribeTaskDefinition").len();
    assert!((50..60).contains(&described), "{described} families described");
    tried(taken, "events of one upload");
}

#[tokio::test]
async fn of_equal_objects_one_is_got_and_one_that_may_not_be_read_is_no_matter_for_the_others() {
    let w = World::empty(&[]).await;
    let names: Vec<String> = (0..30).map(|n| format!("app-{n:02}")).collect();
    names.iter().for_each(|name| w.app(name, &definition(name, "busybox")));
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": 30}));
    assert_eq!(got(&w).len(), 31);
    assert_eq!(got(&w).iter().filter(|key| key.ends_with("ecspresso.yml")).count(), 1);
    // Those of another length or content are others.
    w.aws.put("app-07/ecspresso.yml", "task_definition: other.json\n");
    w.aws.put("app-07/other.json", definition("app-07", "busybox:7").to_string());
    assert_eq!(w.sweep().await.unwrap()["counts"], json!({"registered": 1, "unchanged": 29}));
    // A copy of a folder costs nothing.
    w.aws.forget_calls();
    w.aws.put("app-08/other.json", definition("app-07", "busybox:7").to_string());
    w.sweep().await.unwrap();
    assert_eq!(got(&w), Vec::<String>::new());
    // Of large ones it is the same, and where one may not be read another is.
    let large = "x".repeat(LARGE);
    for app in ["x", "y"] {
        w.jsonnet_app(app, &of_lengths(app, &["data.bin".to_owned()]));
        w.aws.put(&format!("{app}/data.bin"), &large);
    }
    w.aws.break_calls_about("GetObject", "x/data.bin", When::Every, Fault::Denied);
    assert_failure(w.sweep().await, "AwsError", &["s3:GetObject", "x/data.bin"]);
    assert_eq!((w.aws.active("x"), w.aws.active("y")), (vec![], vec![1]));
}
