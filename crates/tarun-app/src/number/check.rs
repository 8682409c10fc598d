//! Asking WhatsApp whether a number is connected rightly.

use super::finding::{self, Blame, Item, NoAnswer, State};
use crate::acting::{ActError, Acting};
use crate::{App, audit};
use serde_json::json;
use tarun_core::ids::NumberId;
use tarun_core::policy::Action;
use tarun_core::secret::Secret;
use tarun_providers::http::{HttpRequest, HttpResponse};
use tarun_providers::whatsapp::{
    AccountNumbers, CallFailed, NumberFacts, SendingNumber, SubscribedApp, TokenFacts, Unsendable, account_numbers,
    number_facts, read_account_numbers, read_number_facts, read_subscribed_apps, read_success, read_token_facts,
    subscribe_app, subscribed_apps, token_facts,
};
use tarun_store::number::{self, Number};
use time::OffsetDateTime;

/// The checklist's answer.
#[derive(Debug)]
pub struct Check {
    /// Nothing failed; something may still be awaited.
    pub ok: bool,
    pub items: Vec<Item>,
}

const NOT_LOOKED_AT: &str = "Not looked at: it needs an access token that works.";

/// Asks WhatsApp about a number and its token, subscribes the token's app if nobody had, and keeps what was learned.
///
/// What goes wrong on the way is a line of the checklist, not an error.
pub async fn check(app: &App, acting: &Acting, id: NumberId) -> Result<Check, ActError> {
    acting.require(Action::ManageNumber)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let known = number::get(&mut tx, id).await?.ok_or(ActError::NotFound("number"))?;
    tx.commit().await?;

    // No transaction is open while WhatsApp is asked.
    let found = ask(app, &known).await;
    let now = app.clock.now();
    let mut items =
        vec![token(&found, now), about_number(&known, &found), account(&known, &found), subscribed(app, &found)];
    let works = items.iter().all(|i| matches!(i.state, State::Passed | State::Warning));
    items.push(received(&known));

    keep(app, acting, &known, &found, works).await?;
    Ok(Check { ok: items.iter().all(|i| i.state != State::Failed), items })
}

struct Found {
    /// Not every token may ask about itself: without an answer, what the others say has to do.
    token: Option<TokenFacts>,
    facts: Result<NumberFacts, NoAnswer>,
    numbers: Result<AccountNumbers, NoAnswer>,
    apps: Result<Vec<SubscribedApp>, NoAnswer>,
    /// `None`: it was not needed.
    subscribing: Option<Result<(), NoAnswer>>,
}

async fn ask(app: &App, number: &Number) -> Found {
    let sending = SendingNumber { phone_number_id: number.phone_number_id.clone() };
    let token = &number.access_token;
    let (about_token, facts, numbers, apps) = tokio::join!(
        call(app, token, Ok(token_facts(token)), read_token_facts),
        call(app, token, number_facts(&sending), read_number_facts),
        call(app, token, account_numbers(&number.waba_id), read_account_numbers),
        call(app, token, subscribed_apps(&number.waba_id), read_subscribed_apps),
    );
    let about_token = about_token.ok();
    let own = about_token.as_ref().and_then(|facts| facts.app_id.as_deref());
    let subscribing = match &apps {
        Ok(apps) if finding::is_unsubscribed(apps, own) => {
            Some(call(app, token, subscribe_app(&number.waba_id), read_success).await)
        }
        _ => None,
    };
    Found { token: about_token, facts, numbers, apps, subscribing }
}

async fn call<T>(
    app: &App,
    token: &Secret,
    request: Result<HttpRequest, Unsendable>,
    read: impl Fn(&HttpResponse) -> Result<T, CallFailed>,
) -> Result<T, NoAnswer> {
    let request = request.map_err(|_| NoAnswer::NotAsked)?;
    let response = app.provider.graph(token, request).await.map_err(NoAnswer::Call)?;
    read(&response).map_err(NoAnswer::Failed)
}

fn item(code: &'static str, title: &'static str, (state, detail): (State, String)) -> Item {
    Item { code, title, state, detail }
}

fn token(found: &Found, now: OffsetDateTime) -> Item {
    let answers = [found.facts.as_ref().err(), found.apps.as_ref().err()];
    let failed = |blame| answers.into_iter().flatten().find(|no| no.blame() == blame);
    let state = match (failed(Blame::Token), failed(Blame::Connection)) {
        (Some(no), _) => (State::Failed, no.words()),
        (None, Some(no)) if found.facts.is_err() && found.apps.is_err() => (State::Failed, no.words()),
        _ => finding::token(found.token.as_ref(), now),
    };
    item("token", "Access token", state)
}

fn about_number(known: &Number, found: &Found) -> Item {
    let state = match &found.facts {
        Ok(facts) => finding::number(&known.phone_number_id, facts),
        Err(no) => unless_token(no),
    };
    item("number", "Phone number", state)
}

fn account(known: &Number, found: &Found) -> Item {
    let state = match (&found.apps, &found.numbers) {
        (Ok(_), Ok(numbers)) => finding::account(&known.phone_number_id, numbers),
        (Err(no), _) | (Ok(_), Err(no)) => unless_token(no),
    };
    item("waba", "WhatsApp Business account", state)
}

fn subscribed(app: &App, found: &Found) -> Item {
    let state = match (&found.apps, &found.subscribing) {
        (_, Some(Ok(()))) => (State::Passed, "Tarun has just subscribed the app to the account.".into()),
        (_, Some(Err(no))) => (State::Failed, no.words()),
        (Ok(apps), None) => finding::subscription(apps, &app.public_url),
        (Err(_), None) => (State::Waiting, "Not looked at: it needs an account that can be reached.".into()),
    };
    item("subscription", "Subscription to messages", state)
}

fn unless_token(no: &NoAnswer) -> (State, String) {
    match no.blame() {
        Blame::Token => (State::Waiting, NOT_LOOKED_AT.into()),
        Blame::Subject | Blame::Connection => (State::Failed, no.words()),
    }
}

fn received(known: &Number) -> Item {
    let state = match known.last_webhook_at {
        Some(_) => (State::Passed, "WhatsApp's notifications arrive.".into()),
        None => {
            (State::Waiting, "Nothing has arrived yet. Enter the callback URL and the verify token at Meta, then write to the number from any phone.".into())
        }
    };
    item("webhook_received", "Messages arrive", state)
}

/// Keeps what WhatsApp told; a number with which all is well is no longer paused.
async fn keep(app: &App, acting: &Acting, before: &Number, found: &Found, works: bool) -> Result<(), ActError> {
    let mut tx = app.store.begin(&acting.ctx).await?;
    // It may have been changed or removed meanwhile.
    let Some(mut now) = number::lock(&mut tx, before.id).await? else { return Err(ActError::NotFound("number")) };
    if let Ok(facts) = &found.facts {
        now.verified_name = facts.verified_name.clone().or(now.verified_name);
        now.quality = facts.quality_rating.as_deref().map_or(now.quality, known_quality);
        now.messaging_limit = facts.messaging_limit.clone().or(now.messaging_limit);
    }
    let resumes = works && now.paused_reason.is_some() && now.access_token.reveal() == before.access_token.reveal();
    if resumes {
        now.paused_reason = None;
    }
    number::update(&mut tx, &now).await?;
    let subscribed = matches!(found.subscribing, Some(Ok(())));
    // Screens repeat the check while they wait; only what it changed is worth a line.
    if resumes || subscribed {
        let about = Some(("number", now.id.0));
        let detail = json!({ "subscribed": subscribed, "resumed": resumes });
        audit::record(&mut tx, &acting.actor, app.clock.now(), "number.checked", about, detail).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn known_quality(rating: &str) -> String {
    if matches!(rating, "GREEN" | "YELLOW" | "RED") { rating.to_owned() } else { "UNKNOWN".to_owned() }
}
