//! What happened, for tests to compare: every send call and every webhook attempt, in memory (newest 50,000 of each) and, when
//! asked for, in a file of JSON lines that outlives a kill of this process.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::Value;

/// One call of `POST /{phone_number_id}/messages` that was not a read receipt.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Call {
    pub(crate) seq: u64,
    /// Milliseconds since 1970, when the request had been read.
    pub(crate) at_ms: i64,
    pub(crate) phone_number_id: String,
    /// The customer's number or user id as the simulator understood it.
    pub(crate) recipient: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// `biz_opaque_callback_data`.
    pub(crate) callback: Option<String>,
    /// Whether a message came into being; independent of what the answer looked like.
    pub(crate) accepted: bool,
    pub(crate) wamid: Option<String>,
    /// HTTP status of the answer; `null` when the connection was cut instead.
    pub(crate) http_status: Option<u16>,
    /// Meta's error code in the answer.
    pub(crate) code: Option<i64>,
    /// Name of the scripted behaviour that shaped the answer.
    pub(crate) behaviour: Option<&'static str>,
    pub(crate) body: Value,
}

/// One POST to a callback URL.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Attempt {
    pub(crate) seq: u64,
    pub(crate) at_ms: i64,
    /// The delivery this attempt belongs to; retries share it.
    pub(crate) delivery: u64,
    pub(crate) attempt: u32,
    pub(crate) url: String,
    /// Messages and statuses inside, as `wamid` or `wamid:status`.
    pub(crate) about: Vec<String>,
    pub(crate) http_status: Option<u16>,
    pub(crate) error: Option<String>,
    /// How long the receiver took to answer.
    pub(crate) took_ms: u64,
}

#[derive(Debug, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Line<'a> {
    Call(&'a Call),
    Webhook(&'a Attempt),
}

#[derive(Debug, Default)]
struct Kept {
    calls: VecDeque<Call>,
    attempts: VecDeque<Attempt>,
    seq: u64,
    file: Option<File>,
}

#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Kept>);

impl Record {
    const MOST: usize = 50_000;

    /// Opens the file for appending, if any.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        Ok(Self(Mutex::new(Kept { file, ..Kept::default() })))
    }

    /// Keeps a call; must happen before its answer leaves, so that no client knows more than the record.
    pub(crate) fn call(&self, mut call: Call) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.seq += 1;
        call.seq = kept.seq;
        kept.append(&Line::Call(&call));
        kept.calls.push_back(call);
        if kept.calls.len() > Self::MOST {
            kept.calls.pop_front();
        }
    }

    pub(crate) fn attempt(&self, mut attempt: Attempt) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.seq += 1;
        attempt.seq = kept.seq;
        kept.append(&Line::Webhook(&attempt));
        kept.attempts.push_back(attempt);
        if kept.attempts.len() > Self::MOST {
            kept.attempts.pop_front();
        }
    }

    /// Calls after `since`, oldest first, at most `limit`.
    pub(crate) fn calls(&self, since: u64, limit: usize) -> Vec<Call> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.calls.iter().filter(|call| call.seq > since).take(limit).cloned().collect()
    }

    pub(crate) fn attempts(&self, since: u64, limit: usize) -> Vec<Attempt> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.attempts.iter().filter(|attempt| attempt.seq > since).take(limit).cloned().collect()
    }
}

impl Kept {
    /// One write per line and no buffer: what has been written survives the death of this process.
    fn append(&mut self, line: &Line<'_>) {
        let Some(file) = &mut self.file else { return };
        let mut text = match serde_json::to_vec(line) {
            Ok(text) => text,
            Err(error) => return tracing::error!(%error, "a record could not be written as JSON"),
        };
        text.push(b'\n');
        if let Err(error) = file.write_all(&text) {
            tracing::error!(%error, "the record file could not be written");
        }
    }
}
