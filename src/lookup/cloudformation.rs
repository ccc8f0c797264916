//! CloudFormation: outputs of stacks, one call for each stack; exports, one list for all.

use super::result::LookupResult;
use crate::aws::fault::Fault;
use aws_sdk_cloudformation::Client;
use crema_base::secrecy::foreign;
use crema_render::session::protocol::Lookup;
use std::collections::{BTreeMap, HashMap};
use tokio::sync::Semaphore;

/// The output keys that are asked for, by stack.
pub fn by_stack(wanted: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut stacks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (stack, key) in wanted {
        stacks.entry(stack).or_default().push(key);
    }
    stacks
}

/// Reads these outputs of one stack.
pub async fn outputs(
    client: &Client,
    calls: &Semaphore,
    region: &str,
    stack: &str,
    keys: Vec<String>,
) -> Vec<LookupResult> {
    let _permit = calls.acquire().await;
    let lookup = |key: String| Lookup::CfnOutput { stack: stack.to_owned(), key };
    let answer = match client.describe_stacks().stack_name(stack).send().await {
        Ok(answer) => answer,
        Err(e) => {
            let fault = Fault::of(&e);
            let why = match &fault {
                // A stack that does not exist is a ValidationError: "Stack with id x does not exist".
                Fault::Refused { code, text } if code.starts_with("Validation") && text.contains("does not exist") => {
                    format!("there is no CloudFormation stack {stack:?} in {region}")
                }
                fault => fault.sentence(
                    "cloudformation:DescribeStacks",
                    &format!("the stack {stack:?} in {region}"),
                    &format!("arn:aws:cloudformation:{region}:*:stack/{}/*", foreign(stack)),
                ),
            };
            return keys.into_iter().map(|key| LookupResult::fault(lookup(key), &fault, why.clone())).collect();
        }
    };
    let outputs: BTreeMap<&str, &str> = answer
        .stacks()
        .iter()
        .flat_map(aws_sdk_cloudformation::types::Stack::outputs)
        .filter_map(|output| Some((output.output_key()?, output.output_value()?)))
        .collect();
    keys.into_iter()
        .map(|key| match outputs.get(key.as_str()) {
            Some(value) => LookupResult::found(lookup(key), *value),
            None => {
                let all = outputs.keys().copied().collect::<Vec<_>>().join(", ");
                let why =
                    format!("the CloudFormation stack {stack:?} in {region} has no output {key:?}; it has: {all}");
                LookupResult::failed(lookup(key), why)
            }
        })
        .collect()
}

/// Reads these exports of the region. `ListExports` has no filter, so all pages are read once.
pub async fn exports(client: &Client, calls: &Semaphore, region: &str, names: Vec<String>) -> Vec<LookupResult> {
    let _permit = calls.acquire().await;
    let mut all: HashMap<String, String> = HashMap::new();
    let mut token = None;
    loop {
        let page = match client.list_exports().set_next_token(token).send().await {
            Ok(page) => page,
            Err(e) => {
                let fault = Fault::of(&e);
                let why = fault.sentence("cloudformation:ListExports", &format!("the exports of {region}"), "*");
                let failed = |name| LookupResult::fault(Lookup::CfnExport { name }, &fault, why.clone());
                return names.into_iter().map(failed).collect();
            }
        };
        for export in page.exports() {
            if let (Some(name), Some(value)) = (export.name(), export.value()) {
                all.insert(name.to_owned(), value.to_owned());
            }
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    names
        .into_iter()
        .map(|name| match all.get(&name) {
            Some(value) => LookupResult::found(Lookup::CfnExport { name }, value.as_str()),
            None => {
                let why = format!("there is no CloudFormation export {name:?} in {region}");
                LookupResult::failed(Lookup::CfnExport { name }, why)
            }
        })
        .collect()
}
