//! The hosts of private ECR registries, in every partition of AWS.

use crate::region::is_region;

/// A partition of AWS: regions that share their domains.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As ARNs name it.
    pub id: &'static str,
    /// What the names of its regions begin with.
    regions: &'static str,
    /// Under this domain lie its `<account>.dkr.ecr.<region>`…
    pub domain: &'static str,
    /// …and under this one the dual-stack hosts, `<account>.dkr-ecr.<region>`.
    pub dual_stack: &'static str,
}

/// The partitions. A region belongs to the first whose `regions` it begins with; the last one takes all other regions.
///
/// Domains: <https://docs.aws.amazon.com/general/latest/gr/ecr.html>, the partitions of
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>, and for the closed ones ECR's own
/// credential helper (<https://github.com/awslabs/amazon-ecr-credential-helper>).
const PARTITIONS: [Partition; 8] = [
    Partition { id: "aws-cn", regions: "cn-", domain: "amazonaws.com.cn", dual_stack: "on.amazonwebservices.com.cn" },
    Partition { id: "aws-eusc", regions: "eusc-", domain: "amazonaws.eu", dual_stack: "on.amazonwebservices.eu" },
    Partition { id: "aws-iso", regions: "us-iso-", domain: "c2s.ic.gov", dual_stack: "on.aws.ic.gov" },
    Partition { id: "aws-iso-b", regions: "us-isob-", domain: "sc2s.sgov.gov", dual_stack: "on.aws.scloud" },
    Partition { id: "aws-iso-e", regions: "eu-isoe-", domain: "cloud.adc-e.uk", dual_stack: "on.cloud-aws.adc-e.uk" },
    Partition { id: "aws-iso-f", regions: "us-isof-", domain: "csp.hci.ic.gov", dual_stack: "on.aws.hci.ic.gov" },
    Partition { id: "aws-us-gov", regions: "us-gov-", domain: "amazonaws.com", dual_stack: "on.aws" },
    Partition { id: "aws", regions: "", domain: "amazonaws.com", dual_stack: "on.aws" },
];

/// The partition of a region.
pub fn partition(region: &str) -> &'static Partition {
    let [.., commercial] = &PARTITIONS;
    PARTITIONS.iter().find(|partition| region.starts_with(partition.regions)).unwrap_or(commercial)
}

/// Whether ARNs name a partition so.
pub fn is_partition(id: &str) -> bool {
    PARTITIONS.iter().any(|partition| partition.id == id)
}

/// How a host says that it is a private registry's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// `dkr.ecr`
    Single,
    /// `dkr-ecr`
    Dual,
}

impl Stack {
    pub fn domain(self, partition: &Partition) -> &'static str {
        match self {
            Stack::Single => partition.domain,
            Stack::Dual => partition.dual_stack,
        }
    }

    /// A registry of the partition as it has to be written.
    pub fn example(self, region: &str) -> String {
        let word = if self == Stack::Single { "dkr.ecr" } else { "dkr-ecr" };
        format!("123456789012.{word}.{region}.{}", self.domain(partition(region)))
    }
}

/// Account and region of a private registry's host: `<account>.dkr.ecr[-fips].<region>.<domain>`, or dual-stack
/// `<account>.dkr-ecr[-fips].<region>.<domain>`. It does not check that the domain is the region's own.
pub fn parse(host: &str) -> Option<(&str, &str)> {
    let (account, rest) = host.split_once('.')?;
    let (stack, rest) = split(rest)?;
    let in_domain = |partition| rest.strip_suffix(stack.domain(partition))?.strip_suffix('.');
    let region = PARTITIONS.iter().find_map(in_domain)?;
    (is_account(account) && is_region(region)).then_some((account, region))
}

/// What follows `dkr.ecr.` or `dkr-ecr.`, and which of the two it is.
pub fn split(host: &str) -> Option<(Stack, &str)> {
    let (stack, rest) = match host.strip_prefix("dkr.ecr") {
        Some(rest) => (Stack::Single, rest),
        None => (Stack::Dual, host.strip_prefix("dkr-ecr")?),
    };
    Some((stack, rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?))
}

pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The AWS domain of either stack that a host lies in, and what stands before it; the longest if several fit.
pub fn in_aws(host: &str) -> Option<(&str, Stack)> {
    let domains = PARTITIONS.iter().flat_map(|p| [(p.domain, Stack::Single), (p.dual_stack, Stack::Dual)]);
    let fits = |(domain, stack): (&str, Stack)| {
        let before = host.strip_suffix(domain)?;
        let before = if before.is_empty() { before } else { before.strip_suffix('.')? };
        Some((before, stack))
    };
    domains.filter_map(fits).min_by_key(|(before, _)| before.len())
}

/// Whether a host, in lower case and without a port, is meant to be a private registry's, whether or not it is one.
///
/// Under AWS's own domains, every host that mentions ECR or begins with an account is. Not so the hosts of load
/// balancers, functions and VPC endpoints, which may be anybody's registry. Elsewhere only a typing error is: a host
/// that merely contains a registry's name (a mirror's `….amazonaws.com.example.org`) is somebody else's.
pub fn is_meant(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    if host.ends_with(".vpce.amazonaws.com") {
        return false;
    }
    if let Some((before, _)) = in_aws(host) {
        let begins_with_an_account =
            before.split('.').next().is_some_and(|l| l.len() >= 10 && l.bytes().all(|b| b.is_ascii_digit()));
        return begins_with_an_account || before.split('.').any(speaks_of_ecr);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let after = labels.iter().enumerate().find_map(|(i, label)| match *label {
        "dkr-ecr" | "dkr-ecr-fips" => labels.get(i + 1..),
        "dkr" if matches!(labels.get(i + 1), Some(&("ecr" | "ecr-fips"))) => labels.get(i + 2..),
        _ => None,
    });
    match after {
        None => false,
        Some([] | [""]) => true,
        Some([region]) => is_region(region),
        Some(after) => [after, &after[1..]].iter().any(|domain| is_slip(&domain.join("."))),
    }
}

fn speaks_of_ecr(label: &str) -> bool {
    matches!(label, "ecr" | "ecr-fips" | "dkr" | "dkr-ecr" | "dkr-ecr-fips")
}

/// Whether a domain differs from one of AWS's by a letter or two, or only at its end.
fn is_slip(domain: &str) -> bool {
    let most = |right: &str| if right.len() < 10 { 1 } else { 2 };
    let near = |right: &str| strsim::damerau_levenshtein(domain, right) <= most(right);
    matches!(domain, "amazonaws" | "amazon.com") || PARTITIONS.iter().any(|p| near(p.domain) || near(p.dual_stack))
}
