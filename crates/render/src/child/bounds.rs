//! How much crema's own file may say. It is counted before it is read: as values, a file of a few megabytes would take
//! hundreds of megabytes.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// The configuration files that other tools have too: only one with a top-level `task_definition` makes an app.
pub const CONFIG: [&str; 4] = ["config.yml", "config.yaml", "config.json", "config.jsonnet"];
/// Maximum variants of one file, and maximum apps and variants that it makes together.
pub const MAX_VARIANTS: usize = 500;
/// Maximum bytes of `crema.json`. What `crema.jsonnet` gives is bounded as every document is.
const MAX_BYTES: usize = 1_000_000;
/// Maximum values, those inside of others included: sixty for each variant.
const MAX_VALUES: usize = 30_000;

/// # Errors
/// If there is too much of something; the message says of what, and how much there may be. A text that is no JSON is
/// not judged.
pub fn check(content: &[u8]) -> Result<(), String> {
    let mut count = Count::default();
    let is_whole = count.deserialize(&mut serde_json::Deserializer::from_slice(content)).is_ok();
    if let Some(found) = count.variants.filter(|found| is_whole && *found > MAX_VARIANTS) {
        return Err(too_many(found));
    }
    if content.len() > MAX_BYTES {
        return Err(format!("the file has {} bytes; expected at most {MAX_BYTES}", content.len()));
    }
    if count.values > MAX_VALUES {
        return Err(format!("the file holds {} values; expected at most {MAX_VALUES}", count.values));
    }
    Ok(())
}

/// The message that there are too many variants.
pub fn too_many(found: usize) -> String {
    format!("`variants` has {found} elements; a file takes at most {MAX_VARIANTS}: move some to another folder")
}

/// Counts values as they are read, and keeps none.
#[derive(Default)]
struct Count {
    depth: usize,
    values: usize,
    /// Elements of the top-level `variants`, if that is an array.
    variants: Option<usize>,
}

/// Returns the number of elements of an array.
impl<'de> DeserializeSeed<'de> for &mut Count {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        self.values += 1;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Count {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<usize>, A::Error> {
        self.depth += 1;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            let elements = members.next_value_seed(&mut *self)?;
            if self.depth == 1 && name == "variants" {
                self.variants = elements;
            }
        }
        self.depth -= 1;
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Option<usize>, A::Error> {
        self.depth += 1;
        let mut count = 0;
        while elements.next_element_seed(&mut *self)?.is_some() {
            count += 1;
        }
        self.depth -= 1;
        Ok(Some(count))
    }

    fn visit_unit<E>(self) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<usize>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<usize>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(file: &serde_json::Value) -> Result<(), String> {
        check(file.to_string().as_bytes())
    }

    #[test]
    fn what_there_is_too_much_of_is_named_with_its_number() {
        let variants = |n| json!({"variants": vec![json!({"ext_str": {"n": "1"}}); n]});
        assert_eq!(checked(&variants(500)), Ok(()));
        assert_eq!(checked(&variants(501)), Err(too_many(501)));
        assert!(checked(&variants(100_000)).unwrap_err().contains("`variants` has 100000 elements"));
        let values = |n: usize| json!({"variants": [{"ext_str": {"a": vec![0; n]}}]});
        assert_eq!(checked(&values(MAX_VALUES - 5)), Ok(()));
        assert_eq!(
            checked(&values(MAX_VALUES - 4)).unwrap_err().split(';').next(),
            Some("the file holds 30001 values")
        );
        let long = json!({"variants": [{"ext_str": {"a": "x".repeat(MAX_BYTES)}}]});
        assert!(checked(&long).unwrap_err().contains("bytes; expected at most 1000000"));
    }

    #[test]
    fn only_the_variants_of_the_top_count_and_what_is_no_json_is_left_to_the_reader() {
        assert_eq!(checked(&json!({"x": {"variants": vec![0; 600]}})), Ok(()));
        assert_eq!(checked(&json!({"variants": {"a": vec![0; 600]}})), Ok(()));
        for text in ["", "{\"variants\": [", "{\"variants\": [1, 2,]}", "[1.5e300, -1, true, null, \"\\u0041\"]"] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
    }
}
