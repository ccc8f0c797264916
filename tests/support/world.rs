//! The fake and the function together, with what most tests need.

use super::{
    ACCOUNT, Aws, BUCKET, Function, Invocation, PREFIX, REGION,
    moment::{self, rfc3339, to_the_second},
};
use serde_json::{Value, json};
use std::path::Path;
use time::{Duration, OffsetDateTime};

pub struct World {
    pub aws: Aws,
    pub function: Function,
}

impl World {
    /// The folder `team` of the fixtures in the bucket, its image pushed, the function started.
    pub async fn start() -> World {
        World::with(&[]).await
    }

    /// The same with these variables in the function's environment.
    pub async fn with(variables: &[(&str, &str)]) -> World {
        let world = World::empty(variables).await;
        world.upload("team");
        world.aws.push_image("batch", "release", "v1");
        world
    }

    /// An existing bucket with nothing in it.
    pub async fn empty(variables: &[(&str, &str)]) -> World {
        let aws = Aws::start().await;
        aws.create_bucket(BUCKET);
        let function = Function::start(&aws.url(), variables).await;
        World { aws, function }
    }

    /// The fixture `team` with the releases v1, v2, … of its image, one revision of `batch` for each, an hour old.
    pub async fn released(releases: usize) -> World {
        World::released_with(releases, &[]).await
    }

    pub async fn released_with(releases: usize, variables: &[(&str, &str)]) -> World {
        let world = World::with(variables).await;
        for n in 1..=releases {
            let answer = world.push("batch", "release", &format!("v{n}")).await.unwrap();
            assert_eq!(decision(&answer), "registered", "{answer:#}");
        }
        world.age("batch", Duration::HOUR);
        world.aws.forget_calls();
        world
    }

    /// Uploads a folder of `tests/fixtures`.
    pub fn upload(&self, fixture: &str) {
        self.upload_folder(&format!("tests/fixtures/{fixture}"));
    }

    /// Uploads a folder of the repository.
    pub fn upload_folder(&self, path: &str) {
        self.upload_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path), "");
    }

    fn upload_from(&self, folder: &Path, prefix: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                self.upload_from(&path, &format!("{prefix}{name}/"));
            } else {
                self.aws.put(&format!("{prefix}{name}"), std::fs::read(&path).unwrap());
            }
        }
    }

    /// An app of one file, `name/ecs-task-def.json`.
    pub fn app(&self, name: &str, definition: &Value) {
        self.aws.put(&format!("{name}/ecspresso.yml"), "task_definition: ecs-task-def.json\n");
        self.aws.put(&format!("{name}/ecs-task-def.json"), definition.to_string());
    }

    /// An app of one Jsonnet file, `name/ecs-task-def.jsonnet`.
    pub fn jsonnet_app(&self, name: &str, source: &str) {
        self.aws.put(&format!("{name}/ecspresso.yml"), "task_definition: ecs-task-def.jsonnet\n");
        self.aws.put(&format!("{name}/ecs-task-def.jsonnet"), source);
    }

    pub async fn invoke(&self, payload: Value) -> Invocation {
        self.function.invoke(payload).await
    }

    /// Pushes an image with this content and tells the function, as ECR and EventBridge do.
    pub async fn push(&self, repository: &str, tag: &str, content: &str) -> Invocation {
        self.aws.push_image(repository, tag, content);
        self.invoke(self.push_event(repository, tag)).await
    }

    /// The event of a push now.
    pub fn push_event(&self, repository: &str, tag: &str) -> Value {
        push_event(repository, tag, self.aws.now())
    }

    /// Puts an object under the prefix and tells the function, as S3 and EventBridge do.
    pub async fn change(&self, key: &str, content: &str) -> Invocation {
        self.aws.put(key, content);
        self.invoke(change_event("Object Created", key, self.aws.now())).await
    }

    pub async fn register(&self, app: &str) -> Invocation {
        self.invoke(json!({"action": "register", "app": app})).await
    }

    pub async fn sweep(&self) -> Invocation {
        self.invoke(json!({"action": "sweep"})).await
    }

    /// A direct rollback; `fields` on top of the family.
    pub async fn rollback(&self, family: &str, fields: Value) -> Invocation {
        let mut payload = json!({"action": "rollback", "family": family});
        for (name, value) in fields.as_object().unwrap() {
            payload[name] = value.clone();
        }
        self.invoke(payload).await
    }

    /// A direct call's `time`, so far from now.
    pub fn at(&self, from_now: Duration) -> String {
        rfc3339(self.aws.now() + from_now)
    }

    /// Lets everything that a family has seen be so much longer ago, crema's own tags included. A function that has read
    /// INACTIVE revisions keeps their times: age before, or give calls a later `time`.
    pub fn age(&self, family: &str, by: Duration) {
        for revision in self.aws.revisions(family) {
            self.aws.edit_revision(family, revision.revision, |revision| {
                for time in [&mut revision.registered_at, &mut revision.deregistered_at].into_iter().flatten() {
                    *time -= by;
                }
                for (key, value) in &mut revision.tags {
                    if key.starts_with("crema:")
                        && let Some(time) = moment::parse(value)
                    {
                        *value = rfc3339(time - by);
                    }
                }
            });
        }
    }
}

fn event(source: &str, kind: &str, at: OffsetDateTime, detail: Value) -> Value {
    let id = format!("event-{}", at.unix_timestamp_nanos());
    let time = rfc3339(to_the_second(at));
    json!({"version": "0", "id": id, "detail-type": kind, "source": source, "account": ACCOUNT, "time": time,
        "region": REGION, "resources": [], "detail": detail})
}

/// As ECR tells of a push.
pub fn push_event(repository: &str, tag: &str, at: OffsetDateTime) -> Value {
    let detail = json!({"action-type": "PUSH", "result": "SUCCESS", "repository-name": repository, "image-tag": tag});
    event("aws.ecr", "ECR Image Action", at, detail)
}

/// As S3 tells of an `Object Created` or `Object Deleted`; the key is relative to the prefix.
pub fn change_event(kind: &str, key: &str, at: OffsetDateTime) -> Value {
    let detail = json!({"bucket": {"name": BUCKET}, "object": {"key": format!("{PREFIX}{key}")}});
    event("aws.s3", kind, at, detail)
}

/// As anybody's tool asks for a rollback through EventBridge.
pub fn rollback_event(detail: Value, at: OffsetDateTime) -> Value {
    event("deploy.console", "Task Definition Rollback", at, detail)
}

/// An image of the account's registry as definitions name it.
pub fn image(name: &str) -> String {
    format!("{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}")
}

/// The smallest definition that ECS takes.
pub fn definition(family: &str, image: &str) -> Value {
    json!({"family": family, "containerDefinitions": [{"name": "app", "image": image, "memory": 128}]})
}

/// The only outcome of an answer.
pub fn outcome(answer: &Value) -> &Value {
    let outcomes = answer["outcomes"].as_array().unwrap_or_else(|| panic!("no outcomes: {answer:#}"));
    assert_eq!(outcomes.len(), 1, "{answer:#}");
    &outcomes[0]
}

/// The decision of the only outcome.
pub fn decision(answer: &Value) -> &str {
    outcome(answer)["decision"].as_str().unwrap_or_else(|| panic!("no decision: {answer:#}"))
}

/// How an invocation that must fail did.
pub fn failure(invocation: Invocation) -> super::Failure {
    match invocation {
        Err(failure) => failure,
        Ok(answer) => panic!("no failure: {answer:#}"),
    }
}

/// Asserts the kind of an invocation's failure and what its message says.
pub fn assert_failure(invocation: Invocation, error_type: &str, says: &[&str]) {
    let failure = failure(invocation);
    assert_eq!(failure.error_type, error_type, "{}", failure.error_message);
    for text in says {
        assert!(failure.error_message.contains(text), "{text:?} is not in: {}", failure.error_message);
    }
}

/// The outcomes' decisions by family.
pub fn decisions(answer: &Value) -> std::collections::BTreeMap<String, String> {
    let outcomes = answer["outcomes"].as_array().unwrap_or_else(|| panic!("no outcomes: {answer:#}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    outcomes.iter().map(|outcome| (text(&outcome["family"]), text(&outcome["decision"]))).collect()
}

/// All that an outcome or an answer says, for looking for words in it.
pub fn words(value: &Value) -> String {
    value.to_string()
}
