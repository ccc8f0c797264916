//! Every file of `events/` is read as what it says it is.

use crate::tasks::TASKS;
use crema::{
    reference::FamilyKey,
    trigger::{Arrival, Ask, Goal, Object, PageAsk, Rollback, Target, Trigger, View, Widget, WorkLeft, parse},
};
use crema_base::image::{EcrImage, Repository};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use time::{OffsetDateTime, UtcOffset};

const REQUEST_ID: &str = "request-1";
const ARRIVED: &str = "2026-11-30T00:00:00Z";

const PUSH: (&str, &str) = ("13cde686-328b-6117-af20-0e5566167482", "2026-11-23T01:54:34Z");

fn at(text: &str) -> OffsetDateTime {
    crema::moment::parse(text).unwrap()
}

fn read(path: &Path) -> Vec<Trigger> {
    let payload: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let arrival = Arrival { request_id: REQUEST_ID.into(), time: at(ARRIVED), function: String::new() };
    let read = |trigger: crema::error::Result<Trigger>| trigger.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    parse(&payload, &arrival).into_iter().map(read).collect()
}

fn trigger((id, time): (&str, &str), ask: Ask) -> Vec<Trigger> {
    vec![Trigger { id: id.into(), time: at(time), ask }]
}

/// A direct call that gives neither id nor time.
fn direct(ask: Ask) -> Vec<Trigger> {
    trigger((REQUEST_ID, ARRIVED), ask)
}

fn pushed() -> Ask {
    pushed_to("batch")
}

fn pushed_to(repository: &str) -> Ask {
    let [account, region, name] = ["123456789012", "ap-northeast-1", repository].map(str::to_owned);
    Ask::ImagePush(Some(EcrImage::Tag { repository: Repository { account, region, name }, tag: "release".into() }))
}

/// What came through a pull-through cache.
fn cached() -> Ask {
    pushed_to("docker-hub/acme/batch")
}

fn changed(keys: &[&str]) -> Ask {
    let object = |key: &&str| Object { bucket: "crema-config".into(), key: (*key).to_owned() };
    Ask::ConfigChange(keys.iter().map(object).collect())
}

fn rollback(goal: Goal) -> Rollback {
    Rollback {
        target: Target::Family("batch".into()),
        goal,
        again: false,
        allow_last: false,
        allow_missing_image: false,
        is_dry: false,
        by_event: false,
        region: None,
        account: None,
        reason: None,
    }
}

fn rollback_of_app() -> Rollback {
    let variant = BTreeMap::from([("type".to_owned(), "batch".to_owned())]);
    Rollback { target: Target::App { app: "batch".into(), variant: Some(variant) }, ..rollback(Goal::Latest) }
}

fn work_left() -> Ask {
    let after = Some(FamilyKey::new("ap-northeast-1", "shop-batch"));
    let ask = Box::new(changed(&["crema/lib/task.libsonnet"]));
    Ask::WorkLeft(WorkLeft { ask, round: 3, failed: vec!["batch".into()], after })
}

/// The refresh of a widget whose buttons are on, for somebody in Japan.
fn page() -> Ask {
    let widget = Widget {
        is_dark: false,
        offset: UtcOffset::from_hms(9, 0, 0).unwrap(),
        has_buttons: true,
        function: String::new(),
        warnings: vec![],
    };
    Ask::Page(Box::new(PageAsk { view: View::Families { filter: String::new(), page: 1 }, widget }))
}

fn expected() -> BTreeMap<&'static str, Vec<Trigger>> {
    let batch = || "batch".to_owned();
    let reason = Some("nightly report has wrong totals".to_owned());
    let region = Some("ap-northeast-1".to_owned());
    let explained = Rollback { reason, ..rollback(Goal::Latest) };
    let by_event = Ask::Rollback(Rollback { by_event: true, ..explained.clone() });
    let again = Rollback { again: true, allow_missing_image: true, ..rollback(Goal::Latest) };
    let account = Some("123456789012".to_owned());
    let one = Rollback { region: region.clone(), account, ..rollback(Goal::Revision(41)) };
    let release = Rollback { region, ..rollback(Goal::To(40)) };
    let mut dead = trigger(PUSH, pushed());
    dead.extend(trigger(
        ("59bdb5d0-25b7-4c57-9b3d-8e5f7d6fa333", "2026-11-23T02:03:00Z"),
        Ask::Register { app: batch() },
    ));
    let mut expected = BTreeMap::from([
        ("ecr-push", trigger(PUSH, pushed())),
        ("ecr-replication", trigger(("c8b133b1-6029-ee73-e2a1-4f466b8ba999", "2026-11-23T01:57:12Z"), pushed())),
        ("ecr-pull-through-cache", trigger(("85fc3613-e913-7fc4-a80c-a3753e4aa9ae", "2026-11-23T02:36:48Z"), cached())),
        (
            "s3-object-created",
            trigger(
                ("17793124-05d4-b198-2fde-7ededc63b103", "2026-11-23T02:10:05Z"),
                changed(&["crema/batch/ecs-task-def.jsonnet"]),
            ),
        ),
        (
            "s3-object-deleted",
            trigger(
                ("2ee9cc15-d022-99ea-1fb8-1b1bac4850f9", "2026-11-23T02:12:41Z"),
                changed(&["crema/lib/task.libsonnet"]),
            ),
        ),
        (
            "s3-notification",
            trigger(
                (REQUEST_ID, "2026-11-23T02:15:01.502Z"),
                changed(&["crema/batch/nightly report+monthly.json", "crema/batch/集計.libsonnet"]),
            ),
        ),
        ("rollback", trigger(("8d5c7a1e-0f1b-4c55-9a54-4b8c2f6f9d21", "2026-11-23T03:00:00Z"), by_event)),
        ("scheduled-sweep", trigger(("cdc73f9d-aea9-11e3-9d5a-835b769c0d9c", "2026-11-23T04:00:00Z"), Ask::Sweep)),
        ("work-left", trigger(("17793124-05d4-b198-2fde-7ededc63b103", "2026-11-23T02:10:05Z"), work_left())),
        ("page", direct(page())),
        ("sweep", direct(Ask::Sweep)),
        ("register", direct(Ask::Register { app: batch() })),
        ("plan", direct(Ask::Plan { app: Some(batch()) })),
        ("plan-all", direct(Ask::Plan { app: None })),
        ("status", direct(Ask::Status { app: Some(batch()) })),
        ("status-all", direct(Ask::Status { app: None })),
        ("doctor", direct(Ask::Doctor)),
        ("expire", direct(Ask::Expire { app: None, dry_run: false })),
        ("expire-dry-run", direct(Ask::Expire { app: Some(batch()), dry_run: true })),
        ("rollback-direct", direct(Ask::Rollback(explained))),
        ("rollback-again", trigger(("on-call-42", "2026-11-23T03:05:00Z"), Ask::Rollback(again))),
        ("rollback-revision", direct(Ask::Rollback(one))),
        ("rollback-to", direct(Ask::Rollback(release))),
        ("rollback-app", direct(Ask::Rollback(rollback_of_app()))),
        ("failed-invocation", trigger(PUSH, pushed())),
        ("dead-letter-sqs", dead),
    ]);
    expected.extend(TASKS.iter().map(|task| (task.file, trigger((task.id, task.time), task.asked()))));
    expected
}

#[test]
fn every_file_is_read_with_its_kind_id_time_and_whom_it_concerns() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let expected = expected();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(path.extension().and_then(|e| e.to_str()), Some("json"), "{}", path.display());
        let triggers = expected.get(name.as_str()).unwrap_or_else(|| panic!("{name}.json is asserted nowhere"));
        assert_eq!(&read(&path), triggers, "{name}.json");
        found.insert(name);
    }
    let named: BTreeSet<String> = expected.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(found, named);
}

#[test]
fn every_kind_has_a_file() {
    let kinds: BTreeSet<&str> = expected().values().flatten().map(|trigger| trigger.ask.kind()).collect();
    let all = [
        "config_change",
        "doctor",
        "expire",
        "image_push",
        "page",
        "plan",
        "register",
        "rollback",
        "status",
        "sweep",
        "task_stopped",
    ];
    assert_eq!(kinds, BTreeSet::from(all));
}
