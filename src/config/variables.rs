//! The environment variables that crema is configured by: one table of names and defaults, which the function reads its
//! environment by and `docs/CONFIGURATION.md` is held against.

use crate::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    /// The value if the variable is missing or empty, written as one would set it; an empty default means no value.
    /// `None`: the variable has to be set.
    pub default: Option<&'static str>,
}

/// Declares each row as a constant, for the code that reads it, and all rows as a table, for what lists them. So no row
/// can be read that is not listed.
macro_rules! table {
    ($(#[$about:meta])* $table:ident: $($name:ident = $default:expr;)*) => {
        $(pub const $name: Variable = Variable { name: stringify!($name), default: $default };)*
        $(#[$about])*
        pub const $table: &[Variable] = &[$($name),*];
    };
}

table! {
    /// The settings, which whoever deploys the function chooses.
    SETTINGS:
    CONFIG_URI = None;
    CONFIG_BUCKET_OWNER = Some("");
    EXT_STR = Some("");
    EXT_CODE = Some("");
    PIN_IMAGES = Some("true");
    SETTLE_SECONDS = Some("5");
    ROLLBACK_QUIET_SECONDS = Some("900");
    ALLOW_UNMANAGED = Some("false");
    FAMILY_ARNS = Some("");
    ALLOW_LAST_BY_EVENT = Some("false");
    CIRCUIT_BREAKER = Some("off");
    KEEP_REVISIONS = Some("0");
    PUBLISH_OUTCOMES = Some("false");
    PREFLIGHT = Some("off");
    DOCTOR_READS = Some("false");
    CONCURRENCY = Some("8");
    ECS_READS_PER_SECOND = Some("15");
    ECS_READS_BURST = Some("40");
    ECS_CHANGES_PER_SECOND = Some("0.95");
    ECS_CHANGES_BURST = Some("18");
    LANE = Some("operator");
    BULK = Some("20");
    OPERATOR_ARN = Some("");
    RUST_LOG = Some("info");
}

table! {
    /// The variables that Lambda sets.
    SET_BY_LAMBDA:
    AWS_REGION = None;
    AWS_DEFAULT_REGION = Some("");
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE = Some("512");
    AWS_LAMBDA_FUNCTION_NAME = Some("crema-operator");
}

/// The variables of an environment, read by the rows of the table.
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Environment {
        Environment(variables.into_iter().collect())
    }

    /// The value, or the default; `None` if that is empty too.
    pub fn text(&self, variable: Variable) -> Option<&str> {
        let given = self.0.get(variable.name).map(String::as_str).filter(|value| !value.is_empty());
        given.or(variable.default).filter(|value| !value.is_empty())
    }

    /// The value of a variable that has to be set. `what` says what it is for, and what it looks like.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is missing.
    pub fn required(&self, variable: Variable, what: &str) -> Result<&str> {
        self.text(variable)
            .ok_or_else(|| Error::new(ErrorKind::ConfigError, format!("{} is not set: {what}", variable.name)))
    }

    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is not a whole number of 32 bits.
    pub fn number(&self, variable: Variable) -> Result<u32> {
        let text = self.text(variable).unwrap_or_default();
        let example = variable.default.unwrap_or_default();
        text.parse().map_err(|_| wrong(variable, text, &format!("a whole number such as {example}")))
    }

    /// A rate a second.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is not a number from 0.01 to 10,000.
    pub fn rate(&self, variable: Variable) -> Result<f64> {
        let text = self.text(variable).unwrap_or_default();
        let example = variable.default.unwrap_or_default();
        let rate = text.parse().ok().filter(|rate| (0.01..=10_000.0).contains(rate));
        rate.ok_or_else(|| wrong(variable, text, &format!("a number from 0.01 to 10000 such as {example}")))
    }

    /// How many at once.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is not a whole number from 1 to 10,000.
    pub fn burst(&self, variable: Variable) -> Result<u32> {
        let number = self.number(variable)?;
        let text = self.text(variable).unwrap_or_default();
        if (1..=10_000).contains(&number) { Ok(number) } else { Err(wrong(variable, text, "1 to 10000")) }
    }

    /// How many are kept; none if that is off.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is neither 0 nor from 2 to 9,999: beside the latest one there has to be one to go
    /// back to.
    pub fn kept(&self, variable: Variable) -> Result<Option<usize>> {
        match self.number(variable)? {
            0 => Ok(None),
            number @ 2..=9_999 => Ok(Some(number as usize)),
            number => {
                Err(wrong(variable, &number.to_string(), "0 (off), or 2 to 9999: one has to be left to go back to"))
            }
        }
    }

    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is neither `true` nor `false`.
    pub fn flag(&self, variable: Variable) -> Result<bool> {
        let text = self.text(variable).unwrap_or_default();
        text.parse().map_err(|_| wrong(variable, text, "true or false"))
    }

    /// # Errors
    /// [`ErrorKind::ConfigError`] where it is neither `on` nor `off`.
    pub fn switch(&self, variable: Variable) -> Result<bool> {
        match self.text(variable).unwrap_or_default() {
            "on" => Ok(true),
            "off" => Ok(false),
            text => Err(wrong(variable, text, "on or off")),
        }
    }

    /// The id of an account, if one is named.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if it is not 12 digits.
    pub fn account(&self, variable: Variable) -> Result<Option<String>> {
        match self.text(variable) {
            Some(text) if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) => {
                Err(wrong(variable, text, "the 12 digits of an account"))
            }
            account => Ok(account.map(str::to_owned)),
        }
    }

    /// `a=b;c=d`, as ecspresso reads its own variables of these names: `\;` is a semicolon of the value.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigError`] if a part has no name; values are not quoted.
    pub fn pairs(&self, variable: Variable) -> Result<BTreeMap<String, String>> {
        let (mut pairs, mut pair) = (vec![], String::new());
        let mut chars = self.text(variable).unwrap_or_default().chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                ';' => pairs.push(std::mem::take(&mut pair)),
                '\\' => pair.push(chars.next_if_eq(&';').unwrap_or('\\')),
                c => pair.push(c),
            }
        }
        pairs.push(pair);
        pairs
            .iter()
            .filter(|pair| !pair.trim().is_empty())
            .enumerate()
            .map(|(i, pair)| match pair.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
                _ => Err(Error::new(
                    ErrorKind::ConfigError,
                    format!("{}: part {} has no name and `=`; expected `a=b;c=d`", variable.name, i + 1),
                )),
            })
            .collect()
    }

    /// The part of the environment that definitions may see: everything but Lambda's own variables, among them every
    /// credential.
    pub fn visible(self) -> BTreeMap<String, String> {
        self.0.into_iter().filter(|(name, _)| is_visible(name)).collect()
    }
}

fn wrong(variable: Variable, text: &str, expected: &str) -> Error {
    Error::new(ErrorKind::ConfigError, format!("{} is {text:?}; expected {expected}", variable.name))
}

fn is_visible(name: &str) -> bool {
    if name == AWS_REGION.name || name == AWS_DEFAULT_REGION.name {
        return true;
    }
    !name.starts_with("AWS_") && !name.starts_with("LAMBDA_") && !name.starts_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_default_of_the_table_can_be_set_as_it_is_written() {
        let none = Environment::new([]);
        for variable in SETTINGS.iter().chain(SET_BY_LAMBDA) {
            let set = variable.default.map(|default| (variable.name.to_owned(), default.to_owned()));
            let set = Environment::new(set);
            assert_eq!(none.text(*variable), set.text(*variable), "{}", variable.name);
            assert_eq!(none.number(*variable).ok(), set.number(*variable).ok(), "{}", variable.name);
            assert_eq!(none.flag(*variable).ok(), set.flag(*variable).ok(), "{}", variable.name);
        }
    }

    #[test]
    fn an_empty_variable_is_as_one_that_is_not_set() {
        for variable in SETTINGS.iter().chain(SET_BY_LAMBDA) {
            let empty = Environment::new([(variable.name.to_owned(), String::new())]);
            assert_eq!(empty.text(*variable), variable.default.filter(|d| !d.is_empty()), "{}", variable.name);
        }
    }
}
