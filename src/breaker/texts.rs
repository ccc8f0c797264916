//! What ECS writes where a task did not start, and whose fault that is: one table.
//!
//! The texts are ECS's own and the agents', and no interface: what the table does not know counts neither for nor against
//! a revision, and is logged, so that the table can grow. What passes by itself stands first, because most of it is
//! wrapped in the words of what does not.

/// Where the cause of a text lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// The definition names what is not there, or may not be used, or cannot be made.
    InDefinition,
    /// Network, registry, capacity, host: the next task of the same revision may start.
    Elsewhere,
    /// The text says that something went wrong, and not what.
    Nowhere,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// All of these stand in it; in lower case.
    pub says: &'static [&'static str],
    pub lies: Lies,
    /// What is wrong.
    pub what: &'static str,
    /// Who says that ECS writes so.
    pub source: &'static str,
}

const ERROR_CODES: &str = "ECS developer guide, stopped-task-error-codes";
const PULL: &str = "ECS developer guide, task_cannot_pull_image";
const RESOURCES: &str = "ECS developer guide, resource-initialization-error";
const STOPPED: &str = "ECS developer guide, stopped-task-errors";

/// Each row: what the text says, where the cause lies, what it is, and the source.
macro_rules! table {
    ($([$($says:literal),+] $lies:ident $what:literal, $source:expr;)*) => {
        /// The table: the first row that fits counts.
        pub const TEXTS: &[Text] = &[$(Text { says: &[$($says),+], lies: Lies::$lies, what: $what, source: $source }),*];
    };
}

table! {
    ["timeout"] Elsewhere "something was waited for too long: a network interface, storage, a registry, the container runtime", ERROR_CODES;
    ["timed out"] Elsewhere "something was waited for too long", ERROR_CODES;
    ["context deadl"] Elsewhere "a service was not reached in time", "umotif-public/terraform-aws-ecs-fargate issue 50";
    ["context canceled"] Elsewhere "a service was not reached in time", "umotif-public/terraform-aws-ecs-fargate issue 50";
    ["request canceled"] Elsewhere "the registry was not reached", "aws-samples/aws-modern-application-workshop issue 71";
    ["send request failed"] Elsewhere "a service was not reached", "aws/amazon-ecs-cli issue 752";
    ["could not reach"] Elsewhere "the registry was not reached", "aws/amazon-ecs-agent issue 719";
    ["no such host"] Elsewhere "a name was not resolved", "Go, package net";
    ["failed to resolve \"fs-"] Elsewhere "the name of a file system was not resolved", RESOURCES;
    ["connection refused"] Elsewhere "the network refused", "Go, package net";
    ["connection reset"] Elsewhere "the network broke off", "Go, package net";
    ["toomanyrequests"] Elsewhere "the registry's rate limit", PULL;
    ["too many requests"] Elsewhere "a service's rate limit", "ECR user guide, common errors";
    ["rate exceeded"] Elsewhere "a service's rate limit", "ECR user guide, common errors";
    ["throttl"] Elsewhere "a service's rate limit", "ECR user guide, common errors";
    ["internal server error"] Elsewhere "a service broke", PULL;
    ["service unavailable"] Elsewhere "a service broke", PULL;
    ["bad gateway"] Elsewhere "a service broke", PULL;
    ["api error (500)"] Elsewhere "the registry broke", "aws-samples/aws-modern-application-workshop issue 71";
    ["no space left on device"] Elsewhere "the disk of the host is full", PULL;
    ["capacity is unavailable"] Elsewhere "there is no capacity", "aws/containers-roadmap issue 1273";
    ["host ec2"] Elsewhere "the host was stopped or terminated", STOPPED;
    ["spot task was interrupted"] Elsewhere "Spot capacity was taken back", STOPPED;
    ["cannotstopcontainererror"] Elsewhere "the host could not stop a container", ERROR_CODES;
    ["cannotinspectcontainererror"] Elsewhere "the host could not look at a container", ERROR_CODES;
    ["internalerror"] Elsewhere "ECS broke", ERROR_CODES;
    ["cannotpull", "not found"] InDefinition "there is no such image", "aws/containers-roadmap issue 2687";
    ["cannotpull", "manifest unknown"] InDefinition "there is no such image", PULL;
    ["cannotpull", "does not exist"] InDefinition "there is no such repository, or it is denied", PULL;
    ["cannotpull", "access denied"] InDefinition "the image is denied", PULL;
    ["cannotpull", "accessdenied"] InDefinition "the image is denied", PULL;
    ["cannotpull", "not authorized"] InDefinition "the execution role may not pull the image", PULL;
    ["cannotpull", "forbidden"] InDefinition "the image is denied", "aws/aws-cdk issue 14457";
    ["cannotpull", "unauthorized"] InDefinition "the image is denied", PULL;
    ["cannotpull", "no basic auth credentials"] InDefinition "the image is denied", PULL;
    ["cannotpull", "no matching manifest"] InDefinition "there is no such image for this platform", PULL;
    ["cannotpull", "descriptor matching platform"] InDefinition "there is no such image for this platform", PULL;
    ["cannotpull", "invalid reference format"] InDefinition "the image's name is none", PULL;
    ["cannotpullimagemanifesterror"] InDefinition "there is no such image", "a task event in a public repository, under `Task failed to start`";
    ["resourceinitializationerror", "resourcenotfoundexception"] InDefinition "there is no such secret or log group", RESOURCES;
    ["resourceinitializationerror", "accessdenied"] InDefinition "a secret, a parameter or a log group is denied", RESOURCES;
    ["resourceinitializationerror", "access denied"] InDefinition "a volume is denied", RESOURCES;
    ["resourceinitializationerror", "not authorized"] InDefinition "a secret, a parameter or a log group is denied", RESOURCES;
    ["resourceinitializationerror", "invalid ssm parameters"] InDefinition "there is no such parameter", RESOURCES;
    ["resourceinitializationerror", "did not contain json key"] InDefinition "the secret has no such key", RESOURCES;
    ["resourceinitializationerror", "log group does not exist"] InDefinition "there is no such log group", RESOURCES;
    ["fetching secret data", "invalid parameters"] InDefinition "there is no such parameter", "aws/amazon-ecs-agent, agent/ssm";
    ["fetching secret data", "resourcenotfoundexception"] InDefinition "there is no such secret", "aws/amazon-ecs-agent pull request 4181";
    ["fetching secret data", "accessdenied"] InDefinition "a secret or a parameter is denied", "aws/amazon-ecs-agent, agent/asm";
    ["cannotcreatecontainererror"] InDefinition "the container cannot be created", ERROR_CODES;
    ["cannotstartcontainererror"] InDefinition "the container cannot be started: command, log driver, memory", "ECS developer guide, cannot-start-container";
    ["cannotcreatevolumeerror"] InDefinition "the volume cannot be created", ERROR_CODES;
    ["outofmemory"] InDefinition "the container had too little memory", "ECS developer guide, out-of-memory";
    ["task failed to start"] Nowhere "the containers' reasons may say more", "aws/containers-roadmap issue 2561";
    ["essential container in task exited"] Nowhere "the containers' exit codes say more", ERROR_CODES;
}

/// The first row of the table that this text fits.
pub fn find(text: &str) -> Option<&'static Text> {
    find_in(TEXTS, text)
}

/// The same in another table.
pub fn find_in<'a>(table: &'a [Text], text: &str) -> Option<&'a Text> {
    let text = text.to_lowercase();
    table.iter().find(|row| row.says.iter().all(|words| text.contains(words)))
}

/// Whether ECS ended the container because it took more memory than it may have.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/out-of-memory.html>
pub fn is_out_of_memory(reason: &str) -> bool {
    reason.to_lowercase().contains("outofmemory")
}
