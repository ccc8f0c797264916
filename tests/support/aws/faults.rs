//! Faults on the wire, and moments at which a test changes something.

use super::{
    Aws, State,
    request::{Call, Refusal, Service, refusal},
};
use crate::ACCOUNT;
use std::time::Duration;

/// What goes wrong with a call. `…After`: after it was acted on.
#[derive(Debug, Clone)]
pub enum Fault {
    /// `ThrottlingException` and its like; S3: 503 `SlowDown`.
    Throttled,
    /// 500.
    Error,
    ErrorAfter,
    /// 503.
    Unavailable,
    /// Access denied, in the service's own words.
    Denied,
    Refused {
        status: u16,
        code: &'static str,
        message: &'static str,
    },
    /// The connection is reset.
    Reset,
    ResetAfter,
    /// The call is acted on, half of the reply is sent, the connection ends.
    Cut,
    /// A whole reply, but for so many bytes at its end.
    Shorter(usize),
    /// A whole reply, and so many bytes more.
    Longer(usize),
    /// No answer ever.
    Hang,
    HangAfter,
    /// Nothing goes wrong, but it takes longer.
    Slow(Duration),
}

/// Which calls of an operation, counted from where the fault was set.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// This one, from 1. (For "the last": count the calls of a run without faults.)
    Nth(usize),
    /// So many from the first on.
    First(usize),
    Every,
}

type Change = Box<dyn FnMut(&mut State) + Send>;

enum Effect {
    Fault(Fault),
    Change(Change),
}

struct Rule {
    operation: String,
    when: When,
    /// Only calls whose input contains this text.
    about: String,
    seen: usize,
    effect: Effect,
}

#[derive(Default)]
pub struct Faults {
    rules: Vec<Rule>,
}

impl Aws {
    /// Lets calls of `operation` (`GetObject`) fail.
    pub fn break_calls(&self, operation: &str, when: When, fault: Fault) {
        self.break_calls_about(operation, "", when, fault);
    }

    /// Lets those of them fail whose input contains `about` (a key, a family, a name).
    pub fn break_calls_about(&self, operation: &str, about: &str, when: When, fault: Fault) {
        self.rule(operation, about, when, Effect::Fault(fault));
    }

    /// Changes the state just before such a call is acted on (an upload between list and get, a second copy).
    pub fn before(&self, operation: &str, when: When, change: impl FnMut(&mut State) + Send + 'static) {
        self.rule(operation, "", when, Effect::Change(Box::new(change)));
    }

    /// No more faults.
    pub fn mend(&self) {
        self.lock().faults.rules.clear();
    }

    fn rule(&self, operation: &str, about: &str, when: When, effect: Effect) {
        self.lock().faults.rule(operation, about, when, effect);
    }
}

impl Faults {
    /// From within a change: lets later calls of `operation` fail.
    pub fn add(&mut self, operation: &str, when: When, fault: Fault) {
        self.rule(operation, "", when, Effect::Fault(fault));
    }

    fn rule(&mut self, operation: &str, about: &str, when: When, effect: Effect) {
        let (operation, about) = (operation.to_owned(), about.to_owned());
        self.rules.push(Rule { operation, when, about, seen: 0, effect });
    }
}

/// Counts this call for every rule it meets; gives the first fault that is due.
pub fn strike(state: &mut State, call: &Call) -> Option<Fault> {
    let input = call.input.to_string();
    let mut rules = std::mem::take(&mut state.faults.rules);
    let mut fault = None;
    for rule in &mut rules {
        if rule.operation != call.operation || !input.contains(&rule.about) {
            continue;
        }
        rule.seen += 1;
        let due = match rule.when {
            When::Nth(n) => rule.seen == n,
            When::First(n) => rule.seen <= n,
            When::Every => true,
        };
        match &mut rule.effect {
            Effect::Change(change) if due => change(state),
            Effect::Fault(due_fault) if due && fault.is_none() => fault = Some(due_fault.clone()),
            _ => {}
        }
    }
    // Changes may have added some.
    rules.append(&mut state.faults.rules);
    state.faults.rules = rules;
    fault
}

/// The error answer of a fault that is one, as the service would word it.
pub fn refusal_of(fault: &Fault, call: &Call) -> Refusal {
    let service = call.service;
    match fault {
        Fault::Throttled => match service {
            Service::S3 => refusal(503, "SlowDown", "Please reduce your request rate."),
            Service::CloudFormation | Service::Iam => refusal(400, "Throttling", "Rate exceeded"),
            Service::Scheduler | Service::Efs => refusal(429, "ThrottlingException", "Rate exceeded"),
            Service::Lambda => refusal(429, "TooManyRequestsException", "Rate Exceeded."),
            _ => refusal(400, "ThrottlingException", "Rate exceeded"),
        },
        Fault::Unavailable => match service {
            Service::S3 => refusal(503, "ServiceUnavailable", "Service is unable to handle request."),
            _ => refusal(503, "ServiceUnavailableException", "Service is unavailable."),
        },
        Fault::Denied => denied(call),
        Fault::Refused { status, code, message } => refusal(*status, code, *message),
        _ => match service {
            Service::S3 => refusal(500, "InternalError", "We encountered an internal error. Please try again."),
            Service::Ssm => refusal(500, "InternalServerError", "An error occurred on the server side."),
            Service::SecretsManager => refusal(500, "InternalServiceError", "An error occurred on the server side."),
            Service::CloudFormation | Service::Iam => {
                refusal(500, "InternalFailure", "The request processing has failed.")
            }
            Service::EventBridge => {
                refusal(500, "InternalException", "This exception occurs due to unexpected causes.")
            }
            Service::Logs => refusal(500, "ServiceUnavailableException", "The service cannot complete the request."),
            Service::Efs => refusal(500, "InternalServerError", "An error occurred on the server side."),
            Service::Lambda => refusal(500, "ServiceException", "The service encountered an internal error."),
            Service::Scheduler => refusal(500, "InternalServerException", "Unexpected error."),
            Service::Ecs | Service::Ecr => {
                refusal(500, "ServerException", "Service Unavailable. Please try again later.")
            }
        },
    }
}

/// The resource is left open: the fake does not know it of every call.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
fn denied(call: &Call) -> Refusal {
    let (prefix, code, status) = match call.service {
        Service::S3 => ("s3", "AccessDenied", 403),
        Service::CloudFormation => ("cloudformation", "AccessDenied", 403),
        Service::Ecs => ("ecs", "AccessDeniedException", 400),
        Service::Ecr => ("ecr", "AccessDeniedException", 400),
        Service::Ssm => ("ssm", "AccessDeniedException", 400),
        Service::SecretsManager => ("secretsmanager", "AccessDeniedException", 400),
        Service::EventBridge => ("events", "AccessDeniedException", 400),
        Service::Iam => ("iam", "AccessDenied", 403),
        Service::Logs => ("logs", "AccessDeniedException", 400),
        Service::Efs => ("elasticfilesystem", "AccessDeniedException", 403),
        Service::Lambda => ("lambda", "AccessDeniedException", 403),
        Service::Scheduler => ("scheduler", "AccessDeniedException", 403),
    };
    let action = if call.operation == "ListObjectsV2" { "ListBucket" } else { &call.operation };
    let message = format!(
        "User: arn:aws:sts::{ACCOUNT}:assumed-role/crema/crema is not authorized to perform: {prefix}:{action} on resource: * \
         because no identity-based policy allows the {prefix}:{action} action"
    );
    refusal(status, code, message)
}
