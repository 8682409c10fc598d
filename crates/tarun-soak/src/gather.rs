//! The lists to compare, from outside: the API for what is shown, the simulator's own file for what the provider saw.

use crate::shop::Shop;
use anyhow::Context;
use futures::StreamExt;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Conversations read at the same time.
const AT_ONCE: usize = 6;

/// A message as a person sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub id: String,
    pub inbound: bool,
    pub body: String,
    pub status: String,
    pub client_key: Option<String>,
}

/// A conversation as its owner sees it, oldest message first.
#[derive(Debug, Clone)]
pub struct Thread {
    pub shop: usize,
    pub id: String,
    pub phone: String,
    pub unread: i64,
    pub messages: Vec<Shown>,
}

/// A send call as the provider saw it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Our id of the message, out of `biz_opaque_callback_data`.
    pub message: Option<String>,
    pub accepted: bool,
    pub wamid: Option<String>,
    /// Order in which the provider took them.
    pub seq: u64,
}

/// What the simulator wrote down.
#[derive(Debug, Default)]
pub struct Provider {
    pub calls: Vec<Call>,
    /// The highest state of each message that was reported and answered 200, by the provider's id.
    pub reported: HashMap<String, u8>,
}

/// How far a state is on its way; the same for reports and for what is shown.
#[must_use]
pub fn rank(state: &str) -> u8 {
    match state.to_ascii_lowercase().as_str() {
        "sent" => 1,
        "delivered" => 2,
        "read" | "played" => 3,
        _ => 0,
    }
}

/// Reads every conversation of a business through the API, as its owner.
pub async fn threads(shop: &Shop) -> anyhow::Result<Vec<Thread>> {
    let token = shop.sign_in().await?;
    let rows = shop.all("conversations", &token).await?;
    let token = token.as_str();
    let read =
        futures::stream::iter(rows).map(|row| async move { thread(shop, &row, token).await }).buffer_unordered(AT_ONCE);
    read.collect::<Vec<_>>().await.into_iter().collect()
}

async fn thread(shop: &Shop, row: &Value, token: &str) -> anyhow::Result<Thread> {
    let id = row["id"].as_str().context("a conversation's id")?.to_owned();
    let mut messages: Vec<Shown> =
        shop.all(&format!("conversations/{id}/messages"), token).await?.iter().map(shown).collect();
    // The API gives the newest first.
    messages.reverse();
    let phone = row["contact"]["phone"].as_str().unwrap_or_default().trim_start_matches('+').to_owned();
    Ok(Thread { shop: shop.index, id, phone, unread: row["unread_count"].as_i64().unwrap_or(-1), messages })
}

fn shown(message: &Value) -> Shown {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Shown {
        id: text(&message["id"]),
        inbound: message["direction"] == "INBOUND",
        body: text(&message["content"]["body"]),
        status: text(&message["status"]),
        client_key: message["client_key"].as_str().map(str::to_owned),
    }
}

/// Reads the simulator's file.
pub fn provider(record: &Path) -> anyhow::Result<Provider> {
    let mut found = Provider::default();
    for line in BufReader::new(std::fs::File::open(record)?).lines() {
        let line: Value = serde_json::from_str(&line?)?;
        match line["record"].as_str() {
            Some("call") => found.calls.push(Call {
                message: line["callback"].as_str().and_then(|c| c.strip_prefix("tarun:")).map(str::to_owned),
                accepted: line["accepted"] == true,
                wamid: line["wamid"].as_str().map(str::to_owned),
                seq: line["seq"].as_u64().unwrap_or_default(),
            }),
            Some("webhook") if line["http_status"] == 200 => {
                for about in line["about"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if let Some((wamid, state)) = about.rsplit_once(':') {
                        let highest = found.reported.entry(wamid.to_owned()).or_default();
                        *highest = rank(state).max(*highest);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}
