//! A customer writes to the business: the message appears on the phone and leaves as a webhook.

mod payload;

use serde_json::{Map, Value, json};

use crate::{
    chats::{ChatKey, ChatMessage, Direction},
    customers::Customer,
    ids,
    simulator::{Event, Simulator, State},
    statuses::contact,
    webhook::{About, Update},
};

const DAY: i64 = 86_400;

/// Why an order to a customer cannot be carried out, in words for the person at the controls.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CannotPlay(pub(crate) String);

impl CannotPlay {
    pub(crate) fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// Plays one message of a customer. Besides `type` and the object named after it, `order` may hold `phone_number_id`
/// (the first number otherwise), `id` and `timestamp` (fresh otherwise), `reply_to`, `forwarded`,
/// `frequently_forwarded` and `referral`. Gives the wamid.
pub(crate) fn play(sim: &Simulator, customer: &str, order: &Map<String, Value>) -> Result<String, CannotPlay> {
    let mut state = sim.state();
    let customer =
        state.customers.get(customer).cloned().ok_or_else(|| CannotPlay::because("there is no such customer"))?;
    let number_id = number_for(&state, order)?;
    let number = state.numbers.get(&number_id).ok_or_else(|| CannotPlay::because("there is no such number"))?;
    if number.blocked.contains(&customer.id) {
        return Err(CannotPlay::because("the business has blocked this customer"));
    }
    let waba_id = number.config.waba_id.clone();
    let business = number.digits();
    let now = sim.clock.now();
    let at = match &order.get("timestamp") {
        None => now,
        Some(given) => given
            .as_i64()
            .or_else(|| given.as_str().and_then(|text| text.parse().ok()))
            .ok_or_else(|| CannotPlay::because("timestamp must be seconds since 1970"))?,
    };
    let seed = customer.wa_id.clone().unwrap_or_else(|| customer.user_id.clone());
    let wamid = order.get("id").and_then(Value::as_str).map_or_else(|| ids::wamid(&seed, true), str::to_owned);
    let key = ChatKey { phone_number_id: number_id.clone(), customer: customer.id.clone() };
    let before = customer.clone();
    let played = payload::build(sim, &mut state, &key, order)?;

    let mut message = json!({ "id": wamid, "timestamp": at.to_string(), "type": played.kind });
    identify(&mut message, &before);
    if let Some(content) = &played.content {
        message[played.field.as_str()] = content.clone();
    }
    if let Some(context) = context(&state, order, played.answers.as_deref(), &business) {
        message["context"] = context;
    }
    if let Some(referral) = order.get("referral") {
        message["referral"] = referral.clone();
    }
    if let Some(errors) = &played.errors {
        message["errors"] = errors.clone();
    }
    let mut value = state.messages_value(&number_id);
    if played.kind != "system" {
        value["contacts"] = json!([contact(&customer, true)]);
    }
    value["messages"] = json!([message]);

    if played.kind != "system" {
        let chat = state.chats.chat_mut(&key);
        chat.window_until = chat.window_until.max(at + DAY);
        if order.contains_key("referral") {
            chat.entry_until = at + DAY;
        }
    }
    let content = played.content.unwrap_or(Value::Null);
    let mut kept = ChatMessage::new(wamid.clone(), &key, Direction::Inbound, at, &played.kind, content);
    kept.reply_to = played.answers.or_else(|| order.get("reply_to").and_then(Value::as_str).map(str::to_owned));
    sim.tell_message(&kept);
    state.chats.push(kept);
    let update = Update {
        waba_id,
        phone_number_id: Some(number_id),
        field: "messages".to_owned(),
        value,
        about: Some(About { wamid: wamid.clone(), status: None }),
    };
    sim.notify(&state.settings.webhooks, update);
    drop(state);
    if played.customers_changed {
        sim.tell(Event::Changed);
    }
    Ok(wamid)
}

/// The customer chooses to get, or to get no more, marketing messages (`user_preferences`; integer timestamp).
pub(crate) fn prefer(sim: &Simulator, customer: &str, number_id: Option<&str>, stop: bool) -> Result<(), CannotPlay> {
    let mut state = sim.state();
    let found = state.customers.get_mut(customer).ok_or_else(|| CannotPlay::because("there is no such customer"))?;
    found.marketing_opt_out = stop;
    let customer = found.clone();
    let order: Map<String, Value> = number_id.map(|id| ("phone_number_id".to_owned(), id.into())).into_iter().collect();
    let number_id = number_for(&state, &order)?;
    let number = state.numbers.get(&number_id).ok_or_else(|| CannotPlay::because("there is no such number"))?;
    let waba_id = number.config.waba_id.clone();
    let mut preference = json!({
        "user_id": customer.user_id, "category": "marketing_messages", "timestamp": sim.clock.now(),
        "detail": if stop { "User requested to stop marketing messages" } else { "User requested to resume marketing messages" },
        "value": if stop { "stop" } else { "resume" },
    });
    if let Some(wa_id) = &customer.wa_id {
        preference["wa_id"] = wa_id.as_str().into();
    }
    let mut value = state.messages_value(&number_id);
    value["contacts"] = json!([contact(&customer, true)]);
    value["user_preferences"] = json!([preference]);
    let update =
        Update { waba_id, phone_number_id: Some(number_id), field: "user_preferences".to_owned(), value, about: None };
    sim.notify(&state.settings.webhooks, update);
    drop(state);
    sim.tell(Event::Changed);
    Ok(())
}

/// The number an order names, or the first one.
pub(crate) fn number_for(state: &State, order: &Map<String, Value>) -> Result<String, CannotPlay> {
    match order.get("phone_number_id").and_then(Value::as_str) {
        Some(id) if state.numbers.get(id).is_some() => Ok(id.to_owned()),
        Some(_) => Err(CannotPlay::because("there is no such phone_number_id")),
        None => {
            let first = state.numbers.iter().next().map(|number| number.config.phone_number_id.clone());
            first.ok_or_else(|| CannotPlay::because("the simulator has no business number yet"))
        }
    }
}

/// Sender of a message: the number only if the customer shows it.
fn identify(message: &mut Value, customer: &Customer) {
    message["from_user_id"] = customer.user_id.as_str().into();
    if let Some(wa_id) = &customer.wa_id {
        message["from"] = wa_id.as_str().into();
    }
}

fn context(state: &State, order: &Map<String, Value>, answers: Option<&str>, business: &str) -> Option<Value> {
    let flag = |name: &str| order.get(name).and_then(Value::as_bool).unwrap_or(false);
    let mut context = Map::new();
    for name in ["forwarded", "frequently_forwarded"] {
        if flag(name) {
            context.insert(name.to_owned(), true.into());
        }
    }
    if let Some(quoted) = answers.or_else(|| order.get("reply_to").and_then(Value::as_str)) {
        let author = match state.chats.message(quoted) {
            Some(message) if message.direction == Direction::Inbound => {
                state.customers.get(&message.customer).and_then(|customer| customer.wa_id.clone())
            }
            _ => Some(business.to_owned()),
        };
        if let Some(author) = author {
            context.insert("from".to_owned(), author.into());
        }
        context.insert("id".to_owned(), quoted.into());
    }
    (!context.is_empty()).then_some(Value::Object(context))
}
