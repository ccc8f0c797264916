//! The table: all rules.

use super::{containers, fargate, images, network, rule::Rule, size, unsupported, values, volumes};

/// All rules, as the page lists them.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        containers::RULES,
        size::RULES,
        network::RULES,
        fargate::RULES,
        unsupported::RULES,
        values::RULES,
        images::RULES,
        volumes::RULES,
    ]
    .into_iter()
    .flatten()
}
