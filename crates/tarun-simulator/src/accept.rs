//! Taking a message from the business: the checks that need memory, then the chat and its statuses.

use serde_json::{Value, json};

use crate::{
    chats::{ChatKey, ChatMessage, Direction},
    customers::{Customer, NewCustomer},
    graph::error::GraphError,
    ids,
    media::fits,
    outgoing::{Outgoing, Recipient, media_of, template},
    simulator::{Simulator, State},
    statuses::pricing,
};

/// An accepted message, for the answer.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) wamid: String,
    pub(crate) input: String,
    /// `None` when the call addressed the user id.
    pub(crate) wa_id: Option<String>,
    pub(crate) user_id: String,
    pub(crate) is_template: bool,
}

const THIRTY_DAYS: i64 = 30 * 86_400;

/// Accepts a message or says why Meta would not. `late_failure` ends it in a `failed` status with that code.
pub(crate) fn accept(
    sim: &Simulator,
    number_id: &str,
    marketing_route: bool,
    message: Outgoing,
    late_failure: Option<i64>,
) -> Result<Accepted, GraphError> {
    let now_ms = sim.clock.now_ms();
    let now = now_ms / 1_000;
    let mut state = sim.state();
    let number = state.numbers.get(number_id).ok_or_else(|| GraphError::not_visible("post", number_id))?;
    if !number.registered {
        return Err(GraphError::new(133_010).details("The phone number is not registered on the Cloud API."));
    }
    let waba_id = number.config.waba_id.clone();
    let customer = resolve(&mut state, number_id, &message.to)?;
    let key = ChatKey { phone_number_id: number_id.to_owned(), customer: customer.id.clone() };
    if state.numbers.get(number_id).is_some_and(|number| number.blocked.contains(&customer.id)) {
        return Err(GraphError::new(130_403).details("This customer has been blocked by the business."));
    }
    for (kind, object) in media_of(&message.kind, &message.content) {
        check_file(&state, number_id, kind, object, now)?;
    }
    let by_user_id = matches!(message.to, Recipient::UserId(_));
    let mut category = "service".to_owned();
    let mut rendered = None;
    if message.kind == "template" {
        let template = sendable(&state, &waba_id, &message.content)?;
        category = template["category"].as_str().unwrap_or("utility").to_ascii_lowercase();
        if marketing_route && category != "marketing" {
            return Err(GraphError::new(131_055).details("Only marketing templates may use this route."));
        }
        if by_user_id && category == "authentication" {
            return Err(GraphError::new(131_062).details("Authentication templates need a phone number."));
        }
        rendered = Some(template::fill(template, &message.content)?);
    }
    let settings = state.settings.clone();
    let window_until = state.chats.chat(&key).map_or(0, |chat| chat.window_until);
    let closed = settings.limits.window && message.kind != "template" && window_until <= now;
    if closed && !settings.limits.window_error_late {
        return Err(GraphError::new(131_047).details(
            "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
        ));
    }
    state.rates.take(&settings.limits, &key, now_ms).map_err(GraphError::new)?;
    if message.kind == "reaction" {
        react(sim, &mut state, &key, &message.content, now)?;
    }
    let late_failure = late_failure
        .or((!customer.reachable).then_some(131_026))
        .or(closed.then_some(131_047))
        .or((category == "marketing" && customer.marketing_opt_out).then_some(131_050))
        .or((category == "marketing" && customer.wa_id.as_deref().is_some_and(|n| n.starts_with('1')))
            .then_some(131_049));

    let wamid = ids::wamid(customer.wa_id.as_deref().unwrap_or(&customer.user_id), false);
    let chat = state.chats.chat_mut(&key);
    if chat.entry_until > now && chat.free_until <= now {
        chat.free_until = now + 72 * 3_600;
    }
    let in_free_entry = chat.free_until > now;
    let delivered = state.numbers.get(number_id).map_or(0, |number| number.service_deliveries);
    let kind = message.kind;
    let mut kept = ChatMessage::new(wamid.clone(), &key, Direction::Outbound, now, &kind, message.content);
    kept.reply_to = message.reply_to;
    kept.callback = message.callback;
    kept.rendered = rendered;
    kept.by_user_id = by_user_id;
    // Reactions are not messages in the sense of pricing.
    kept.pricing = (kind != "reaction").then(|| pricing(&category, in_free_entry, delivered));
    sim.tell_message(&kept);
    state.chats.push(kept);
    state.chats.chat_mut(&key).typing_until_ms = 0;
    drop(state);
    sim.plan_statuses(&settings, &wamid, &kind, late_failure);
    Ok(Accepted {
        wamid,
        input: message.to.input().to_owned(),
        wa_id: if by_user_id { None } else { customer.wa_id },
        user_id: customer.user_id,
        is_template: kind == "template",
    })
}

/// The customer meant; one nobody has seen yet is made, because any number may be on WhatsApp.
fn resolve(state: &mut State, number_id: &str, to: &Recipient) -> Result<Customer, GraphError> {
    let business = state.numbers.get(number_id).map(|number| number.digits()).unwrap_or_default();
    let canonical = to.canonical(&business)?;
    if canonical == business {
        return Err(GraphError::new(131_021).details("The recipient is the sending number."));
    }
    let known = state.customers.get(&canonical).cloned();
    match (to, known) {
        (Recipient::UserId(_), Some(customer)) if customer.user_id == canonical => Ok(customer),
        (Recipient::UserId(_), _) => Err(GraphError::invalid("The user id is not one of this business portfolio.")),
        (Recipient::Number(_), Some(customer)) => Ok(customer),
        (Recipient::Number(_), None) => {
            let new = NewCustomer { wa_id: Some(canonical), ..NewCustomer::default() };
            let made = state.customers.add(new).cloned();
            made.ok_or_else(|| GraphError::new(131_000).details("The simulator has no room for another customer."))
        }
    }
}

fn check_file(state: &State, number_id: &str, kind: &str, object: &Value, now: i64) -> Result<(), GraphError> {
    let id = match &object["id"] {
        Value::Null => return Ok(()),
        Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    let file = state.media.get(&id, now).filter(|media| media.phone_number_id == number_id);
    let file = file.ok_or_else(|| {
        GraphError::parameter("Invalid parameter")
            .details(format!("Media ID {id} is not a valid whatsapp business account media attachment ID"))
    })?;
    if !fits(kind, &file.mime_type) {
        let details = format!("Media of type {} cannot be sent as {kind}.", file.mime_type);
        return Err(GraphError::new(131_053).details(details));
    }
    Ok(())
}

/// The template, if it exists in that language and may be sent.
fn sendable<'a>(state: &'a State, waba_id: &str, content: &Value) -> Result<&'a Value, GraphError> {
    let name = content["name"].as_str().unwrap_or_default();
    let language = content["language"]["code"].as_str().unwrap_or_default();
    let missing = || GraphError::new(132_001).details(format!("template name ({name}) does not exist in {language}"));
    let template = state.templates.find(waba_id, name, language).ok_or_else(missing)?;
    match template["status"].as_str().unwrap_or_default() {
        "APPROVED" => Ok(template),
        "PAUSED" => Err(GraphError::new(132_015).details("Template is paused due to low quality.")),
        "DISABLED" => Err(GraphError::new(132_016).details("Template is disabled due to low quality.")),
        _ => Err(missing()),
    }
}

/// Puts the business's reaction on the message it names.
fn react(sim: &Simulator, state: &mut State, key: &ChatKey, content: &Value, now: i64) -> Result<(), GraphError> {
    let wamid = content["message_id"].as_str().unwrap_or_default();
    let target = state.chats.message_mut(wamid).filter(|target| {
        let same_chat = target.customer == key.customer && target.phone_number_id == key.phone_number_id;
        same_chat && target.kind != "reaction" && now - target.timestamp <= THIRTY_DAYS
    });
    let target = target.ok_or_else(|| GraphError::invalid("The message to react to was not found or is too old."))?;
    target.business_reaction = content["emoji"].as_str().filter(|emoji| !emoji.is_empty()).map(str::to_owned);
    sim.tell_message(target);
    Ok(())
}

/// What a phone shows of a message in one line; for lists of chats.
pub(crate) fn summary(message: &ChatMessage) -> Value {
    let content = &message.content;
    let rendered = message.rendered.as_ref().and_then(|shown| shown["body"].as_str());
    let text = [&content["body"], &content["caption"], &content["name"], &content["emoji"]];
    let text = text.into_iter().find_map(Value::as_str).or(content["body"]["text"].as_str());
    json!({ "type": message.kind, "text": rendered.or(text), "timestamp": message.timestamp, "stage": message.stage,
        "direction": message.direction })
}
