//! A first look at a body that nobody has vouched for yet.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::NotJson;

/// The most ids of each kind that are remembered.
pub const MAX_ORIGINS: usize = 64;

/// Longest id remembered, in bytes.
const MAX_ORIGIN_BYTES: usize = 64;

/// Which accounts and numbers a body claims to be about. Nothing here is proven: it serves only to find the app secrets
/// that may have signed the body, and after the check each event's number must belong to the app that signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// `entry[].id`, each once.
    pub waba_ids: Vec<String>,
    /// `metadata.phone_number_id`, each once.
    pub phone_number_ids: Vec<String>,
}

/// Reads the origins in one pass. Memory does not grow with the body, and shapes other than Meta's are passed over.
pub fn peek(body: &[u8]) -> Result<Origins, NotJson> {
    let mut origins = Origins::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    At { path: Place::Root, origins: &mut origins }.deserialize(&mut reader).map_err(|_| NotJson)?;
    reader.end().map_err(|_| NotJson)?;
    Ok(origins)
}

/// A place on the way to the ids; each step names the field that leads on.
#[derive(Clone, Copy)]
enum Place {
    Root,
    Entry,
    Change,
    Value,
    Metadata,
    WabaId,
    PhoneNumberId,
}

impl Place {
    fn step(self, key: &str) -> Option<Self> {
        match (self, key) {
            (Self::Root, "entry") => Some(Self::Entry),
            (Self::Entry, "id") => Some(Self::WabaId),
            (Self::Entry, "changes") => Some(Self::Change),
            (Self::Change, "value") => Some(Self::Value),
            (Self::Value, "metadata") => Some(Self::Metadata),
            (Self::Metadata, "phone_number_id") => Some(Self::PhoneNumberId),
            _ => None,
        }
    }

    fn may_be_repeated(self) -> bool {
        matches!(self, Self::Entry | Self::Change)
    }
}

struct At<'o> {
    path: Place,
    origins: &'o mut Origins,
}

impl At<'_> {
    fn found(self, id: Cow<'_, str>) {
        let ids = match self.path {
            Place::WabaId => &mut self.origins.waba_ids,
            Place::PhoneNumberId => &mut self.origins.phone_number_ids,
            _ => return,
        };
        if id.is_empty() || id.len() > MAX_ORIGIN_BYTES || ids.iter().any(|known| *known == id) {
            return;
        }
        // One body is signed by one app, so a part is enough.
        if ids.len() < MAX_ORIGINS {
            ids.push(id.into_owned());
        }
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(next) = map.next_key_seed(Step(self.path))? {
            match next {
                Some(path) => map.next_value_seed(At { path, origins: &mut *self.origins })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.path.may_be_repeated() {
            while seq.next_element_seed(At { path: self.path, origins: &mut *self.origins })?.is_some() {}
        } else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(())
    }

    fn visit_str<E>(self, id: &str) -> Result<(), E> {
        self.found(Cow::Borrowed(id));
        Ok(())
    }

    fn visit_u64<E>(self, id: u64) -> Result<(), E> {
        self.found(Cow::Owned(id.to_string()));
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Which way a key leads, without keeping the key.
struct Step(Place);

impl<'de> DeserializeSeed<'de> for Step {
    type Value = Option<Place>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Place>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Step {
    type Value = Option<Place>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<Place>, E> {
        Ok(self.0.step(key))
    }
}
