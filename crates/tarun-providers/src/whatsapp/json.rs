//! Reading JSON of strangers: every field on its own, so that one of a wrong shape never costs the others.
//!
//! Nothing here allocates a tree. An object is the list of its fields, each still raw; a field is read when it is asked
//! for. Skipping a value does not recurse, so depth is no danger.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of one object in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Object<'a>(Vec<(Key<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// `None` if the text is no object.
    pub fn parse(text: &'a str) -> Option<Self> {
        // Asked first because arrays of a million elements would otherwise be read to learn that they are none.
        if !text.trim_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(text).ok()
    }

    /// The raw value; `null` counts as absent, and of repeated fields the last counts.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        let (_, value) = self.0.iter().rev().find(|(name, _)| name.0 == key)?;
        (value.get() != "null").then_some(*value)
    }

    pub fn object(&self, key: &str) -> Option<Object<'a>> {
        Object::parse(self.get(key)?.get())
    }

    /// The elements of an array, still raw; `None` if it is no array.
    pub fn array(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        elements(self.get(key)?.get())
    }

    /// The objects of an array, without the elements that are none.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = Object<'a>> {
        self.array(key).unwrap_or_default().into_iter().filter_map(|raw| Object::parse(raw.get()))
    }

    /// A JSON string.
    pub fn text(&self, key: &str) -> Option<String> {
        text(self.get(key)?)
    }

    /// A JSON string that is not blank, at most `max_chars` long (cut there).
    pub fn line(&self, key: &str, max_chars: usize) -> Option<String> {
        let text = self.text(key)?;
        let kept = tarun_core::content::bounded(&text, max_chars);
        (!kept.trim().is_empty()).then(|| kept.into_owned())
    }

    /// An identifier: a string, or a number as it was written. One beyond `max_bytes` is no identifier.
    pub fn id(&self, key: &str, max_bytes: usize) -> Option<Cow<'a, str>> {
        let id = label(self.get(key)?)?;
        (!id.is_empty() && id.len() <= max_bytes && !id.contains('\0')).then_some(id)
    }

    /// An integer, given as a number or as a string.
    pub fn integer(&self, key: &str) -> Option<i64> {
        label(self.get(key)?)?.trim().parse().ok()
    }

    /// A finite number, given as a number or as a string.
    pub fn number(&self, key: &str) -> Option<f64> {
        label(self.get(key)?)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)?.get() {
            "true" | "\"true\"" => Some(true),
            "false" | "\"false\"" => Some(false),
            _ => None,
        }
    }
}

/// The elements of an array, still raw; `None` if the text is no array.
pub(crate) fn elements(text: &str) -> Option<Vec<&RawValue>> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A JSON string.
pub(crate) fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A string without its quotes, or a number as it was written.
pub(crate) fn label(raw: &RawValue) -> Option<Cow<'_, str>> {
    let written = raw.get();
    match written.as_bytes().first()? {
        b'"' => {
            let inner = &written[1..written.len() - 1];
            if inner.contains('\\') { text(raw).map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
        }
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(written)),
        _ => None,
    }
}

/// The text with every escape that cannot be stored replaced by `\ufffd`: NUL, and halves of a surrogate pair.
/// The JSON stays as it is otherwise, numbers included.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    let mut fixed: Option<Vec<u8>> = None;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(backslash) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += backslash;
        match unit(bytes, at) {
            Some(0xd800..=0xdbff) if matches!(unit(bytes, at + 6), Some(0xdc00..=0xdfff)) => at += 12,
            Some(0 | 0xd800..=0xdfff) => {
                fixed.get_or_insert_with(|| bytes.to_vec())[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            // An escaped backslash must not be taken for the beginning of the next escape.
            _ => at += 2,
        }
    }
    match fixed {
        // Only ASCII was replaced by ASCII, so nothing is lost here.
        Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// The code unit of the `\uXXXX` escape at this place.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0_u16, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

#[derive(Debug)]
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_one_by_one() {
        let object = Object::parse(
            r#" {"a":1,"n":null,"s":"x","i":"17","big":12345678901234567890,"f":"28.5","t":true,"esc":"\u0905","a":"last","o":{"k":[]}}"#,
        )
        .unwrap();
        assert_eq!(object.text("a").as_deref(), Some("last"));
        assert!(object.get("n").is_none());
        assert_eq!(object.integer("i"), Some(17));
        assert_eq!(object.integer("s"), None);
        assert_eq!(object.id("big", 64).as_deref(), Some("12345678901234567890"));
        assert_eq!(object.id("big", 3), None);
        assert_eq!(object.number("f"), Some(28.5));
        assert_eq!(object.flag("t"), Some(true));
        assert_eq!(object.id("esc", 64).as_deref(), Some("अ"));
        assert_eq!(object.object("o").unwrap().array("k").unwrap().len(), 0);
        assert!(object.object("s").is_none());
        assert!(Object::parse("[1]").is_none() && Object::parse("").is_none() && Object::parse("{").is_none());
    }

    #[test]
    fn what_cannot_be_stored_is_replaced_in_place() {
        for (given, expected) in [
            (r#""\u0000""#, r#""\ufffd""#),
            (r#""\ud83d\ude4f""#, r#""\ud83d\ude4f""#),
            (r#""\uD83D\uDE4F""#, r#""\uD83D\uDE4F""#),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\ude4f\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude4f""#, r#""\ufffd\ud83d\ude4f""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
            (r#""\u09"#, r#""\u09"#),
            ("\\", "\\"),
            ("नमस्ते", "नमस्ते"),
        ] {
            assert_eq!(storable(given), expected);
        }
    }
}
