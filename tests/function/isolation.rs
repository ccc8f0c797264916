//! What one author writes, wherever it stands among the others: theirs are done, and the memory suffices.

use crema_testing::{
    World, drawn, tried,
    world::{assert_failure, definition},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Of the function, as its environment says.
const MEMORY_KB: u64 = 256 << 10;

/// Definitions that end as errors, each by another limit.
pub fn hostile() -> Vec<(&'static str, String)> {
    let case = |name, source: &str| (name, source.to_owned());
    vec![
        case("object of itself", "local mk(n) = {x: mk(n).x}; mk(1).x"),
        case("endless ==", "local a = {b: a}, c = {b: c}; a == c"),
        case("endless prune", "local a = {b: a}; std.prune(a)"),
        case("manifested structure", "local a = {b: a}; a"),
        case("large array", "std.makeArray(1e9, function(i) i)"),
        case("doubled text", "std.foldl(function(a, b) a + a, std.range(1, 40), 'x')"),
        case("repeated text", "std.repeat('ab', 1e9)"),
        case("many objects", "std.length(std.toString([{ a: i, b: [i] } for i in std.range(1, 3000000)]))"),
        ("brackets", "[".repeat(100_000) + &"]".repeat(100_000)),
        ("long literal", format!("std.parseJson('{}')", "[".repeat(4 << 20))),
        case("endless computation", "local f(n) = if n < 2 then n else f(n - 1) + f(n - 2); f(60)"),
    ]
}

/// The most that a process has held resident, in kB.
pub fn peak(pid: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

pub fn children(pid: u32) -> Vec<String> {
    let of_all_threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = of_all_threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Looks every millisecond at the function and its child until told to stop; gives the peaks of both, in kB.
fn watch(pid: u32, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<(u64, u64)> {
    std::thread::spawn(move || {
        let mut peaks: BTreeMap<String, u64> = BTreeMap::new();
        while !stop.load(Ordering::Relaxed) {
            for child in children(pid) {
                let held = peak(&child).unwrap_or_default();
                let most = peaks.entry(child).or_default();
                *most = held.max(*most);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        (peak(&pid.to_string()).unwrap_or_default(), peaks.into_values().max().unwrap_or_default())
    })
}

#[tokio::test]
async fn function_and_child_stay_below_the_functions_memory_whatever_an_author_writes() {
    let w = World::empty(&[]).await;
    w.function.ready().await;
    let (pid, cases) = (w.function.pid(), hostile());
    for (name, source) in &cases {
        w.jsonnet_app("hostile", source);
        let (mut function, mut child) = (0, 0);
        // One that dies at once may not be seen; on a busy machine not for a few times.
        for _ in 0..10 {
            let stop = Arc::new(AtomicBool::new(false));
            let watch = watch(pid, stop.clone());
            assert_failure(w.register("hostile").await, "RenderError", &["hostile/ecs-task-def.jsonnet"]);
            stop.store(true, Ordering::Relaxed);
            (function, child) = watch.join().unwrap();
            if child > 0 {
                break;
            }
        }
        assert!(child > 0 && function + child < MEMORY_KB, "{name}: {function} + {child} kB");
        assert!(w.function.is_alive().await && w.function.pid() == pid);
    }
    tried(cases.len(), "hostile definitions, with the memory of both processes");
}

#[tokio::test]
async fn the_other_apps_are_done_whether_the_hostile_one_is_the_first_one_of_them_or_the_last() {
    let w = World::empty(&[]).await;
    for app in ["b", "d"] {
        w.app(app, &definition(app, "busybox"));
    }
    let mut count = 0;
    let ending = hostile().into_iter().filter(|(name, _)| !name.contains("endless comp"));
    for (round, (_, source)) in drawn(ending.collect(), 4).iter().enumerate() {
        for place in ["a", "c", "e"] {
            // Another image each time, so that the others have to be done.
            for app in ["b", "d"] {
                w.app(app, &definition(app, &format!("busybox:{round}{place}")));
            }
            w.jsonnet_app(place, source);
            let before = w.aws.active("b").len();
            assert_failure(w.sweep().await, "RenderError", &[&format!("{place}/ecs-task-def.jsonnet")]);
            assert_eq!((w.aws.active("b").len(), w.aws.active("d").len()), (before + 1, before + 1), "{source:.80}");
            w.aws.delete(&format!("{place}/ecspresso.yml"));
            w.aws.delete(&format!("{place}/ecs-task-def.jsonnet"));
            count += 1;
        }
    }
    tried(count, "sweeps: a hostile app, its place among the others");
}

#[tokio::test]
async fn definitions_without_end_leave_time_for_the_others_of_the_invocation() {
    let w = World::empty(&[]).await;
    let endless = hostile().into_iter().find(|(name, _)| *name == "endless computation").unwrap().1;
    for app in ["a", "b", "c"] {
        w.jsonnet_app(app, &endless);
    }
    w.app("d", &definition("d", "busybox"));
    let answer = w.function.invoke_within(json!({"action": "sweep"}), Duration::from_secs(12)).await;
    assert_failure(answer, "RenderError", &["a/ecs-task-def.jsonnet", "ran out of time"]);
    assert_eq!(w.aws.active("d"), [1]);
    tried(3, "definitions without end before another");
}
