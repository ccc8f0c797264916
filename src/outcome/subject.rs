//! What an outcome is about: one family, and the app and variant that render it.

use crema_base::secrecy::Secrets;
use serde::Serialize;
use std::collections::BTreeMap;

/// What something is reported about. Unknown members are left out of the answer; a rollback that names a family has
/// neither app nor variant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Subject {
    /// As direct calls name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The external variables that make the variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// As the configuration file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The secrets that texts about it may contain until they leave the function.
    #[serde(skip)]
    pub secrets: Secrets,
}

impl Subject {
    /// A family that is named without its app.
    pub fn of_family(family: &str, region: &str) -> Subject {
        Subject { family: Some(family.to_owned()), region: Some(region.to_owned()), ..Subject::default() }
    }

    /// `batch (type=batch)`: app and variant in a sentence; else the family.
    pub fn name(&self) -> String {
        let variables: Vec<String> =
            self.variant.iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        let app = self.app.as_deref().or(self.family.as_deref()).unwrap_or_default();
        if variables.is_empty() { app.to_owned() } else { format!("{app} ({})", variables.join(", ")) }
    }

    /// App and variant, which subjects are ordered by.
    pub fn by_app(&self) -> (Option<&str>, Option<&BTreeMap<String, String>>) {
        (self.app.as_deref(), self.variant.as_ref())
    }

    /// The secrets to be masked in texts about it. `is_registered` says whether ECS has the family, and so shows its
    /// name to everybody; the name of a family that ECS does not have may be a secret.
    pub fn confidential(&self, is_registered: bool) -> Secrets {
        let (secrets, family) = (self.secrets.clone(), self.family.as_deref());
        let secrets = if is_registered { secrets.naming(family) } else { secrets.veiling(family) };
        secrets.naming(self.app.as_deref()).naming(self.region.as_deref())
    }

    /// Masks it for leaving the function, by what is [confidential](Subject::confidential).
    pub(super) fn tell(&mut self, secrets: &Secrets) {
        self.secrets = Secrets::default();
        self.cluster = self.cluster.take().map(|cluster| secrets.member(&cluster));
        self.family = self.family.take().filter(|family| !secrets.hides(family));
    }

    /// The part of it that may be shown without searching for secrets.
    pub(super) fn bare(&self) -> Subject {
        Subject {
            app: self.app.clone(),
            variant: self.variant.clone(),
            region: self.region.clone(),
            ..Subject::default()
        }
    }
}
