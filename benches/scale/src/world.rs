//! A shop with many jobs: a folder, a family and a repository for each, all of them registered already.

use crate::{
    fake::{Fake, Manners},
    lambda::{Lambda, event},
    options::Options,
};
use crema_testing::{
    BUCKET, PREFIX,
    aws::ecr::digest,
    moment::rfc3339,
    world::{change_event, push_event},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{path::Path, sync::Arc};
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc::unbounded_channel;

const FAMILY: &str = "family: 'batch'";
const IMAGE: &str = "/batch:release";
const LIBRARY: &str = "lib/task.libsonnet";
/// What stands in the library once for each container.
const ESSENTIAL: &str = "essential: true,";
/// The tag that says which definition a revision was made of.
const FINGERPRINT: &str = "crema:fingerprint";

pub struct World {
    pub fake: Fake,
    pub lambda: Arc<Lambda>,
}

/// Of an app, its family and its repository.
pub fn name(app: usize) -> String {
    format!("app-{app:05}")
}

impl World {
    /// So many apps of the fixture `team/batch`, registered an hour ago.
    pub async fn start(options: &Options, apps: usize, manners: Manners) -> World {
        let body = body(options).await;
        let world = World::empty(options, manners).await;
        let at = OffsetDateTime::now_utc() - Duration::HOUR;
        world.upload(apps, at);
        let mut state = world.fake.lock();
        for app in 0..apps {
            state.ecs.register(&of_app(&body, app, at), at).unwrap();
        }
        drop(state);
        world
    }

    /// Neither files nor families.
    pub async fn empty(options: &Options, manners: Manners) -> World {
        let (sender, bus) = unbounded_channel();
        let fake = Fake::start(manners, sender).await;
        let lambda = Lambda::new(options, &fake, bus, manners.limits);
        World { fake, lambda }
    }

    fn upload(&self, apps: usize, at: OffsetDateTime) {
        let mut state = self.fake.lock();
        for file in [LIBRARY, "lib/environment.libsonnet"] {
            state.s3.put_at(&format!("{PREFIX}{file}"), fixture(file).as_bytes(), at);
        }
        let definition = fixture("batch/ecs-task-def.jsonnet");
        assert!(definition.contains(FAMILY) && definition.contains(IMAGE), "the fixture has changed");
        for app in 0..apps {
            let name = name(app);
            let own =
                definition.replace(FAMILY, &format!("family: '{name}'")).replace(IMAGE, &format!("/{name}:release"));
            state.s3.put_at(&format!("{PREFIX}{name}/ecs-task-def.jsonnet"), own.as_bytes(), at);
            for file in ["ecspresso.yml", "crema.json"] {
                let content = fixture(&format!("batch/{file}"));
                state.s3.put_at(&format!("{PREFIX}{name}/{file}"), content.as_bytes(), at);
            }
            state.ecr.push(&name, digest("first"));
        }
    }

    /// One app with so many variants, a family each, of which none is registered.
    pub async fn of_variants(options: &Options, variants: usize) -> World {
        let world = World::empty(options, Manners::NONE).await;
        world.upload(1, OffsetDateTime::now_utc() - Duration::HOUR);
        let mut state = world.fake.lock();
        let key = format!("{PREFIX}{}/ecs-task-def.jsonnet", name(0));
        let own = state.s3.text(&key).replace(&format!("family: '{}'", name(0)), "family: 'job-' + std.extVar('n')");
        state.s3.put(&key, own.as_bytes());
        let all: Vec<Value> =
            (0..variants).map(|n| json!({"ext_str": {"type": "batch", "n": n.to_string()}})).collect();
        let own = json!({"variants": all}).to_string();
        state.s3.put(&format!("{PREFIX}{}/crema.json", name(0)), own.as_bytes());
        drop(state);
        world
    }

    /// Registers another definition above what is there, so that there is something to take back.
    pub fn register_again(&self, app: usize) {
        let mut state = self.fake.lock();
        let before = state.ecs.latest(&name(app)).unwrap_or_default().to_owned();
        let mut body: Value = serde_json::from_str(&before).unwrap();
        body["containerDefinitions"][0]["stopTimeout"] = json!(33);
        body["tags"] = json!([{"key": "crema:source", "value": format!("s3://{BUCKET}/{PREFIX} {}", name(app))}]);
        state.ecs.register(&body, OffsetDateTime::now_utc() - Duration::MINUTE).unwrap();
    }

    /// The scheduled sweep.
    pub fn sweep(&self) {
        self.lambda.route(&event("aws.events", "Scheduled Event", json!({})));
    }

    /// A file's new content, and S3's event about it.
    pub fn put(&self, key: &str, content: &str) {
        self.fake.lock().s3.put(&format!("{PREFIX}{key}"), content.as_bytes());
        self.lambda.route(&unique(change_event("Object Created", key, OffsetDateTime::now_utc())));
    }

    pub fn text(&self, key: &str) -> String {
        self.fake.lock().s3.text(&format!("{PREFIX}{key}"))
    }

    /// A change in the library that each definition imports, and thereby in each definition.
    pub fn change_library(&self) {
        let library = self.text(LIBRARY);
        assert!(library.contains(ESSENTIAL), "the fixture has changed");
        self.put(LIBRARY, &library.replace(ESSENTIAL, "essential: true,\n    stopTimeout: 45,"));
    }

    /// A new image of an app; its digest, and ECR's event about it.
    pub fn image(&self, app: usize) -> (String, Value) {
        let name = name(app);
        let digest = digest(&format!("{name} {}", fastrand::u128(..)));
        self.fake.lock().ecr.push(&name, digest.clone());
        (digest, unique(push_event(&name, "release", OffsetDateTime::now_utc())))
    }
}

/// An event with an id that no other has.
fn unique(mut event: Value) -> Value {
    event["id"] = json!(format!("event-{}", fastrand::u128(..)));
    event
}

fn fixture(name: &str) -> String {
    let team = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/team");
    std::fs::read_to_string(team.join(name)).unwrap()
}

/// What the function registers for the first app.
async fn body(options: &Options) -> Value {
    let world = World::empty(options, Manners::NONE).await;
    world.upload(1, OffsetDateTime::now_utc() - Duration::HOUR);
    world.lambda.long().call(&json!({"action": "sweep"})).await.expect("the first app cannot be registered");
    let body = world.fake.lock().ecs.body.clone();
    assert!(body.is_object(), "nothing was registered");
    body
}

/// The same for another app, with the fingerprint that it has there.
fn of_app(body: &Value, app: usize, at: OffsetDateTime) -> Value {
    let mut body: Value = serde_json::from_str(&body.to_string().replace(&name(0), &name(app))).unwrap();
    let tags = body["tags"].as_array_mut().unwrap();
    let (mut own, users): (Vec<Value>, Vec<Value>) = std::mem::take(tags)
        .into_iter()
        .partition(|tag| tag["key"].as_str().is_some_and(|key| key.starts_with("crema:")));
    *tags = users;
    body.sort_all_objects();
    let hex: String = Sha256::digest(body.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    for tag in &mut own {
        match tag["key"].as_str() {
            Some(FINGERPRINT) => tag["value"] = json!(format!("1:{hex}")),
            Some("crema:registered-at" | "crema:requested-at") => tag["value"] = json!(rfc3339(at)),
            _ => {}
        }
    }
    body["tags"].as_array_mut().unwrap().append(&mut own);
    body
}
