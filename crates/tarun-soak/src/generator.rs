//! Meta's side of inbound messages: signs, posts, and posts again until it is told 200.

use crate::plan::{Contact, Post};
use crate::shop::{Shop, Text};
use anyhow::bail;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Webhooks under way at the same time.
const AT_ONCE: usize = 48;
/// Meta comes again with growing gaps; a run has less time than Meta.
const FIRST_GAP: Duration = Duration::from_millis(200);
const LONGEST_GAP: Duration = Duration::from_secs(2);
/// A webhook that is not taken for so long shows that something does not heal.
const GIVE_UP: Duration = Duration::from_secs(120);

/// A text that was accepted: answered 200.
#[derive(Debug, Clone)]
pub struct Heard {
    pub shop: usize,
    /// Index of the contact in the plan.
    pub contact: usize,
    pub token: String,
    pub wamid: String,
    /// The provider's timestamp, seconds since 1970.
    pub said: i64,
    /// Since the start: when it was first posted, and when it was first answered 200.
    pub posted: Duration,
    pub acked: Duration,
    /// Its place within its webhook.
    pub place: usize,
}

/// What came of the posts, counted while they go.
#[derive(Debug, Default)]
pub struct Tally {
    pub accepted: AtomicU64,
    pub unavailable: AtomicU64,
    /// Answered neither 200 nor 503.
    pub odd: AtomicU64,
    /// No answer: the connection broke or was refused.
    pub broken: AtomicU64,
    pub in_flight: AtomicU64,
    /// Longest wait for an answer, milliseconds.
    pub slowest: AtomicU64,
}

/// The moments of a run.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    pub begun: Instant,
    pub wall: OffsetDateTime,
}

impl Watch {
    /// A run that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { begun: Instant::now(), wall: OffsetDateTime::now_utc() }
    }

    pub async fn until(&self, at: Duration) {
        tokio::time::sleep_until((self.begun + at).into()).await;
    }
}

/// Posts all that a plan's contacts say; returns what was accepted.
pub async fn run(
    shops: Arc<Vec<Shop>>,
    contacts: Arc<Vec<Contact>>,
    watch: Watch,
    tally: Arc<Tally>,
) -> anyhow::Result<Vec<Heard>> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut people = JoinSet::new();
    for n in 0..contacts.len() {
        let (shops, contacts, slots, tally) = (shops.clone(), contacts.clone(), slots.clone(), tally.clone());
        people.spawn(async move {
            let contact = &contacts[n];
            let shop = &shops[contact.shop];
            let mut heard = vec![];
            let mut again = JoinSet::new();
            for post in &contact.posts {
                watch.until(post.due()).await;
                let body = body(shop, contact, post, watch);
                if let Some(after) = post.again_after {
                    let (shop, body, slots, tally) = (shop.clone(), body.clone(), slots.clone(), tally.clone());
                    again.spawn(async move {
                        tokio::time::sleep(after).await;
                        deliver(&shop, &body, &slots, &tally).await
                    });
                }
                let posted = watch.begun.elapsed();
                deliver(shop, &body, &slots, &tally).await?;
                let acked = watch.begun.elapsed();
                heard.extend(post.sayings.iter().enumerate().map(|(place, s)| Heard {
                    shop: contact.shop,
                    contact: n,
                    token: s.token.clone(),
                    wamid: s.wamid.clone(),
                    said: (watch.wall + s.at).unix_timestamp(),
                    posted,
                    acked,
                    place,
                }));
            }
            while let Some(done) = again.join_next().await {
                done??;
            }
            anyhow::Ok(heard)
        });
    }
    let mut all = vec![];
    while let Some(heard) = people.join_next().await {
        all.extend(heard??);
    }
    Ok(all)
}

fn body(shop: &Shop, contact: &Contact, post: &Post, watch: Watch) -> String {
    let texts: Vec<Text<'_>> = post
        .sayings
        .iter()
        .map(|s| Text {
            from: &contact.phone,
            wamid: &s.wamid,
            at: (watch.wall + s.at).unix_timestamp(),
            body: &s.token,
        })
        .collect();
    shop.webhook(&texts)
}

async fn deliver(shop: &Shop, body: &str, slots: &Semaphore, tally: &Tally) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut gap = FIRST_GAP;
    loop {
        let status = {
            let _slot = slots.acquire().await?;
            tally.in_flight.fetch_add(1, Ordering::Relaxed);
            let asked = Instant::now();
            let status = shop.post(body).await;
            tally.in_flight.fetch_sub(1, Ordering::Relaxed);
            tally.slowest.fetch_max(u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
            status
        };
        let counter = match status {
            Ok(200) => {
                tally.accepted.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Ok(503) => &tally.unavailable,
            Ok(_) => &tally.odd,
            Err(_) => &tally.broken,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if begun.elapsed() > GIVE_UP {
            bail!("a webhook is not taken for {GIVE_UP:?}: {status:?}");
        }
        tokio::time::sleep(gap).await;
        gap = (gap * 2).min(LONGEST_GAP);
    }
}
