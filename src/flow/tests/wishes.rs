//! What may be wished: all definitions that the world can ask for, made once.

use crate::{
    config::apps::UnknownKeys,
    definition::{Definition, Fingerprint, digests_of, rules::Findings},
    flow::desired::{family::DesiredFamily, revision::DesiredRevision},
    outcome::subject::Subject,
    reference::FamilyKey,
};
use serde_json::json;
use std::{collections::BTreeSet, sync::LazyLock};

pub const FAMILY: &str = "batch";
pub const REGION: &str = "ap-northeast-1";
pub const SOURCE: &str = "s3://bucket/prefix/batch";

/// The one family there is.
pub fn key() -> FamilyKey {
    FamilyKey::new(REGION, FAMILY)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub image: u64,
    /// Of another container.
    pub side: u64,
    pub config: u64,
    /// Changes without an event.
    pub looked_up: u64,
}

const IMAGES: u64 = 4;
const OTHERS: u64 = 3;

struct Ready {
    definition: Definition,
    fingerprint: Fingerprint,
    digests: BTreeSet<String>,
}

static READY: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    let all = 0..IMAGES * OTHERS * OTHERS * OTHERS;
    all.map(|i| {
        let (image, i) = (i % IMAGES, i / IMAGES);
        let (side, config, looked_up) = (i % OTHERS, i / OTHERS % OTHERS, i / OTHERS / OTHERS);
        ready(Wish { image, side, config, looked_up })
    })
    .collect()
});

pub fn image(name: &str, number: u64) -> String {
    // Any 64 digits, other ones for other names.
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("123456789012.dkr.ecr.{REGION}.amazonaws.com/{name}@sha256:{digits:0<63}{number}")
}

fn ready(wish: Wish) -> Ready {
    let document = json!({"family": FAMILY, "containerDefinitions": [
        {"name": "app", "image": image("batch", wish.image), "essential": true,
         "environment": [{"name": "CONFIG", "value": wish.config.to_string()},
                         {"name": "LOOKED_UP", "value": wish.looked_up.to_string()}]},
        {"name": "side", "image": image("side", wish.side), "essential": false},
    ]});
    let (definition, _) = Definition::new(document, UnknownKeys::Error, "batch.jsonnet").expect("a definition");
    Ready { fingerprint: definition.fingerprint(), digests: digests_of(definition.as_value()), definition }
}

impl Wish {
    #[allow(clippy::cast_possible_truncation, reason = "below the length")]
    fn ready(self) -> &'static Ready {
        let others = (self.looked_up * OTHERS + self.config) * OTHERS + self.side;
        &READY[(others * IMAGES + self.image) as usize]
    }

    pub fn fingerprint(self) -> &'static Fingerprint {
        &self.ready().fingerprint
    }

    /// As the flow hands it to its last part.
    pub fn desired_revision(self) -> DesiredRevision {
        let Ready { definition, fingerprint, digests } = self.ready();
        DesiredRevision {
            family: DesiredFamily {
                subject: Subject::of_family(FAMILY, REGION),
                name: "batch".to_owned(),
                key: key(),
                source: SOURCE.to_owned(),
            },
            definition: definition.clone(),
            findings: Findings::default(),
            is_pinned: true,
            fingerprint: fingerprint.clone(),
            digests: digests.clone(),
            warning: None,
        }
    }
}
