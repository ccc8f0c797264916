//! Reads a file whose fields are known. Texts are kept as they are written; unknown fields are collected with their paths;
//! an error has the path of its field.
//!
//! Written by hand: ARCHITECTURE.md says what `serde_path_to_error` and `serde_ignored` lack.

use crema_base::nearest::nearest;
use crema_base::secrecy::foreign;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use std::{cell::RefCell, collections::BTreeMap, fmt};

/// What a field may hold. Every field may also be empty or null.
#[derive(Debug, Clone, Copy)]
pub enum FieldShape {
    Text,
    /// `true` or `false` without quotes.
    Flag,
    /// A mapping of these fields. If it is an element of a list, the first of them is required.
    Map(&'static [(&'static str, FieldShape)]),
    List(&'static FieldShape),
    /// Any value; it is skipped.
    Anything,
}

/// The value of a field.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum FieldValue {
    #[default]
    Nothing,
    Text(String),
    Flag(bool),
    Map(BTreeMap<String, FieldValue>),
    List(Vec<FieldValue>),
}

impl FieldValue {
    /// Removes a field from a mapping and returns it.
    pub fn take(&mut self, name: &str) -> FieldValue {
        match self {
            FieldValue::Map(fields) => fields.remove(name).unwrap_or_default(),
            _ => FieldValue::Nothing,
        }
    }

    /// The text, unless it is empty.
    pub fn into_text(self) -> Option<String> {
        match self {
            FieldValue::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Removes a field and returns its text, unless it is empty.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        self.take(name).into_text()
    }

    /// Removes a field and returns whether it is `true`.
    pub fn take_flag(&mut self, name: &str) -> bool {
        matches!(self.take(name), FieldValue::Flag(true))
    }

    /// Removes a field and returns the elements of its list.
    pub fn take_list(&mut self, name: &str) -> Vec<FieldValue> {
        match self.take(name) {
            FieldValue::List(elements) => elements,
            _ => vec![],
        }
    }
}

/// What a reading notes on its way: the path where it is, and the unknown fields.
#[derive(Default)]
pub struct Notes {
    at: RefCell<String>,
    unknown: RefCell<Vec<Unknown>>,
}

/// An unknown field.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    pub path: String,
    /// The known field with the most similar name, if there is one.
    pub meant: Option<&'static str>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown field `{}`", foreign(&self.path))?;
        self.meant.map_or(Ok(()), |meant| write!(f, " (did you mean {meant}?)"))
    }
}

impl Notes {
    /// After an error: the path of the field that was being read. Empty if it was outside of any field.
    pub fn at(&self) -> String {
        self.at.borrow().clone()
    }

    /// The unknown fields, in the order of the file.
    pub fn unknown(self) -> Vec<Unknown> {
        self.unknown.into_inner()
    }
}

/// Reads one value of this shape.
pub struct Reading<'a> {
    shape: FieldShape,
    path: String,
    required: bool,
    notes: &'a Notes,
}

impl<'a> Reading<'a> {
    /// Reads a whole file, which is a mapping of these fields.
    pub fn whole(fields: &'static [(&'static str, FieldShape)], notes: &'a Notes) -> Reading<'a> {
        Reading { shape: FieldShape::Map(fields), path: String::new(), required: false, notes }
    }

    fn within(&self, shape: FieldShape, path: String, required: bool) -> Reading<'a> {
        self.notes.at.replace(path.clone());
        Reading { shape, path, required, notes: self.notes }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = FieldValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<FieldValue, D::Error> {
        match self.shape {
            FieldShape::Map(_) if self.path.is_empty() || self.required => deserializer.deserialize_map(self),
            FieldShape::Anything => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| FieldValue::Nothing),
            _ => deserializer.deserialize_option(self),
        }
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = FieldValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.shape {
            FieldShape::Text => "a string",
            FieldShape::Flag => "true or false",
            FieldShape::Map(_) => "a mapping",
            FieldShape::List(_) => "a list",
            FieldShape::Anything => "anything",
        })
    }

    fn visit_none<E>(self) -> Result<FieldValue, E> {
        Ok(FieldValue::Nothing)
    }

    fn visit_unit<E>(self) -> Result<FieldValue, E> {
        Ok(FieldValue::Nothing)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<FieldValue, D::Error> {
        match self.shape {
            FieldShape::Text => deserializer.deserialize_string(self),
            // Not `deserialize_bool`: the YAML reader would accept a boolean in quotes.
            FieldShape::Flag => deserializer.deserialize_any(self),
            FieldShape::Map(_) => deserializer.deserialize_map(self),
            FieldShape::List(_) => deserializer.deserialize_seq(self),
            FieldShape::Anything => Ok(FieldValue::Nothing),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FieldValue, E> {
        match self.shape {
            FieldShape::Flag => Err(E::invalid_type(Unexpected::Str(text), &self)),
            _ => Ok(FieldValue::Text(text.to_owned())),
        }
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<FieldValue, E> {
        match self.shape {
            FieldShape::Flag => Ok(FieldValue::Flag(flag)),
            _ => Err(E::invalid_type(Unexpected::Bool(flag), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FieldValue, A::Error> {
        let FieldShape::List(shape) = self.shape else { return Err(A::Error::custom("unexpected list")) };
        let mut elements = vec![];
        loop {
            let path = format!("{}[{}]", self.path, elements.len());
            match list.next_element_seed(self.within(*shape, path, true))? {
                Some(element) => elements.push(element),
                None => break,
            }
        }
        self.notes.at.take();
        Ok(FieldValue::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldValue, A::Error> {
        let FieldShape::Map(known) = self.shape else { return Err(A::Error::custom("unexpected mapping")) };
        let mut read = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if read.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let path = self.path_of(&name);
            let shape = known.iter().find(|(field, _)| *field == name).map(|(_, shape)| *shape);
            if shape.is_none() {
                let meant = nearest(&name, known.iter().map(|(field, _)| *field));
                self.notes.unknown.borrow_mut().push(Unknown { path: path.clone(), meant });
            }
            let value = map.next_value_seed(self.within(shape.unwrap_or(FieldShape::Anything), path, false))?;
            read.insert(name, value);
            self.notes.at.replace(self.path.clone());
        }
        match known.first() {
            Some((first, _)) if self.required && !read.contains_key(*first) => Err(A::Error::missing_field(first)),
            _ => Ok(FieldValue::Map(read)),
        }
    }
}
