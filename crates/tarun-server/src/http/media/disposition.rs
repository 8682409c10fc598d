//! Whether a browser may show a file, and under which name it saves it (RFC 6266, RFC 8187).

use std::fmt::Write as _;
use tarun_core::content::safe_filename;

/// Everything else is saved, not shown, and has no type that a browser would act on.
const SHOWN: [&str; 7] =
    ["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/3gpp", "application/pdf"];

/// `Content-Disposition` and `Content-Type` of a file whose type and name a customer gave.
pub fn of(mime_type: &str, filename: Option<&str>) -> (String, String) {
    let essence = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let shown = SHOWN.contains(&essence.as_str()) || is_sound(&essence);
    let name = filename.map(safe_filename).filter(|n| !n.is_empty());
    let mut disposition = String::from(if shown { "inline" } else { "attachment" });
    if let Some(name) = name {
        let _ = write!(disposition, "; filename=\"{}\"; filename*=UTF-8''{}", ascii(&name), encoded(&name));
    }
    (disposition, if shown { essence } else { "application/octet-stream".to_owned() })
}

/// `audio/` and a name of letters, digits and the signs that such names have.
fn is_sound(essence: &str) -> bool {
    essence.strip_prefix("audio/").is_some_and(|name| {
        !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
    })
}

/// For clients that know no `filename*`.
fn ascii(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect()
}

/// RFC 8187 `value-chars`: all but its `attr-char` are percent-encoded.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c_059_only_what_runs_nothing_is_shown() {
        for (given, served, inline) in [
            ("image/jpeg", "image/jpeg", true),
            ("IMAGE/PNG", "image/png", true),
            ("audio/ogg; codecs=opus", "audio/ogg", true),
            ("audio/x-m4a", "audio/x-m4a", true),
            ("video/mp4", "video/mp4", true),
            ("application/pdf", "application/pdf", true),
            ("image/svg+xml", "application/octet-stream", false),
            ("text/html", "application/octet-stream", false),
            ("text/plain", "application/octet-stream", false),
            ("application/xhtml+xml", "application/octet-stream", false),
            ("audio/", "application/octet-stream", false),
            ("audio/\r\nX-Evil: 1", "application/octet-stream", false),
            ("image/jpeg, text/html", "application/octet-stream", false),
            ("", "application/octet-stream", false),
        ] {
            let (disposition, kind) = of(given, None);
            assert_eq!(
                (kind.as_str(), disposition.as_str()),
                (served, if inline { "inline" } else { "attachment" }),
                "{given:?}"
            );
        }
    }

    #[test]
    fn c_060_names_are_names() {
        for (given, disposition) in [
            (Some("bill.pdf"), "inline; filename=\"bill.pdf\"; filename*=UTF-8''bill.pdf"),
            (Some("बिल 1.pdf"), "inline; filename=\"___ 1.pdf\"; filename*=UTF-8''%E0%A4%AC%E0%A4%BF%E0%A4%B2%201.pdf"),
            (Some("../../etc/passwd"), "inline; filename=\"passwd\"; filename*=UTF-8''passwd"),
            (Some("a\\b\\c.pdf"), "inline; filename=\"c.pdf\"; filename*=UTF-8''c.pdf"),
            (Some("a\"; x=\"y.pdf"), "inline; filename=\"a_; x=_y.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%22y.pdf"),
            (Some("a\r\nSet-Cookie: x"), "inline; filename=\"aSet-Cookie: x\"; filename*=UTF-8''aSet-Cookie%3A%20x"),
            (Some("/"), "inline"),
            (Some("\0"), "inline"),
            (None, "inline"),
        ] {
            assert_eq!(of("application/pdf", given).0, disposition, "{given:?}");
        }
    }
}
