//! Numbers as the API gives them.

use crate::http::Http;
use tarun_api::whatsapp::{CheckItem, CheckState, Number, NumberCheck, NumberHealth};
use tarun_app::number::{Check, SeenNumber, State};

/// Of token and secret only the last characters.
pub fn show_number(http: &Http, seen: SeenNumber) -> Number {
    let SeenNumber { number, verify_token, backlog } = seen;
    Number {
        id: number.id.0,
        webhook_url: format!("{}/api/webhooks/whatsapp", http.app.public_url),
        verify_token: verify_token.map(|t| t.reveal().to_owned()),
        access_token_hint: number.access_token.hint(),
        app_secret_hint: number.app_secret.hint(),
        graph_url: http.app.provider.graph_origin(),
        phone_number_id: number.phone_number_id,
        waba_id: number.waba_id,
        display_phone_number: number.display_phone_number,
        verified_name: number.verified_name,
        created_at: number.created_at,
        health: NumberHealth {
            last_webhook_received_at: number.last_webhook_at,
            last_webhook_processed_at: number.last_processed_at,
            backlog,
            quality: number.quality,
            messaging_limit: number.messaging_limit,
            paused_reason: number.paused_reason,
        },
    }
}

pub fn show_check(check: Check) -> NumberCheck {
    let items = check.items.into_iter().map(|item| CheckItem {
        code: item.code.to_owned(),
        title: item.title.to_owned(),
        state: match item.state {
            State::Passed => CheckState::Passed,
            State::Warning => CheckState::Warning,
            State::Failed => CheckState::Failed,
            State::Waiting => CheckState::Waiting,
        },
        detail: item.detail,
    });
    NumberCheck { ok: check.ok, items: items.collect() }
}
