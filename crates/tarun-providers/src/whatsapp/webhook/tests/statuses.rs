use super::*;

fn status(fields: Value) -> Inbound {
    let mut whole = json!({"id": WAMID, "status": "sent", "timestamp": "1795334460", "recipient_id": "919812345678"});
    for (key, value) in fields.as_object().unwrap() {
        whole[key] = value.clone();
    }
    only(&messages_body("statuses", json!([whole])))
}

fn update(fields: Value) -> StatusUpdate {
    match status(fields) {
        Inbound::Status(update) => update,
        other => panic!("no status: {other:?}"),
    }
}

#[test]
fn words() {
    for (word, expected) in [
        ("sent", DeliveryStatus::Sent),
        ("delivered", DeliveryStatus::Delivered),
        ("read", DeliveryStatus::Read),
        ("played", DeliveryStatus::Played),
        ("failed", DeliveryStatus::Failed),
        ("warning", DeliveryStatus::Other("warning".into())),
        ("", DeliveryStatus::Other(String::new())),
    ] {
        assert_eq!(update(json!({"status": word})).status, expected);
    }
}

#[test]
fn all_that_a_status_carries() {
    let update = update(json!({
        "recipient_user_id": BSUID, "parent_recipient_user_id": "IN.ENT.1", "biz_opaque_callback_data": "tarun:msg:1",
        "conversation": {"id": "c", "expiration_timestamp": "1795420860", "origin": {"type": "referral_conversion"}},
        "pricing": {"billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
    }));
    assert_eq!(update.wamid, WAMID);
    assert_eq!(update.at_unix, Some(1_795_334_460));
    assert_eq!(update.callback_data.as_deref(), Some("tarun:msg:1"));
    assert_eq!(update.recipient.user_id.as_deref(), Some(BSUID));
    assert_eq!(update.recipient.parent_user_id.as_deref(), Some("IN.ENT.1"));
    assert_eq!(update.recipient.profile_name.as_deref(), Some("Priya Sharma"));
    let pricing = update.pricing.unwrap();
    assert_eq!((pricing.is_charged(), pricing.category.as_deref()), (Some(true), Some("marketing")));
    assert_eq!(update.conversation.unwrap().expires_at_unix, Some(1_795_420_860));
}

#[test]
fn failures_carry_errors_and_often_no_contact() {
    let error =
        json!({"code": "131047", "title": "Re-engagement message", "error_data": {"details": "More than 24 hours"}});
    let update = update(json!({"status": "failed", "errors": [error, null, {"title": "no code"}]}));
    assert_eq!(update.errors.len(), 1);
    assert_eq!((update.errors[0].code, update.errors[0].details.as_deref()), (131_047, Some("More than 24 hours")));
}

#[test]
fn everything_optional_may_be_missing_or_odd() {
    let update =
        update(json!({"timestamp": 1795334460, "recipient_id": null, "pricing": [], "errors": {}, "conversation": 5}));
    assert_eq!(update.at_unix, Some(1_795_334_460));
    assert_eq!((update.pricing, update.errors.len(), update.conversation), (None, 0, None));
    assert_eq!(self::update(json!({"timestamp": "soon"})).at_unix, None);
    assert_eq!(self::update(json!({"timestamp": -5})).at_unix, None);
    assert!(matches!(status(json!({"status": 5})), Inbound::Unreadable { .. }));
}

#[test]
fn groups_name_the_participant() {
    let update = update(json!({"recipient_type": "group", "recipient_id": "Y2FwaV9ncm91cDox",
        "recipient_participant_id": "919899999999", "recipient_participant_user_id": "IN.9"}));
    assert_eq!(update.group_id.as_deref(), Some("Y2FwaV9ncm91cDox"));
    assert_eq!(update.recipient.wa_id.as_deref(), Some("919899999999"));
}

#[test]
fn the_status_of_a_call_is_never_one_of_a_message() {
    let call = json!({"type": "call", "id": "wacid.1", "status": "RINGING"});
    assert_eq!(status(call), Inbound::Other { field: "messages".into() });
    let value = messages_value("statuses", json!([{"type": "call", "id": "wacid.1", "status": "REJECTED"}]));
    assert_eq!(only(&body("calls", value)), Inbound::Other { field: "calls".into() });
}
