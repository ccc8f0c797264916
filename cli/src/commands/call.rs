//! The deployed function asked: `status`, `register`, `sweep`, `expire`, `doctor`.

use super::answer::{self, failed};
use crate::{
    args::global::Global,
    aws::{self, deployed::Deployed},
    output::{Out, width},
    stop::{Code, Stop},
};
use serde_json::{Map, Value};

/// What is asked: an action, and its fields.
pub struct Call {
    fields: Map<String, Value>,
    /// What is under way meanwhile.
    about: &'static str,
}

impl Call {
    pub fn new(action: &str, about: &'static str) -> Call {
        let fields = Map::from_iter([("action".to_owned(), Value::from(action))]);
        Call { fields, about }
    }

    /// With this field, if there is a value for it.
    pub fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Call {
        self.fields.extend(value.map(|value| (name.to_owned(), value.into())));
        self
    }
}

/// Asks the deployed function, and prints what it answers.
pub async fn run(call: Call, global: &Global, out: &Out) -> Result<Code, Stop> {
    let account = aws::account(&global.deployed).await?;
    let progress = out.progress(call.about);
    let answered = Deployed::of(&global.deployed).invoke(&account, &Value::from(call.fields)).await;
    drop(progress);
    let answer = answered?;
    out.report(&answer::report(&answer, width()))?;
    Ok(if failed(&answer) { Code::Wrong } else { Code::Done })
}
