//! Single values as senders write them: text, numbers, booleans, null, and attributes made of these.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{MAX_ATTRIBUTES, MAX_NAME, MAX_TEXT, PayloadError};

/// A value that should be a scalar. Looked at only when asked, so that what nobody asks for costs nothing.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Leaf<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl Leaf<'_> {
    /// As text: numbers and booleans as they were written. `None` when absent, null, or no scalar.
    ///
    /// # Errors
    /// When it is longer than a text may be.
    pub fn text(self) -> Result<Option<String>, PayloadError> {
        let Some(raw) = self.0 else { return Ok(None) };
        match raw.get().as_bytes().first() {
            None | Some(b'{' | b'[' | b'n') => Ok(None),
            _ => scalar(raw, MAX_TEXT),
        }
    }

    /// As text that is short by its nature (a name, a version, an id): cut where it is longer than a label may be.
    pub fn label(self) -> String {
        /// Longest label in bytes.
        const LABEL: usize = 256;
        let mut text = self.text().ok().flatten().unwrap_or_default();
        let end = text.floor_char_boundary(LABEL);
        text.truncate(end);
        text
    }

    /// As a finite number, also when it was written as text.
    pub fn number(self) -> Option<f64> {
        let text = self.text().ok().flatten()?;
        text.trim().parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// As a boolean, also when it was written as text.
    pub fn boolean(self) -> Option<bool> {
        self.text().ok().flatten()?.parse().ok()
    }
}

/// As text of at most `most` bytes.
fn scalar(raw: &RawValue, most: usize) -> Result<Option<String>, PayloadError> {
    let raw = raw.get();
    // A character takes at most six bytes in JSON.
    if raw.len() > 6 * most {
        return Err(PayloadError::too_large("Bytes of a text", raw.len(), most));
    }
    // Only what begins with a quote can fail: half of a surrogate pair is no text.
    let text = match raw.strip_prefix('"') {
        Some(_) => serde_json::from_str::<String>(raw).map_err(|e| PayloadError::Malformed(e.to_string()))?,
        None => raw.to_owned(),
    };
    if text.len() > most {
        return Err(PayloadError::too_large("Bytes of a text", text.len(), most));
    }
    Ok(Some(text))
}

/// A list, absent or null as well as empty. What is beyond `MOST` is counted and not kept: a small body can hold
/// millions of empty things.
#[derive(Debug)]
pub struct List<T, const MOST: usize> {
    items: Vec<T>,
    count: usize,
}

impl<T, const MOST: usize> List<T, MOST> {
    /// The items.
    ///
    /// # Errors
    /// When there are too many of `what`.
    pub fn whole(self, what: &str) -> Result<Vec<T>, PayloadError> {
        if self.count > MOST {
            return Err(PayloadError::too_large(what, self.count, MOST));
        }
        Ok(self.items)
    }
}

impl<T, const MOST: usize> Default for List<T, MOST> {
    fn default() -> Self {
        Self { items: Vec::new(), count: 0 }
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for List<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const MOST: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<T, MOST> {
            type Value = List<T, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(List::default())
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(List::default())
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_seq(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut given: A) -> Result<Self::Value, A::Error> {
                let mut list = List::default();
                while list.items.len() < MOST {
                    let Some(item) = given.next_element()? else { break };
                    list.items.push(item);
                }
                list.count = list.items.len();
                while given.next_element::<IgnoredAny>()?.is_some() {
                    list.count += 1;
                }
                Ok(list)
            }
        }
        deserializer.deserialize_option(Items(PhantomData))
    }
}

/// Names with values, as an object of scalars. Senders put objects in, too: those are kept as the JSON they are.
#[derive(Debug, Default)]
pub struct Attributes<'a> {
    given: BTreeMap<String, Leaf<'a>>,
    /// With those beyond the bound, which are not kept.
    count: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Attributes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Pairs<'a> {
            type Value = Attributes<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(Attributes::default())
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Attributes::default())
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_map(self)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut attributes = Attributes::default();
                while attributes.given.len() < MAX_ATTRIBUTES {
                    let Some((name, value)) = map.next_entry()? else { break };
                    attributes.given.insert(name, value);
                }
                attributes.count = attributes.given.len();
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    attributes.count += 1;
                }
                Ok(attributes)
            }
        }
        deserializer.deserialize_option(Pairs(PhantomData))
    }
}

impl<'a> Attributes<'a> {
    fn bounded(self, what: &str) -> Result<BTreeMap<String, Leaf<'a>>, PayloadError> {
        if self.count > MAX_ATTRIBUTES {
            return Err(PayloadError::too_large(what, self.count, MAX_ATTRIBUTES));
        }
        if let Some(name) = self.given.keys().find(|name| name.len() > MAX_NAME) {
            return Err(PayloadError::too_large("Bytes of a name", name.len(), MAX_NAME));
        }
        Ok(self.given)
    }

    /// The attributes that have a value.
    ///
    /// # Errors
    /// When there are too many, or one is too long.
    pub fn read(self) -> Result<BTreeMap<String, String>, PayloadError> {
        self.read_up_to(MAX_TEXT)
    }

    /// As [`Attributes::read`], each with at most `most` bytes.
    pub fn read_up_to(self, most: usize) -> Result<BTreeMap<String, String>, PayloadError> {
        let mut attributes = BTreeMap::new();
        for (name, value) in self.bounded("Attributes of one thing")? {
            let Some(raw) = value.0 else { continue };
            if let Some(value) = scalar(raw, most)?.filter(|_| raw.get() != "null") {
                attributes.insert(name, value);
            }
        }
        Ok(attributes)
    }

    /// The attributes that are numbers. `null` is what JavaScript makes of NaN and infinity.
    ///
    /// # Errors
    /// When there are too many, or a name is too long.
    pub fn numbers(self) -> Result<BTreeMap<String, f64>, PayloadError> {
        let given = self.bounded("Values of one measurement")?;
        Ok(given.into_iter().filter_map(|(name, value)| Some((name, value.number()?))).collect())
    }
}

/// A thing that must be a JSON object: by itself serde reads a list as a struct's fields in their order.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMap<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(OfMap(PhantomData))
    }
}
