//! JSON of somebody else, as values of a bounded size in memory: two bytes of
//! text (`{}`) are 32 of memory, and a member of an object may be 600.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What a value takes in a list, which grows by doubling.
const VALUE: usize = 2 * size_of::<Value>();

/// What the first member of an object takes, and each further one: objects
/// are B-trees whose nodes have room for eleven.
const FIRST_MEMBER: usize = 11 * MEMBER + 16;
const MEMBER: usize = size_of::<Value>() + size_of::<String>();

/// How much may be built, in bytes of memory.
pub struct Budget {
    left: AtomicUsize,
    spent: AtomicBool,
}

impl Budget {
    pub fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
            spent: AtomicBool::new(false),
        }
    }

    /// Whether something did not fit in.
    pub fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }

    fn take<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        taken.map(drop).map_err(|_| {
            self.spent.store(true, Ordering::Relaxed);
            E::custom("it has too many values")
        })
    }
}

/// A document, and nothing behind it. Deeper than 128 levels is an error of
/// `serde_json`.
pub fn from_slice(text: &[u8], budget: &Budget) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Built(budget).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Built<'a>(&'a Budget);

impl<'de> DeserializeSeed<'de> for Built<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Built<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.take(value.len())?;
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            self.0.take(VALUE)?;
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let member = match object.is_empty() {
                true => FIRST_MEMBER,
                false => MEMBER,
            };
            self.0.take(member + key.len())?;
            object.insert(key, members.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_too_much_is_refused_however_it_is_written() {
        let megabyte = 1 << 20;
        for (name, text, too_much, wanted) in [
            (
                "sound",
                "{\"a\": [1, -1, 1.5, null, true, \"x\"]}".to_owned(),
                false,
                "",
            ),
            (
                "many objects",
                format!("[{}{{}}]", "{},".repeat(20_000)),
                true,
                "too many values",
            ),
            (
                "one member each",
                format!("[{}0]", "{\"\":0},".repeat(3_000)),
                true,
                "too many values",
            ),
            (
                "a long text",
                format!("\"{}\"", "x".repeat(megabyte + 1)),
                true,
                "too many values",
            ),
            ("deep lists", "[".repeat(100_000), false, "recursion limit"),
            (
                "deep objects",
                "{\"a\":".repeat(100_000),
                false,
                "recursion limit",
            ),
            ("more behind it", "{} {}".to_owned(), false, "trailing"),
            (
                "not UTF-8",
                "\"\u{0}\"".to_owned(),
                false,
                "control character",
            ),
            ("nothing", String::new(), false, "EOF"),
        ] {
            let budget = Budget::new(megabyte);
            match from_slice(text.as_bytes(), &budget) {
                Ok(_) => assert_eq!(wanted, "", "{name}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(
                        !wanted.is_empty() && error.contains(wanted),
                        "{name}: {error}"
                    );
                }
            }
            assert_eq!(budget.is_spent(), too_much, "{name}");
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(text in "[\\[\\]{},:\"a0-9.eE \\\\u-]{0,40}") {
            let ours = from_slice(text.as_bytes(), &Budget::new(1 << 20)).ok();
            prop_assert_eq!(ours, serde_json::from_str::<Value>(&text).ok());
        }
    }
}
