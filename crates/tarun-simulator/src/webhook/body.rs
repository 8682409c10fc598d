//! The bytes of a webhook. Meta escapes every non-ASCII character as `\uXXXX` (lower-case hex, surrogate pairs) and `/` as
//! `\/`, and signs that form; a receiver that re-serialises before checking fails here as it would there.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::Update;

/// The envelope for these updates: one entry per WABA, one change per update.
pub(crate) fn envelope(updates: &[Update], now: i64) -> Value {
    let mut entries: BTreeMap<&str, (bool, Vec<Value>)> = BTreeMap::new();
    for update in updates {
        let entry = entries.entry(&update.waba_id).or_default();
        entry.0 |= update.phone_number_id.is_none();
        entry.1.push(json!({ "value": update.value, "field": update.field }));
    }
    let entry: Vec<Value> = entries
        .into_iter()
        .map(|(waba, (of_account, changes))| {
            let mut entry = json!({ "id": waba, "changes": changes });
            // Account-type fields carry the time, `messages` normally does not.
            if of_account {
                entry["time"] = now.into();
            }
            entry
        })
        .collect();
    json!({ "object": "whatsapp_business_account", "entry": entry })
}

/// JSON in Meta's spelling.
pub(crate) fn escape(value: &Value) -> String {
    use std::fmt::Write;
    let plain = value.to_string();
    let mut out = String::with_capacity(plain.len() + plain.len() / 4);
    let mut units = [0_u16; 2];
    for character in plain.chars() {
        match character {
            // Outside strings JSON has neither a slash nor anything beyond ASCII, so no parsing is needed.
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

/// Value of `X-Hub-Signature-256`: the key is the secret's text as shown in the dashboard, not its decoded hex.
pub(crate) fn signature(app_secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

/// Value of the older `X-Hub-Signature`, which Meta still sends along and receivers should ignore.
pub(crate) fn old_signature(app_secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, app_secret.as_bytes());
    format!("sha1={}", hex::encode(hmac::sign(&key, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_meta_does() {
        let value = json!({ "body": "नमस्ते 👋 https://a.in/é\n\"q\"" });
        let text = escape(&value);
        assert_eq!(
            text,
            r#"{"body":"\u0928\u092e\u0938\u094d\u0924\u0947 \ud83d\udc4b https:\/\/a.in\/\u00e9\n\"q\""}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn signs_the_bytes_with_the_secrets_text() {
        // RFC 4231, test case 2.
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn groups_by_account_and_times_account_fields() {
        let update = |waba: &str, number: Option<&str>| Update {
            waba_id: waba.into(),
            phone_number_id: number.map(Into::into),
            field: "messages".into(),
            value: json!({}),
            about: None,
        };
        let body = envelope(&[update("1", Some("9")), update("2", None), update("1", Some("9"))], 77);
        assert_eq!(body["entry"][0]["changes"].as_array().map(Vec::len), Some(2));
        assert!(body["entry"][0].get("time").is_none());
        assert_eq!(body["entry"][1]["time"], 77);
    }
}
