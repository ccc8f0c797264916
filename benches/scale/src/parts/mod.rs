//! What is measured, one file a part.

mod change;
mod cold;
mod memory;
mod release;
mod sweep;
mod upload;
mod variants;
mod warm;

use crate::{
    lambda::{Ended, Lambda},
    options::Options,
    report::number,
};
use std::{collections::BTreeMap, time::Instant};

/// A part with one number of apps.
pub struct Planned {
    pub part: &'static str,
    pub apps: usize,
    /// Whether time runs faster.
    pub is_quick: bool,
}

/// All of them with their own numbers of apps.
const ALL: [(&str, &[usize], bool); 9] = [
    ("sweep", &[1_000, 3_000, 10_000], true),
    ("change", &[200, 1_000, 3_000], true),
    ("release", &[1_000], true),
    ("release-sweep", &[10_000], true),
    ("upload", &[1_000], true),
    ("cpu", &[10_000], false),
    ("warm", &[10_000], false),
    ("memory", &[1_000, 3_000, 10_000], false),
    ("variants", &[500], false),
];

/// What was asked for; `release` is both of its kind.
pub fn planned(options: &Options) -> Vec<Planned> {
    let mut planned = vec![];
    for (part, own, is_quick) in ALL {
        if options.only.is_empty()
            || options.only.iter().any(|only| part.split('-').next() == Some(only) || part == only)
        {
            let apps = if options.apps.is_empty() { own } else { &options.apps };
            planned.extend(apps.iter().map(|apps| Planned { part, apps: *apps, is_quick }));
        }
    }
    planned
}

pub async fn run(part: &str, options: &Options) {
    let apps = options.apps.first().copied().unwrap_or(1_000);
    match part {
        "sweep" => sweep::measure(options, apps).await,
        "change" => change::measure(options, apps).await,
        "release" => release::measure(options, apps, release::Meanwhile::Change).await,
        "release-sweep" => release::measure(options, apps, release::Meanwhile::Sweep).await,
        "upload" => upload::measure(options, apps).await,
        "cpu" => cold::measure(options, apps).await,
        "warm" => warm::measure(options, apps).await,
        "memory" => memory::measure(options, apps).await,
        "variants" => variants::measure(options, apps).await,
        _ => panic!("there is no part {part}"),
    }
}

/// How a run went.
struct Ran {
    /// From its begin to the end of the last invocation.
    seconds: f64,
    /// By function.
    invocations: BTreeMap<&'static str, usize>,
    /// Invocations that failed, by error type.
    failures: BTreeMap<String, usize>,
    dead_letters: usize,
    /// Events that were still waiting or under way when nobody waited any longer.
    left: usize,
    decisions: BTreeMap<String, usize>,
}

impl Ran {
    fn of(lambda: &Lambda, begun: Instant) -> Ran {
        let ended: Vec<Ended> = lambda.ended().into_iter().filter(|ended| ended.begun >= begun).collect();
        let (mut invocations, mut failures, mut decisions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for one in &ended {
            *invocations.entry(one.lane).or_default() += 1;
            if let Some(failure) = &one.failure {
                *failures.entry(failure.error_type.clone()).or_default() += 1;
            }
            for (decision, count) in &one.decisions {
                *decisions.entry(decision.clone()).or_default() += count;
            }
        }
        let seconds = ended.last().map_or(0.0, |last| (last.until - begun).as_secs_f64());
        Ran { seconds, invocations, failures, dead_letters: lambda.dead_letters(), left: lambda.pending(), decisions }
    }

    /// Nothing failed, neither an invocation nor a family.
    fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.dead_letters == 0 && self.left == 0 && !self.decisions.contains_key("failed")
    }

    /// `registrar 2, reconciler 10 (1 failed: DeadlineExceeded), 0 dead letters`.
    fn told(&self) -> String {
        let failed: usize = self.failures.values().sum();
        let kinds: Vec<&str> = self.failures.keys().map(String::as_str).collect();
        let failed = if failed == 0 { String::new() } else { format!(" ({failed} failed: {})", kinds.join(", ")) };
        let all: Vec<String> =
            self.invocations.iter().map(|(lane, count)| format!("{lane} {}", number(*count))).collect();
        let left = if self.left == 0 { String::new() } else { format!(", {} events still waiting", number(self.left)) };
        format!("invocations: {}{failed}; {} dead letters{left}", all.join(", "), number(self.dead_letters))
    }
}

/// Of each decision how many, `handed_on 2, unchanged 1,000`.
fn decisions(counts: &BTreeMap<String, usize>) -> String {
    let all: Vec<String> = counts.iter().map(|(decision, count)| format!("{decision} {}", number(*count))).collect();
    if all.is_empty() { "none told".to_owned() } else { all.join(", ") }
}
