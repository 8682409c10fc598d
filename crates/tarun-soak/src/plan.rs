//! What will be said and what will break, when: everything that follows from the seed. Pure.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub shops: usize,
    pub contacts: usize,
    pub messages: usize,
    /// Over which the messages are spread and in which the faults strike.
    pub span: Duration,
}

/// One customer's text to one business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    pub token: String,
    pub wamid: String,
    /// After the start of the run; the provider's timestamp is the second in which it lies.
    pub at: Duration,
}

/// One webhook.
#[derive(Debug, Clone)]
pub struct Post {
    pub sayings: Vec<Saying>,
    /// Sent a second time, so long after the first time.
    pub again_after: Option<Duration>,
}

impl Post {
    /// When it is due: Meta sends nothing before it was said.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.sayings.iter().map(|s| s.at).max().unwrap_or_default()
    }
}

/// A customer of one business, with what he says in the order in which it is posted.
#[derive(Debug, Clone)]
pub struct Contact {
    pub shop: usize,
    /// Digits. The same person may write to several businesses.
    pub phone: String,
    pub posts: Vec<Post>,
}

/// How the provider misbehaves for its next calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    DropAccepted,
    Drop,
    Unavailable,
    TooMany,
    Slow,
    GarbledAccepted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    KillServer,
    RestartServer,
    KillWorker,
    KillAllWorkers,
    RestartWorker,
    /// Longer than a lease lasts, so that somebody else takes over before it goes on.
    FreezeWorker,
    KillPostgres,
    RestartPostgres,
    KillValkey,
    RestartValkey,
    FlushValkey,
    WipeValkey,
    /// The whole machine: server, workers and both servers below them.
    KillEverything,
    Provider(Misbehaviour),
}

impl Fault {
    /// Each once in a round; the freeze comes first, because it lasts.
    const ALL: [Self; 19] = [
        Self::FreezeWorker,
        Self::KillServer,
        Self::RestartServer,
        Self::KillWorker,
        Self::KillAllWorkers,
        Self::RestartWorker,
        Self::KillPostgres,
        Self::RestartPostgres,
        Self::KillValkey,
        Self::RestartValkey,
        Self::FlushValkey,
        Self::WipeValkey,
        Self::KillEverything,
        Self::Provider(Misbehaviour::DropAccepted),
        Self::Provider(Misbehaviour::Drop),
        Self::Provider(Misbehaviour::Unavailable),
        Self::Provider(Misbehaviour::TooMany),
        Self::Provider(Misbehaviour::Slow),
        Self::Provider(Misbehaviour::GarbledAccepted),
    ];
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub contacts: Vec<Contact>,
    /// In the order of time.
    pub faults: Vec<(Duration, Fault)>,
}

/// Chances in a hundred.
const TWICE: u32 = 10;
const LATE: u32 = 10;
const TOGETHER: u32 = 15;
/// Longest gap between a webhook and its second delivery.
const AGAIN_WITHIN: Duration = Duration::from_secs(8);
/// Faults keep at least so far apart on average.
const APART: Duration = Duration::from_millis(3500);

impl Plan {
    #[must_use]
    pub fn of(seed: u64, size: Size) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let shops = size.shops.max(1);
        let mut times: Vec<Vec<Duration>> = vec![vec![]; size.contacts.max(1)];
        for _ in 0..size.messages {
            let who = rng.random_range(0..times.len());
            times[who].push(size.span.mul_f64(rng.random_range(0.0..1.0)));
        }
        let contacts = times
            .into_iter()
            .enumerate()
            .map(|(n, mut times)| {
                times.sort_unstable();
                let sayings = times.into_iter().enumerate().map(|(i, at)| Saying {
                    token: format!("tok{seed:x}c{n}m{i}x"),
                    wamid: format!("wamid.SOAK{seed:x}.{n}.{i}"),
                    at,
                });
                Contact {
                    shop: n % shops,
                    phone: format!("9198{:08}", n / shops),
                    posts: posts(&mut rng, sayings.collect()),
                }
            })
            .collect();
        Self { contacts, faults: faults(&mut rng, size.span) }
    }
}

fn chance(rng: &mut StdRng, percent: u32) -> bool {
    rng.random_range(0..100) < percent
}

/// Webhooks of one customer: some hold several texts, some are late, some come twice.
fn posts(rng: &mut StdRng, sayings: Vec<Saying>) -> Vec<Post> {
    let mut posts: Vec<Post> = vec![];
    for saying in sayings {
        match posts.last_mut() {
            Some(last) if last.sayings.len() < 4 && chance(rng, TOGETHER) => last.sayings.push(saying),
            _ => {
                let again_after = chance(rng, TWICE).then(|| AGAIN_WITHIN.mul_f64(rng.random_range(0.0..1.0)));
                posts.push(Post { sayings: vec![saying], again_after });
            }
        }
    }
    let mut n = 0;
    while n + 1 < posts.len() {
        if chance(rng, LATE) {
            posts.swap(n, n + 1);
            n += 1;
        }
        n += 1;
    }
    posts
}

/// As many faults as there is room for, each kind before any comes again.
fn faults(rng: &mut StdRng, span: Duration) -> Vec<(Duration, Fault)> {
    let room = usize::try_from(span.as_millis() / APART.as_millis()).unwrap_or(usize::MAX).clamp(1, 1000);
    let mut kinds: Vec<Fault> = vec![];
    while kinds.len() < room {
        let mut round = Fault::ALL;
        // A freeze is over before the next round's begins.
        round[1..].shuffle(rng);
        kinds.extend(round);
    }
    kinds.truncate(room);
    let slot = span.div_f64(room as f64);
    kinds
        .into_iter()
        .enumerate()
        .map(|(n, fault)| (slot.mul_f64(n as f64 + rng.random_range(0.2..0.8)), fault))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { shops: 3, contacts: 50, messages: 3000, span: Duration::from_secs(75) };

    #[test]
    fn a_seed_makes_the_same_plan_again_and_another_seed_another() {
        let text = |seed| format!("{:?}", Plan::of(seed, SIZE));
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
    }

    #[test]
    fn everything_is_said_once_by_one_and_nothing_is_due_before_it_is_said() {
        let plan = Plan::of(1, SIZE);
        let posts: Vec<&Post> = plan.contacts.iter().flat_map(|c| &c.posts).collect();
        let mut tokens: Vec<&str> = posts.iter().flat_map(|p| p.sayings.iter().map(|s| s.token.as_str())).collect();
        tokens.sort_unstable();
        tokens.dedup();
        assert_eq!(tokens.len(), SIZE.messages);
        assert!(posts.iter().all(|p| p.sayings.iter().all(|s| s.at <= p.due())));
        assert!(posts.iter().filter(|p| p.again_after.is_some()).count() > 150);
        assert!(posts.iter().any(|p| p.sayings.len() > 1));
        let late = |c: &Contact| c.posts.windows(2).any(|w| w[0].due() > w[1].due());
        assert!(plan.contacts.iter().filter(|c| late(c)).count() > 10);
    }

    #[test]
    fn each_kind_of_fault_strikes_within_the_span() {
        let plan = Plan::of(1, SIZE);
        for kind in Fault::ALL {
            assert!(plan.faults.iter().any(|(_, f)| *f == kind), "{kind:?}");
        }
        assert!(plan.faults.windows(2).all(|w| w[0].0 <= w[1].0) && plan.faults.iter().all(|(at, _)| *at < SIZE.span));
    }
}
