//! Which containers a definition names, and which of them does the work.

use serde_json::Value;

/// The containers of a definition, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Containers {
    all: Vec<(String, bool)>,
    main: Option<usize>,
}

impl Containers {
    /// Those of a registered definition. `named` is the one that does the work, by the tag `crema:circuit-breaker`; where
    /// there is none of that name, it is the first essential one.
    pub fn of(definition: &Value, named: Option<&str>) -> Containers {
        let containers = definition.get("containerDefinitions").and_then(Value::as_array).into_iter().flatten();
        // An absent flag is true.
        // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>
        let is_essential = |container: &Value| container.get("essential").and_then(Value::as_bool).unwrap_or(true);
        let all: Vec<(String, bool)> = containers
            .filter_map(|container| Some((container.get("name")?.as_str()?.to_owned(), is_essential(container))))
            .collect();
        let by_tag = named.and_then(|named| all.iter().position(|(name, _)| name == named));
        let main = by_tag.or_else(|| all.iter().position(|(_, essential)| *essential));
        Containers { all, main }
    }

    /// The one that does the work.
    pub fn main(&self) -> Option<&str> {
        self.main.map(|at| self.all[at].0.as_str())
    }

    /// Whether the definition names it.
    pub fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(other, _)| other == name)
    }

    /// Whether the task ends with it.
    pub fn is_essential(&self, name: &str) -> bool {
        self.all.iter().any(|(other, essential)| other == name && *essential)
    }
}
