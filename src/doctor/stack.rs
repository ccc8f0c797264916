//! What belongs to the installation: the resources of its CloudFormation stack, whose name the function's own has.

use super::diagnosis::{Diagnosis, GIVEN_BY};
use crate::aws::{
    Clients,
    calls::{Service, query_call},
    fault::Fault,
    raw::{element, members},
};
use std::collections::BTreeMap;

const CLOUDFORMATION: Service = Service { signed: "cloudformation", variable: "CLOUDFORMATION" };

/// Pages of a hundred; a stack has 500 resources at most.
const PAGES: usize = 10;

/// The resources by their logical ids: type, and physical id.
#[derive(Debug, Default)]
pub struct StackResources(BTreeMap<String, (String, String)>);

impl StackResources {
    /// The resources of the stack whose operator is called so.
    ///
    /// # Errors
    /// What to say where they cannot be read.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html>
    pub async fn read(clients: &Clients, region: &str, operator: &str) -> Result<StackResources, Diagnosis> {
        let Some(name) = operator.strip_suffix("-operator") else {
            return Err(no_stack(&format!("the function is called {operator}, and not …-operator")));
        };
        let (mut resources, mut token) = (BTreeMap::new(), None);
        for _ in 0..PAGES {
            let mut parameters = vec![("Action", "ListStackResources"), ("Version", "2010-05-15"), ("StackName", name)]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<Vec<_>>();
            parameters.extend(token.map(|token| ("NextToken".to_owned(), token)));
            let xml =
                query_call(clients, CLOUDFORMATION, region, &parameters).await.map_err(|fault| failed(&fault, name))?;
            for member in members(&xml, "StackResourceSummaries") {
                let text = |name| element(&member, name).unwrap_or_default();
                resources.insert(text("LogicalResourceId"), (text("ResourceType"), text("PhysicalResourceId")));
            }
            token = element(&xml, "NextToken");
            if token.is_none() {
                break;
            }
        }
        Ok(StackResources(resources))
    }

    /// The name of a resource: what its physical id ends in.
    pub fn name_of(&self, logical: &str) -> Option<&str> {
        self.0.get(logical).map(|(_, physical)| last(physical))
    }

    /// The physical id of a resource.
    pub fn id_of(&self, logical: &str) -> Option<&str> {
        self.0.get(logical).map(|(_, physical)| physical.as_str())
    }

    /// Logical id and name of all resources of a type.
    pub fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let of_kind = self.0.iter().filter(move |(_, (other, _))| other == kind);
        of_kind.map(|(logical, (_, physical))| (logical.as_str(), last(physical)))
    }
}

/// A rule's id may be its ARN, or its bus before its name.
fn last(physical: &str) -> &str {
    let name = physical.rsplit(['/', '|']).next().unwrap_or(physical);
    if physical.starts_with("arn:") { name.rsplit(':').next().unwrap_or(name) } else { name }
}

fn failed(fault: &Fault, name: &str) -> Diagnosis {
    match fault {
        Fault::Refused { text, .. } if text.contains("does not exist") => {
            no_stack(&format!("there is no stack {name}"))
        }
        fault => {
            let told =
                fault.sentence_by("cloudformation:ListStackResources", &format!("the stack {name}"), "*", GIVEN_BY);
            Diagnosis::unknown(told, "set the stack's parameter DoctorReads=true, or ask again")
        }
    }
}

fn no_stack(why: &str) -> Diagnosis {
    Diagnosis::unknown(
        format!(
            "not looked at: which rules, queues and alarms are crema's is known from its CloudFormation stack, and {why}"
        ),
        "look at it by hand, by the table of resources in docs/DEPLOY.md",
    )
}
