//! People who reply while everything breaks, and who press "send" again when no answer comes.

use crate::generator::Watch;
use crate::shop::Shop;
use anyhow::bail;
use reqwest::Method;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Agents of each business.
const AGENTS: usize = 3;
const GAP: Duration = Duration::from_millis(300);
/// A reply that is not taken for so long shows that something does not heal.
const GIVE_UP: Duration = Duration::from_secs(120);

/// A reply that the API accepted: answered 201.
#[derive(Debug, Clone)]
pub struct Said {
    pub shop: usize,
    /// The `Idempotency-Key`.
    pub key: String,
    pub conversation: String,
    /// Ours.
    pub message: String,
    pub posted: Duration,
    pub acked: Duration,
}

/// Counted while they go.
#[derive(Debug, Default)]
pub struct Tally {
    pub accepted: AtomicU64,
    /// Asked again with the same key after an error or no answer.
    pub asked_again: AtomicU64,
}

/// What the agents achieved.
#[derive(Debug, Default)]
pub struct Outcome {
    pub said: Vec<Said>,
    /// Replies that were refused for good, with the answer: none is expected.
    pub refused: Vec<String>,
}

/// Sends `replies` replies, spread over the span, to conversations as they appear.
pub async fn run(
    shops: Arc<Vec<Shop>>,
    replies: usize,
    span: Duration,
    watch: Watch,
    tally: Arc<Tally>,
) -> anyhow::Result<Outcome> {
    let agents = shops.len() * AGENTS;
    let mut people = JoinSet::new();
    for agent in 0..agents {
        let (shops, tally) = (shops.clone(), tally.clone());
        people.spawn(async move {
            let shop = &shops[agent % shops.len()];
            let mut own = Outcome::default();
            let mut threads: Vec<String> = vec![];
            for n in (agent..replies).step_by(agents) {
                watch.until(span.mul_f64(n as f64 / replies as f64)).await;
                if threads.len() < 20 || n % 5 == 0 {
                    threads = conversations(shop).await.unwrap_or(threads);
                }
                let Some(thread) = threads.get((n / agents) % threads.len().max(1)) else { continue };
                let key = format!("reply-{n}");
                let posted = watch.begun.elapsed();
                match reply(shop, thread, &key, &tally).await? {
                    Ok(message) => {
                        let acked = watch.begun.elapsed();
                        own.said.push(Said {
                            shop: shop.index,
                            key,
                            conversation: thread.clone(),
                            message,
                            posted,
                            acked,
                        });
                    }
                    Err(answer) => own.refused.push(format!("{key}: {answer}")),
                }
            }
            anyhow::Ok(own)
        });
    }
    let mut all = Outcome::default();
    while let Some(own) = people.join_next().await {
        let own = own??;
        all.said.extend(own.said);
        all.refused.extend(own.refused);
    }
    Ok(all)
}

/// Conversations as the inbox shows them; an error keeps the old list.
async fn conversations(shop: &Shop) -> anyhow::Result<Vec<String>> {
    let page = shop.call(Method::GET, "conversations?limit=100", &shop.key, &Value::Null).await?;
    Ok(page["data"].as_array().into_iter().flatten().filter_map(|c| c["id"].as_str().map(str::to_owned)).collect())
}

/// One reply with one key, asked for until there is an answer that settles it.
async fn reply(shop: &Shop, conversation: &str, key: &str, tally: &Tally) -> anyhow::Result<Result<String, String>> {
    let begun = Instant::now();
    loop {
        let answer = shop.reply(conversation, key, &format!("answer {key}")).await;
        match answer {
            Ok((201, message)) => {
                tally.accepted.fetch_add(1, Ordering::Relaxed);
                return Ok(message["id"].as_str().map(str::to_owned).ok_or_else(|| message.to_string()));
            }
            Ok((429 | 500.., _)) | Err(_) => {}
            Ok((status, body)) => return Ok(Err(format!("{status} {body}"))),
        }
        if begun.elapsed() > GIVE_UP {
            bail!("{key} is not taken for {GIVE_UP:?}");
        }
        tally.asked_again.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(GAP).await;
    }
}
