//! CloudFormation, in the Query protocol: `DescribeStacks`, `ListExports`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListExports.html>

use super::{
    Aws,
    request::{Answer, Call, Reply, escape, refusal, unknown},
};
use crate::{ACCOUNT, REGION};
use std::{collections::BTreeMap, fmt::Write};

#[derive(Default)]
pub struct CloudFormation {
    /// Outputs, by stack.
    stacks: BTreeMap<String, BTreeMap<String, String>>,
    exports: BTreeMap<String, String>,
    /// Exports a page, below the 100 of AWS.
    page: Option<usize>,
}

impl Aws {
    /// Gives a stack an output; creates the stack.
    pub fn put_output(&self, stack: &str, key: &str, value: &str) {
        let mut state = self.lock();
        state.cloudformation.stacks.entry(stack.into()).or_default().insert(key.into(), value.into());
    }

    pub fn put_export(&self, name: &str, value: &str) {
        self.lock().cloudformation.exports.insert(name.into(), value.into());
    }

    /// At most so many exports a page.
    pub fn page_exports(&self, exports: usize) {
        self.lock().cloudformation.page = Some(exports);
    }
}

impl CloudFormation {
    pub fn answer(&self, call: &Call) -> Reply {
        match call.operation.as_str() {
            "DescribeStacks" => self.describe(call.text("StackName")),
            "ListExports" => self.exports(call.text("NextToken")),
            _ => Err(unknown(call)),
        }
    }

    fn describe(&self, stack: &str) -> Reply {
        let outputs = self
            .stacks
            .get(stack)
            .ok_or_else(|| refusal(400, "ValidationError", format!("Stack with id {stack} does not exist")))?;
        let outputs = outputs.iter().fold(String::new(), |mut xml, (key, value)| {
            let (key, value) = (escape(key), escape(value));
            let _ = write!(xml, "<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>");
            xml
        });
        let id = stack_id(stack);
        Ok(wrapped(
            "DescribeStacks",
            &format!(
                "<Stacks><member><StackName>{stack}</StackName><StackId>{id}</StackId>\
                 <CreationTime>2026-11-01T00:00:00.000Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>\
                 <Outputs>{outputs}</Outputs></member></Stacks>"
            ),
        ))
    }

    fn exports(&self, token: &str) -> Reply {
        let start: usize = match token {
            "" => 0,
            token => token
                .strip_prefix("page-")
                .and_then(|start| start.parse().ok())
                .ok_or_else(|| refusal(400, "ValidationError", "Invalid token"))?,
        };
        let end = start + self.page.unwrap_or(100);
        let id = stack_id("shared");
        let mut xml = String::new();
        for (name, value) in self.exports.iter().skip(start).take(end - start) {
            let (name, value) = (escape(name), escape(value));
            let _ = write!(
                xml,
                "<member><ExportingStackId>{id}</ExportingStackId><Name>{name}</Name><Value>{value}</Value></member>"
            );
        }
        let more = end < self.exports.len();
        let next = if more { format!("<NextToken>page-{end}</NextToken>") } else { String::new() };
        Ok(wrapped("ListExports", &format!("<Exports>{xml}</Exports>{next}")))
    }
}

fn stack_id(stack: &str) -> String {
    format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}/8d5c7a1e-0f1b-11ef-9a54-4b8c2f6f9d21")
}

fn wrapped(operation: &str, result: &str) -> Answer {
    Answer::xml(&format!(
        "<{operation}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{operation}Result>{result}\
         </{operation}Result><ResponseMetadata><RequestId>fake</RequestId></ResponseMetadata></{operation}Response>"
    ))
}
