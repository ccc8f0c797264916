//! A plugin entry of a configuration file.

/// One plugin entry of the configuration file, already read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plugin {
    pub name: String,
    pub func_prefix: String,
    pub path: Option<String>,
    pub url: Option<String>,
    /// Whether a state that cannot be read counts as empty.
    pub optional: bool,
}
