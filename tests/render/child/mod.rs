//! Rendering in real child processes.

mod deep;
mod hostile;

use crema::{
    error::{Error, ErrorKind},
    renderer::Renderer,
};
use crema_base::files::{File, Files, MAX_OBJECT_BYTES};
use crema_render::session::protocol::{ChildAnswer, ChildAsk, RenderAsk, Surroundings};
use serde_json::json;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

fn renderer() -> Renderer {
    Renderer::new_with_program(256, PathBuf::from(env!("CARGO_BIN_EXE_bootstrap")))
}

fn put(files: &mut Arc<Files>, key: &str, content: impl AsRef<[u8]>) {
    let content = content.as_ref();
    let bytes = content.len() as u64;
    let loaded = (bytes <= MAX_OBJECT_BYTES).then(|| Arc::from(content));
    Arc::make_mut(files).insert(key.to_owned(), File { etag: format!("{bytes}-{content:p}"), bytes, content: loaded });
}

/// One app that renders, beside whatever else is put there.
fn files() -> Arc<Files> {
    let mut files = Arc::default();
    put(&mut files, "good/ecspresso.yml", "region: us-east-1\ncluster: c\ntask_definition: td.jsonnet\n");
    put(&mut files, "good/td.jsonnet", "{ family: std.extVar('type') + (import '../lib/x.libsonnet') }");
    put(&mut files, "lib/x.libsonnet", "'-x'");
    put(&mut files, "bad/ecspresso.yml", "task_definition: td.jsonnet\n");
    files
}

fn ask(app: &str) -> ChildAsk {
    ChildAsk::Render(Box::new(RenderAsk {
        own_file: None,
        config: format!("{app}/ecspresso.yml"),
        surroundings: Surroundings { ext_str: [("type".to_owned(), "batch".to_owned())].into(), ..Default::default() },
        envfiles: vec![],
        values: vec![],
        placeholder: "PLACEHOLDER".to_owned(),
    }))
}

fn soon(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// The message, whether it came from a living child or was told of a dead one; and whether the child died.
async fn fails(renderer: &mut Renderer, files: &Arc<Files>, seconds: u64) -> (String, bool) {
    match renderer.ask(files, &ask("bad"), soon(seconds)).await.map_err(Error::from) {
        Ok(ChildAnswer::Failed { message, .. }) => (message, false),
        Ok(other) => (format!("{other:?}"), false),
        Err(Error { kind: ErrorKind::RenderError, message, transient: passing, .. }) => {
            assert!(passing, "{message}");
            (message, true)
        }
        Err(other) => panic!("{other:?}"),
    }
}

async fn renders(renderer: &mut Renderer, files: &Arc<Files>) {
    match renderer.ask(files, &ask("good"), soon(10)).await {
        Ok(ChildAnswer::Rendered { document, config, .. }) => {
            assert_eq!(document, json!({"family": "batch-x"}));
            assert_eq!(config.region.as_deref(), Some("us-east-1"));
        }
        Ok(ChildAnswer::Failed { message, .. }) => panic!("{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_child_serves_many_asks_and_is_told_only_what_changed() {
    let (mut renderer, mut files) = (renderer(), files());
    renderer.warm_up().await;
    let first = renderer.child_id().expect("warm");
    for _ in 0..200 {
        renders(&mut renderer, &files).await;
    }
    let status = std::fs::read_to_string(format!("/proc/{first}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().split_whitespace().next();
    assert!(resident.unwrap().parse::<u64>().unwrap() < 48_000, "{resident:?} kB");
    assert_eq!(renderer.child_id(), Some(first));
    Arc::make_mut(&mut files).remove("lib/x.libsonnet");
    match renderer.ask(&files, &ask("good"), soon(10)).await.unwrap() {
        ChildAnswer::Failed { message, reads, config, .. } => {
            assert!(message.contains("good/td.jsonnet:1:40: import of \"../lib/x.libsonnet\""), "{message}");
            assert!(reads.contains("lib/x.libsonnet"));
            assert_eq!(config.unwrap().region.as_deref(), Some("us-east-1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(renderer.child_id(), Some(first));
}

#[tokio::test]
async fn the_child_has_its_pipes_and_nothing_else_of_the_function() {
    let mut renderer = renderer();
    renderer.warm_up().await;
    renders(&mut renderer, &files()).await;
    let process = format!("/proc/{}", renderer.child_id().unwrap());
    // What this test opened or the runtime did; not what it was itself started with (marked without close-on-exec).
    let _mine = std::fs::File::open("/dev/null").unwrap();
    let descriptors = |process: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(format!("{process}/fd")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let inherited = |descriptor: &String| {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or("02000000");
        u64::from_str_radix(flags.trim(), 8).unwrap() & 0o2_000_000 == 0
    };
    let expected = descriptors("/proc/self").into_iter().filter(inherited).collect::<BTreeSet<String>>();
    assert_eq!(descriptors(&process), expected);
    let environment = std::fs::read(format!("{process}/environ")).unwrap();
    assert_eq!(environment, b"MALLOC_ARENA_MAX=1\0");
    assert_eq!(std::fs::read_to_string(format!("{process}/oom_score_adj")).unwrap().trim(), "1000");
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    let limit = |name: &str| limits.lines().find(|l| l.starts_with(name)).unwrap().split_whitespace().nth(3).unwrap();
    // What the binary itself maps comes on top: much where it is not optimised.
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_bootstrap")).unwrap().len();
    let beyond = limit("Max address space").parse::<u64>().unwrap() - (160 << 20);
    assert!(beyond > 1 << 20 && beyond < binary + (32 << 20), "{beyond}");
    assert_eq!(limits.lines().filter(|l| l.starts_with("Max core file size") && l.contains(" 0 ")).count(), 1);
}

#[tokio::test]
async fn a_child_that_is_killed_is_replaced() {
    let mut renderer = renderer();
    renderer.warm_up().await;
    let id = renderer.child_id().unwrap();
    let pid = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let (message, died) = fails(&mut renderer, &files(), 10).await;
    assert!(died && message.contains("ran out of stack or memory"), "{message}");
    renders(&mut renderer, &files()).await;
}

#[tokio::test]
async fn a_small_function_renders_too() {
    let mut renderer = Renderer::new_with_program(128, PathBuf::from(env!("CARGO_BIN_EXE_bootstrap")));
    let mut files = files();
    renders(&mut renderer, &files).await;
    put(&mut files, "bad/td.jsonnet", "local mk(n) = {x: mk(n).x}; mk(1).x");
    let (message, died) = fails(&mut renderer, &files, 10).await;
    assert!(died && message.contains("ran out of stack or memory"), "{message}");
    renders(&mut renderer, &files).await;
}

#[tokio::test]
async fn many_large_files_and_a_large_answer_do_not_block_each_other() {
    let (mut renderer, mut files) = (renderer(), files());
    for i in 0..8 {
        put(&mut files, &format!("large/{i}"), vec![b'x'; 4_000_000]);
    }
    put(&mut files, "bad/td.jsonnet", "{ a: std.repeat('\\u0001', 150000) }");
    for _ in 0..3 {
        let answer = renderer.ask(&files, &ask("bad"), soon(10)).await.unwrap();
        assert!(
            matches!(answer, ChildAnswer::Rendered { document, .. } if document["a"].as_str().unwrap().len() == 150_000)
        );
    }
    assert!(renderer.child_id().is_some());
}

#[tokio::test]
async fn an_ask_that_is_given_up_leaves_no_child_behind() {
    let (mut renderer, mut files) = (renderer(), files());
    put(&mut files, "bad/td.jsonnet", "local fib(n) = if n < 2 then n else fib(n - 1) + fib(n - 2); fib(60)");
    renderer.warm_up().await;
    let process = format!("/proc/{}/status", renderer.child_id().unwrap());
    tokio::time::timeout(Duration::from_millis(200), renderer.ask(&files, &ask("bad"), soon(10))).await.unwrap_err();
    assert_eq!(renderer.child_id(), None);
    renders(&mut renderer, &files).await;
    let left = std::fs::read_to_string(process).unwrap_or_default();
    assert!(left.is_empty() || left.contains("State:\tZ"), "{left}");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_told() {
    let mut renderer = Renderer::new_with_program(256, PathBuf::from("/nonexistent/bootstrap"));
    renderer.warm_up().await;
    let (message, _) = fails(&mut renderer, &files(), 10).await;
    assert!(message.contains("bad/ecspresso.yml: the rendering process could not be started"), "{message}");
}
