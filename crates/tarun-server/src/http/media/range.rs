//! Parts of a file (RFC 9110, 14). One part at a time; whoever asks for several gets the whole, which the standard allows.

use axum::http::{HeaderMap, header};

/// First and last byte, both included; `None` is the whole file.
pub type Part = Option<(u64, u64)>;

/// The file has nothing of what is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsatisfiable;

/// Which part the headers ask for. What is no range for bytes is ignored.
pub fn part(headers: &HeaderMap, etag: &str, size: u64) -> Result<Part, Unsatisfiable> {
    let mut all = headers.get_all(header::RANGE).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return Ok(None) };
    // A part of another version would be added to the wrong file.
    if headers.get(header::IF_RANGE).is_some_and(|tag| tag.as_bytes() != etag.as_bytes()) {
        return Ok(None);
    }
    one.to_str().map_or(Ok(None), |text| read(text, size))
}

fn read(text: &str, size: u64) -> Result<Part, Unsatisfiable> {
    let Some((unit, wanted)) = text.split_once('=') else { return Ok(None) };
    let Some((from, to)) = wanted.trim().split_once('-') else { return Ok(None) };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ok(None);
    }
    match (number(from), number(to)) {
        (Some(Some(from)), Some(to)) => {
            if to.is_some_and(|to| to < from) {
                return Ok(None);
            }
            if from >= size {
                return Err(Unsatisfiable);
            }
            Ok(Some((from, to.unwrap_or(u64::MAX).min(size - 1))))
        }
        (Some(None), Some(Some(last))) => {
            if last == 0 || size == 0 {
                return Err(Unsatisfiable);
            }
            Ok(Some((size.saturating_sub(last), size - 1)))
        }
        _ => Ok(None),
    }
}

/// `None`: no number. `Some(None)`: nothing there. Numbers beyond 64 bits count as the largest.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    text.bytes().all(|b| b.is_ascii_digit()).then(|| Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(header::HeaderName, &str)], size: u64) -> Result<Part, Unsatisfiable> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().unwrap());
        }
        part(&headers, "\"a\"", size)
    }

    #[test]
    fn parts() {
        for (text, part) in [
            ("bytes=0-", Ok(Some((0, 99)))),
            ("bytes=0-0", Ok(Some((0, 0)))),
            ("Bytes = 10-19", Ok(Some((10, 19)))),
            ("bytes=90-200", Ok(Some((90, 99)))),
            ("bytes=99-99999999999999999999999", Ok(Some((99, 99)))),
            ("bytes=-1", Ok(Some((99, 99)))),
            ("bytes=-500", Ok(Some((0, 99)))),
            ("bytes=100-", Err(Unsatisfiable)),
            ("bytes=99999999999999999999999-", Err(Unsatisfiable)),
            ("bytes=-0", Err(Unsatisfiable)),
            ("bytes=20-10", Ok(None)),
            ("bytes=0-1,3-4", Ok(None)),
            ("bytes=-", Ok(None)),
            ("bytes=+1-2", Ok(None)),
            ("bytes=0x1-2", Ok(None)),
            ("bytes", Ok(None)),
            ("items=0-1", Ok(None)),
            ("", Ok(None)),
        ] {
            assert_eq!(asked(&[(header::RANGE, text)], 100), part, "{text:?}");
        }
        assert_eq!(asked(&[], 100), Ok(None));
        assert_eq!(asked(&[(header::RANGE, "bytes=0-1"), (header::RANGE, "bytes=0-1")], 100), Ok(None), "two headers");
        assert_eq!(asked(&[(header::RANGE, "bytes=0-")], 0), Err(Unsatisfiable));
        assert_eq!(asked(&[(header::RANGE, "bytes=-5")], 0), Err(Unsatisfiable));
    }

    #[test]
    fn a_part_of_another_version_is_not_given() {
        assert_eq!(asked(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, "\"a\"")], 100), Ok(Some((0, 1))));
        assert_eq!(asked(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, "\"b\"")], 100), Ok(None));
        let date = "Thu, 26 Feb 2026 12:00:00 GMT";
        assert_eq!(asked(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, date)], 100), Ok(None));
    }
}
