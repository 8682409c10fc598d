//! Lists in pages: opaque cursors that stay right while rows are added.

use super::problem::ApiError;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tarun_api::page::{Page, PageQuery};
use tarun_store::Cursor;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

const DEFAULT: u16 = 50;
const MAX: u16 = 200;

/// Which page is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    pub after: Option<Cursor>,
    limit: u16,
}

impl Paging {
    /// From a list's own parameters.
    pub fn new(cursor: Option<&str>, limit: Option<u16>) -> Result<Self, ApiError> {
        let limit = limit.unwrap_or(DEFAULT);
        if !(1..=MAX).contains(&limit) {
            let detail = format!("limit must be 1 to {MAX}.");
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_parameter", detail));
        }
        Ok(Self { after: cursor.map(decode).transpose()?, limit })
    }

    /// How many rows to ask the database for: one more than shown tells whether there is a next page.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page of these rows, whose place in the list `place` tells.
    pub fn page<R, T: ToSchema>(&self, rows: Vec<R>, place: impl Fn(&R) -> Cursor, show: impl Fn(R) -> T) -> Page<T> {
        let shown = usize::from(self.limit);
        let next_cursor = if rows.len() > shown { rows.get(shown - 1).map(|last| encode(place(last))) } else { None };
        Page { data: rows.into_iter().take(shown).map(show).collect(), next_cursor }
    }
}

impl TryFrom<&PageQuery> for Paging {
    type Error = ApiError;

    fn try_from(query: &PageQuery) -> Result<Self, ApiError> {
        Self::new(query.cursor.as_deref(), query.limit)
    }
}

/// Microseconds since 1970, as the database counts, and the id.
#[must_use]
pub fn encode(cursor: Cursor) -> String {
    let micros = i64::try_from(cursor.at.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX);
    URL_SAFE_NO_PAD.encode([micros.to_be_bytes().as_slice(), cursor.id.as_bytes()].concat())
}

pub fn decode(text: &str) -> Result<Cursor, ApiError> {
    let bad = || {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_cursor", "This cursor is none of ours: start again without one.")
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    let (micros, id) = bytes.split_at_checked(8).ok_or_else(bad)?;
    let micros = i64::from_be_bytes(micros.try_into().map_err(|_| bad())?);
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).map_err(|_| bad())?;
    // PostgreSQL's own range is narrower at the far end than any row's time can be.
    if !(0..=9999).contains(&at.year()) {
        return Err(bad());
    }
    Ok(Cursor { at, id: Uuid::from_slice(id).map_err(|_| bad())? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn cursors_come_back_and_foreign_ones_are_refused() {
        let cursor = Cursor { at: datetime!(2026-02-26 12:00:05.123456 UTC), id: Uuid::now_v7() };
        assert_eq!(decode(&encode(cursor)).unwrap(), cursor);
        for bad in ["", "x", "नमस्ते", "AAAA", &"A".repeat(33), &format!("{}A", encode(cursor)), &"f".repeat(32)]
        {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_page_ends_where_the_rows_do() {
        let row = |n: i64| Cursor { at: OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(n), id: Uuid::now_v7() };
        let paging = Paging::new(None, Some(2)).unwrap();
        assert_eq!(paging.rows(), 3);
        for (rows, shown, more) in [(0, 0, false), (1, 1, false), (2, 2, false), (3, 2, true)] {
            let rows: Vec<Cursor> = (0..rows).map(row).collect();
            let page = paging.page(rows.clone(), |r| *r, |r| r.id.to_string());
            assert_eq!((page.data.len(), page.next_cursor.is_some()), (shown, more));
            if let Some(next) = page.next_cursor {
                assert_eq!(decode(&next).unwrap(), rows[shown - 1]);
            }
        }
        assert!(Paging::new(None, Some(0)).is_err() && Paging::new(None, Some(201)).is_err());
    }
}
