//! Many apps under the prefix, each a copy of the fixture `team/batch` with a family and a repository of its own.

use crema_testing::{Aws, BUCKET};
use std::path::Path;

const FAMILY: &str = "family: 'batch'";
const IMAGE: &str = "/batch:release";

/// A fake with so many apps in the bucket and their images in the registry.
pub async fn world(apps: usize) -> Aws {
    let aws = Aws::start().await;
    aws.create_bucket(BUCKET);
    aws.forget_the_past();
    let team = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/team");
    let read = |name: &str| std::fs::read_to_string(team.join(name)).unwrap();
    for name in ["lib/task.libsonnet", "lib/environment.libsonnet"] {
        aws.put(name, read(name));
    }
    let definition = read("batch/ecs-task-def.jsonnet");
    assert!(definition.contains(FAMILY) && definition.contains(IMAGE));
    for app in 0..apps {
        let name = name(app);
        let own = definition.replace(FAMILY, &format!("family: '{name}'")).replace(IMAGE, &format!("/{name}:release"));
        aws.put(&format!("{name}/ecs-task-def.jsonnet"), own);
        for file in ["ecspresso.yml", "crema.json"] {
            aws.put(&format!("{name}/{file}"), read(&format!("batch/{file}")));
        }
        aws.push_image(&name, "release", "first");
    }
    aws
}

/// Of the app, its family and its repository.
pub fn name(app: usize) -> String {
    format!("app-{app:04}")
}
