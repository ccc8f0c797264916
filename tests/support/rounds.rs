//! Rendering in this process, with lookups answered in rounds as the parent of the rendering child answers them.

use crate::rendering::text;
use crema_render::{
    child::app,
    session::{
        FileSet,
        protocol::{ChildAnswer, FailureKind, Fetched, Lookup, RenderAsk, Surroundings},
    },
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const MOST_ROUNDS: usize = 100;

/// What came of one rendering.
pub struct Rendering {
    pub answer: ChildAnswer,
    pub rounds: usize,
    pub asked: BTreeSet<String>,
}

/// Renders until no lookup is missing. `values` are named as [`name_of`] does; any other lookup fails.
pub fn render(
    files: &Arc<FileSet>,
    config: &str,
    envfiles: &[String],
    surroundings: &Surroundings,
    values: &BTreeMap<String, Value>,
) -> Result<Rendering, String> {
    let mut fetched: Vec<(Lookup, Fetched)> = vec![];
    for rounds in 0..=MOST_ROUNDS {
        let ask = RenderAsk {
            own_file: None,
            config: config.to_owned(),
            surroundings: surroundings.clone(),
            envfiles: envfiles.to_vec(),
            values: fetched.clone(),
            placeholder: "placeholder-5f1c0c2e9d".to_owned(),
        };
        let answer = app::render(files, ask);
        let ChildAnswer::Missing { lookups, .. } = &answer else {
            let asked = fetched.iter().map(|(lookup, _)| name_of(lookup)).collect();
            return Ok(Rendering { answer, rounds, asked });
        };
        if lookups.is_empty() || lookups.iter().any(|lookup| fetched.iter().any(|(known, _)| known == lookup)) {
            return Err(format!("round {}: a missing value is none, or one that was given", rounds + 1));
        }
        for lookup in lookups {
            let name = name_of(lookup);
            let found = match (values.get(&name), lookup) {
                (None, _) => Fetched::Failed(format!("{name} is not found in ap-northeast-1")),
                (Some(state), Lookup::State { .. }) => Fetched::Found(Value::from(text(state))),
                (Some(value), _) => Fetched::Found(value.clone()),
            };
            fetched.push((lookup.clone(), found));
        }
    }
    Err(format!("more than {MOST_ROUNDS} rounds"))
}

pub fn name_of(lookup: &Lookup) -> String {
    match lookup {
        Lookup::Ssm { name } => format!("ssm {name}"),
        Lookup::Secret { name } => format!("secret {name}"),
        Lookup::CfnOutput { stack, key } => format!("cfn_output {stack}/{key}"),
        Lookup::CfnExport { name } => format!("cfn_export {name}"),
        Lookup::State { url, .. } => format!("state {url}"),
    }
}

/// The `errorType` of a failure to render.
pub fn kind_of(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Config => "ConfigError",
        FailureKind::Render => "RenderError",
        FailureKind::Lookup => "LookupError",
    }
}
