//! The JSON of a payload. It is read strictly and within limits, because many may send events.

use crate::error::{Error, ErrorKind, Result};
use crema_base::quote::quoted;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Value};
use std::{cell::Cell, fmt};

/// Maximum values in a payload. Those of AWS have a few hundred; a value may cost the function six hundred bytes.
const MAX_VALUES: u32 = 50_000;

/// Maximum messages that SQS delivers at once.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const MAX_RECORDS: usize = 10_000;

/// Reads a text as one JSON value. `place` is the text's name in messages.
///
/// # Errors
/// [`ErrorKind::InvalidEvent`] if it is not JSON, is nested deeper than 128 (`serde_json`'s own limit), holds more than
/// [`MAX_VALUES`], or an object has two members with the same name, so that it is unclear which is meant.
pub fn read(text: &[u8], place: &str) -> Result<Value> {
    if text.trim_ascii().is_empty() {
        return Err(Error::new(ErrorKind::InvalidEvent, format!("{place} is empty; expected JSON")));
    }
    let left = Cell::new(MAX_VALUES);
    let mut deserializer = Deserializer::from_slice(text);
    let read = Tree(&left).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|e| Error::new(ErrorKind::InvalidEvent, format!("{place} is not JSON that can be read: {e}")))
}

/// The elements of the member `Records` of an object, each as its own text, for the case that one of them cannot be
/// read. `None` if the payload is no such object.
pub fn records(payload: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = after(payload, b'{')?;
    let mut records = None;
    loop {
        let (name, behind) = value(rest)?;
        let (member, behind) = value(after(behind, b':')?)?;
        if name == b"\"Records\"" && records.replace(member).is_some() {
            return None;
        }
        match after(behind, b',') {
            Some(next) => rest = next,
            None if after(behind, b'}')?.trim_ascii().is_empty() => return elements(records?),
            None => return None,
        }
    }
}

/// The elements of an array.
fn elements(array: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = after(array, b'[')?;
    let mut elements = vec![];
    loop {
        let (element, behind) = value(rest)?;
        elements.push(element);
        match after(behind, b',') {
            Some(next) => rest = next,
            None => return after(behind, b']').map(|_| elements),
        }
        if elements.len() == MAX_RECORDS {
            return None;
        }
    }
}

/// What follows this character, if it comes next.
fn after(text: &[u8], expected: u8) -> Option<&[u8]> {
    text.trim_ascii_start().strip_prefix(&[expected])
}

/// The next value, and what follows it. It is skipped as `serde_json` skips unwanted values: with any depth, any
/// number, and texts that are not Unicode.
fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    text.split_at_checked(values.byte_offset())
}

/// Reads a value, if no more than this many values remain allowed.
#[derive(Clone, Copy)]
struct Tree<'a>(&'a Cell<u32>);

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        match self.0.get().checked_sub(1) {
            Some(left) => self.0.set(left),
            None => return Err(D::Error::custom(format!("it holds more than {MAX_VALUES} values"))),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> std::result::Result<Value, A::Error> {
        let mut read = vec![];
        while let Some(element) = elements.next_element_seed(self)? {
            read.push(element);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if read.contains_key(&name) {
                return Err(A::Error::custom(format!("{} stands twice in one object", quoted(&name))));
            }
            let member = members.next_value_seed(self)?;
            read.insert(name, member);
        }
        Ok(Value::Object(read))
    }
}
