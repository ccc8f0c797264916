//! Whether a stopped task is looked at at all, which is known before any call.

use crate::{
    config::reach::FamilyArns,
    reference::{ArnPlace, FamilyKey},
    trigger::StoppedTask,
};

/// The revision that the task ran, with the place that its ARN names.
///
/// # Errors
/// Why the task is not looked at.
pub fn named_revision<'a>(
    task: &'a StoppedTask,
    is_on: bool,
    reach: &FamilyArns,
) -> Result<(FamilyKey, u32, &'a ArnPlace), &'static str> {
    if !is_on {
        return Err("the circuit breaker is off (CIRCUIT_BREAKER, by the stack's parameter `CircuitBreaker`)");
    }
    // A sample of ECS has `desiredStatus` STOPPED while it still runs.
    if task.last_status != "STOPPED" {
        return Err("its `lastStatus` is not STOPPED");
    }
    if task.group.starts_with("service:") {
        return Err("it is a service's task, which ECS's own circuit breaker is for");
    }
    let named = task.definition.as_ref().and_then(|named| Some((named, named.place.as_ref()?, named.revision?)));
    let Some((named, place, revision)) = named else {
        return Err("its `taskDefinitionArn` names no revision of a task definition");
    };
    if !reach.have(&task.definition_arn) {
        return Err("its family lies outside of FAMILY_ARNS");
    }
    Ok((FamilyKey::new(&place.region, &named.family), revision, place))
}
