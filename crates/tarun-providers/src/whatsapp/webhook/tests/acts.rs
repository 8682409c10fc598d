use super::*;

#[test]
fn reactions() {
    for (emoji, expected) in [(json!("👍"), Some("👍")), (json!(""), None), (json!(null), None)] {
        let read = received(json!({"type": "reaction", "reaction": {"message_id": "wamid.T", "emoji": emoji}}));
        let Inbound::Reaction(reaction) = read else { panic!("{read:?}") };
        assert_eq!(reaction.target_wamid, "wamid.T");
        assert_eq!(reaction.emoji.as_deref(), expected);
        assert_eq!(reaction.opens_window, expected.is_some());
        assert_eq!(reaction.by, Side::Customer);
    }
    let without = received(json!({"type": "reaction", "reaction": {"message_id": "wamid.T"}}));
    assert!(matches!(without, Inbound::Reaction(Reaction { emoji: None, .. })));
    let nowhere = received_message(json!({"type": "reaction", "reaction": {"emoji": "👍"}}));
    assert_eq!(nowhere.content.to_json(), json!({"kind": "reaction"}));
}

#[test]
fn edits_and_revokes() {
    let read = received(json!({"type": "edit", "edit": {"original_message_id": "wamid.ORIG",
        "message": {"type": "text", "context": {"id": "x"}, "text": {"body": "नया"}}}}));
    let Inbound::Edit(edit) = read else { panic!("{read:?}") };
    assert_eq!((edit.target_wamid.as_str(), edit.content), ("wamid.ORIG", Content::text("नया")));

    let read = received(json!({"type": "revoke", "revoke": {"original_message_id": "wamid.ORIG"}}));
    assert!(matches!(read, Inbound::Revoke(Revoke { target_wamid, .. }) if target_wamid == "wamid.ORIG"));
    let read = received(json!({"type": "revoke", "revoke": null}));
    assert!(matches!(read, Inbound::Message(_)));
}

#[test]
fn number_changes_in_both_spellings() {
    for system in [
        json!({"type": "user_changed_number", "body": "Priya changed", "wa_id": "919822222222"}),
        json!({"type": "customer_changed_number", "body": "Priya changed", "new_wa_id": "+91 98222 22222", "customer": "919812345678"}),
    ] {
        let read = received(json!({"type": "system", "system": system}));
        let Inbound::NumberChanged(change) = read else { panic!("{read:?}") };
        assert_eq!(change.new_wa_id, "919822222222");
        assert_eq!(change.old.wa_id.as_deref(), Some("919812345678"));
        assert_eq!(change.text.as_deref(), Some("Priya changed"));
    }
}

#[test]
fn user_id_changes() {
    let element = json!({"type": "system", "from_user_id": "IN.OLD", "id": WAMID, "timestamp": "1",
        "system": {"type": "user_changed_user_id", "body": "…", "user_id": "IN.NEW", "parent_user_id": "IN.ENT.NEW"}});
    let Inbound::UserIdChanged(change) = only(&messages_body("messages", json!([element]))) else { panic!() };
    assert_eq!(change.old.user_id.as_deref(), Some("IN.OLD"));
    assert_eq!((change.new_user_id.as_str(), change.new_parent_user_id.as_deref()), ("IN.NEW", Some("IN.ENT.NEW")));

    let update = json!([{"wa_id": "919812345678", "detail": "d", "user_id": {"previous": "IN.A", "current": "IN.B"},
        "parent_user_id": {"previous": "IN.ENT.A", "current": "IN.ENT.B"}, "timestamp": "1795334400"}]);
    let Inbound::UserIdChanged(change) = only(&body("user_id_update", json!({"user_id_update": update}))) else {
        panic!()
    };
    assert_eq!((change.old.user_id.as_deref(), change.new_user_id.as_str()), (Some("IN.A"), "IN.B"));
    assert_eq!(change.old.wa_id.as_deref(), Some("919812345678"));
    assert_eq!(change.wamid, None);
}

#[test]
fn other_notes_of_whatsapp_are_shown_but_count_for_nothing() {
    for (system, event) in [
        (json!({"type": "customer_identity_changed", "body": "code changed"}), "customer_identity_changed"),
        (json!({"type": "user_changed_number"}), "user_changed_number"),
        (json!(null), ""),
    ] {
        let message = received_message(json!({"type": "system", "system": system}));
        assert!(!message.opens_window && !message.counts_unread);
        assert_eq!(message.content.to_json()["event"], event);
    }
}

#[test]
fn a_welcome_shows_no_message() {
    assert!(matches!(received(json!({"type": "request_welcome"})), Inbound::Welcome(_)));
}

#[test]
fn group_messages_keep_the_participant() {
    let message = received_message(json!({"type": "text", "text": {"body": "x"}, "group_id": "Y2FwaV9ncm91cDox"}));
    assert_eq!(message.group_id.as_deref(), Some("Y2FwaV9ncm91cDox"));
    assert_eq!(message.sender.wa_id.as_deref(), Some("919812345678"));
}

#[test]
fn echoes_are_outgoing() {
    let metadata = json!({"phone_number_id": NUMBER});
    let contacts = json!([{"wa_id": "919812345678", "profile": {"name": "Priya"}}]);
    let echo = |fields: Value| {
        let mut echo = json!({"from": "15550001111", "to": "+919812345678", "id": WAMID, "timestamp": "1795334400"});
        for (key, value) in fields.as_object().unwrap() {
            echo[key] = value.clone();
        }
        only(&body("smb_message_echoes", json!({"metadata": metadata, "contacts": contacts, "message_echoes": [echo]})))
    };
    let read = echo(json!({"type": "text", "text": {"body": "from the phone"}}));
    let Inbound::Echo(sent) = read else { panic!("{read:?}") };
    assert_eq!(sent.recipient.wa_id.as_deref(), Some("919812345678"));
    assert_eq!(sent.recipient.profile_name.as_deref(), Some("Priya"));
    assert_eq!(sent.content, Content::text("from the phone"));

    let read = echo(json!({"type": "revoke", "revoke": {"original_message_id": "wamid.O"}}));
    assert!(matches!(read, Inbound::Revoke(Revoke { by: Side::Business, .. })));
    let read = echo(json!({"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": "👍"}}));
    assert!(matches!(read, Inbound::Reaction(Reaction { by: Side::Business, opens_window: false, .. })));
    let read = echo(json!({"to": null, "to_user_id": BSUID, "type": "image", "image": {"id": "1"}}));
    assert!(matches!(read, Inbound::Echo(Echo { recipient, .. }) if recipient.user_id.as_deref() == Some(BSUID)));
    assert!(matches!(echo(json!({"to": null})), Inbound::Unreadable { .. }));
}

#[test]
fn preferences() {
    for (word, wish) in
        [("stop", Wish::Stop), ("resume", Wish::Resume), ("signup", Wish::Signup), ("x", Wish::Other("x".into()))]
    {
        let preference = json!({"wa_id": "919812345678", "user_id": BSUID, "detail": "User asked to stop",
            "category": "marketing_messages", "value": word, "timestamp": 1795334400});
        let value = messages_value("user_preferences", json!([preference]));
        let read = only(&body("user_preferences", value));
        let Inbound::UserPreference(preference) = read else { panic!("{read:?}") };
        assert_eq!((preference.wish, preference.at_unix), (wish, Some(1_795_334_400)));
        assert_eq!(preference.person.user_id.as_deref(), Some(BSUID));
    }
    let broken = only(&body("user_preferences", json!({"user_preferences": [{"value": "stop"}]})));
    assert_eq!(broken, Inbound::Other { field: "user_preferences".into() });
}

#[test]
fn account_fields_are_kept_raw() {
    for (field, value) in [
        ("message_template_status_update", json!({"event": "APPROVED", "message_template_id": 12345678901234567_u64})),
        ("account_update", json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})),
        ("history", json!({"metadata": {"phone_number_id": NUMBER}, "history": [{"threads": []}]})),
        ("calls", json!({"metadata": {"phone_number_id": NUMBER}, "calls": [{"id": "wacid.1", "event": "connect"}]})),
        ("smb_app_state_sync", json!({"state_sync": []})),
        ("a_field_of_next_year", json!("text")),
        ("security", json!(null)),
        ("message_echoes", json!({"message_echoes": [{"id": "x", "to": "911"}]})),
    ] {
        assert_eq!(only(&body(field, value)), Inbound::Other { field: field.into() });
    }
}

#[test]
fn errors_of_the_account() {
    let error = json!({"code": 131042, "title": "Payment", "error_data": {"details": "No payment method"}});
    let Inbound::AccountError(error) = only(&messages_body("errors", json!([error]))) else { panic!() };
    assert_eq!((error.code, error.best_text()), (131_042, Some("No payment method")));
}
