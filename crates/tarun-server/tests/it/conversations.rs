//! The inbox as people use it: who sees what, reading, assigning, noting, correcting contacts.

use serde_json::{Value, json};
use tarun_testkit::{Business, Caller, SECRET, business, eventually, text_webhook};
use time::OffsetDateTime;

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// A conversation of a customer with one message; its id.
async fn thread(shop: &Business, from: &str, at: i64) -> String {
    let body = text_webhook(shop, &[(from, &format!("wamid.{from}{at}"), at, "hello")]);
    shop.webhook(&body, SECRET).await.expect(200);
    shop.conversation_of(from).await["id"].as_str().unwrap().to_owned()
}

async fn ids(caller: &Caller, query: &str) -> Vec<Value> {
    let page = caller.get(&format!("conversations?{query}")).await.expect(200);
    page["data"].as_array().unwrap().iter().map(|c| c["id"].clone()).collect()
}

#[tokio::test]
async fn lists_go_on_where_they_ended_and_refuse_what_is_no_place_in_them() {
    let shop = business().await;
    let mut made = vec![];
    for n in 0..3 {
        made.push(json!(thread(&shop, &format!("91981110020{n}"), now() - 100 + n).await));
    }
    made.reverse();
    let mut found = vec![];
    let mut cursor = String::new();
    for _ in 0..3 {
        let page = shop.owner.get(&format!("conversations?limit=1{cursor}")).await.expect(200);
        found.extend(page["data"].as_array().unwrap().iter().map(|c| c["id"].clone()));
        cursor = page["next_cursor"].as_str().map(|c| format!("&cursor={c}")).unwrap_or_default();
    }
    assert_eq!((found, cursor.as_str()), (made, ""));
    assert_eq!(shop.owner.get("conversations?cursor=nonsense").await.expect(400)["code"], "bad_cursor");
    for bad in ["limit=0", "limit=201", "view=theirs", "tenant_id=x", "status=OPENED"] {
        assert!(matches!(shop.owner.get(&format!("conversations?{bad}")).await.status, 400 | 422), "{bad}");
    }
}

#[tokio::test]
async fn an_agent_sees_his_own_and_the_unassigned_until_the_setting_widens_it() {
    let shop = business().await;
    let (ravi, sunil) = (shop.person("AGENT").await, shop.person("AGENT").await);
    let me = |session: Value| session["user"]["id"].as_str().unwrap().to_owned();
    let sunils = me(sunil.get("me").await.expect(200));
    let (free, taken) = (thread(&shop, "919811100211", now()).await, thread(&shop, "919811100212", now()).await);
    let after =
        shop.owner.post(&format!("conversations/{taken}/assign"), json!({ "agent_id": sunils })).await.expect(200);
    assert_eq!(after["assigned_agent_id"], sunils.as_str());
    assert_eq!(ids(&ravi, "").await, [json!(free)]);
    assert_eq!(ids(&sunil, "view=mine").await, [json!(taken)]);
    assert_eq!(ids(&sunil, "view=unassigned").await, [json!(free)]);
    assert_eq!(ids(&shop.owner, &format!("assigned_agent_id={sunils}")).await, [json!(taken)]);
    let contact = after["contact"]["id"].as_str().unwrap();
    for path in
        [format!("conversations/{taken}"), format!("conversations/{taken}/messages"), format!("contacts/{contact}")]
    {
        assert_eq!(ravi.get(&path).await.expect(404)["code"], "not_found", "{path}");
        assert_eq!(sunil.get(&path).await.status, 200, "{path}");
    }
    for (path, body) in [
        (format!("conversations/{taken}/notes"), json!({ "body": "x" })),
        (format!("conversations/{taken}/messages"), json!({ "type": "TEXT", "content": { "body": "x" } })),
        (format!("conversations/{taken}/read"), Value::Null),
        (format!("conversations/{taken}/assign"), json!({ "agent_id": null })),
    ] {
        assert_eq!(ravi.post(&path, body).await.status, 404, "{path}");
    }
    assert_eq!(ravi.patch(&format!("contacts/{contact}"), json!({ "name": "x" })).await.status, 404);
    let nobody = json!({ "agent_id": uuid::Uuid::now_v7() });
    assert_eq!(
        shop.owner.post(&format!("conversations/{taken}/assign"), nobody).await.expect(422)["code"],
        "no_such_agent"
    );
    shop.owner.patch("tenant", json!({ "agents_see_all": true })).await.expect(200);
    assert_eq!(ravi.get(&format!("conversations/{taken}")).await.status, 200);
}

#[tokio::test]
async fn everybody_reads_for_himself_and_keys_for_nobody() {
    let shop = business().await;
    let ravi = shop.person("AGENT").await;
    let id = thread(&shop, "919811100221", now()).await;
    assert_eq!(shop.owner.post(&format!("conversations/{id}/read"), Value::Null).await.status, 204);
    let unread = |caller: Caller| {
        let path = format!("conversations/{id}");
        async move { caller.get(&path).await.expect(200)["unread_count"].clone() }
    };
    assert_eq!((unread(shop.owner.clone()).await, unread(ravi.clone()).await), (json!(0), json!(1)));
    assert_eq!(ids(&shop.owner, "view=unread").await, Vec::<Value>::new());
    let counts = ravi.get("conversations/counts").await.expect(200);
    assert_eq!((&counts["all"], &counts["unread"], &counts["mine"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(shop.owner.post(&format!("conversations/{id}/unread"), Value::Null).await.status, 204);
    assert_eq!(unread(shop.owner.clone()).await, 1);
    let key = shop.owner.post("api-keys", json!({ "name": "shop", "scope": "WRITE" })).await.expect(201);
    let key = shop.owner.with(key["key"].as_str());
    assert_eq!(unread(key.clone()).await, 0);
    assert_eq!(key.post(&format!("conversations/{id}/read"), Value::Null).await.expect(422)["code"], "not_a_person");
}

/// Says texts of a customer and returns the thread's messages.
async fn said(shop: &Business, from: &str, id: &str, texts: &[&str]) -> Vec<Value> {
    let before = shop.messages(id).await.len();
    for (n, text) in texts.iter().enumerate() {
        let wamid = format!("wamid.{id}-{}", before + n);
        let body = text_webhook(shop, &[(from, &wamid, now() + i64::try_from(before + n).unwrap(), text)]);
        shop.webhook(&body, SECRET).await.expect(200);
    }
    eventually("they are stored", || async {
        let all = shop.messages(id).await;
        (all.len() == before + texts.len()).then_some(all)
    })
    .await
}

#[tokio::test]
async fn what_was_not_on_the_screen_stays_unread() {
    let shop = business().await;
    let from = "919811100241";
    let id = thread(&shop, from, now() - 10).await;
    let all = said(&shop, from, &id, &["two", "three"]).await;
    let read = |up_to: Value| {
        let (owner, path) = (shop.owner.clone(), format!("conversations/{id}"));
        async move {
            owner.post(&format!("{path}/read"), json!({ "up_to": up_to })).await.expect(204);
            owner.get(&path).await.expect(200)["unread_count"].clone()
        }
    };
    assert_eq!(read(all[0]["id"].clone()).await, 2);
    assert_eq!(read(all[1]["id"].clone()).await, 1);
    assert_eq!(read(all[0]["id"].clone()).await, 1, "what was read stays read");
    assert_eq!(read(Value::Null).await, 0);
    let foreign = json!({ "up_to": uuid::Uuid::now_v7() });
    let refused = shop.owner.post(&format!("conversations/{id}/read"), foreign).await.expect(422);
    assert_eq!(refused["code"], "no_such_message");
}

#[tokio::test]
async fn a_conversation_is_not_resolved_over_words_that_nobody_has_seen() {
    let shop = business().await;
    let from = "919811100251";
    let id = thread(&shop, from, now() - 10).await;
    let path = format!("conversations/{id}");
    let seen = shop.messages(&id).await[0]["id"].clone();
    let before = shop.owner.get(&path).await.expect(200);
    let all = said(&shop, from, &id, &["one more thing"]).await;
    let resolve = |more: Value| {
        let mut patch = json!({ "status": "RESOLVED" });
        patch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        shop.owner.patch(&path, patch)
    };
    let refused = resolve(json!({ "seen_message_id": seen })).await.expect(409);
    assert_eq!(refused["code"], "new_message");
    assert_eq!(shop.owner.get(&path).await.expect(200)["status"], "OPEN");
    let after = resolve(json!({ "seen_message_id": all[1]["id"], "version": before["version"] })).await.expect(200);
    assert_eq!(after["status"], "RESOLVED");
    // The customer's next words open it again, which is a change of it like any other.
    said(&shop, from, &id, &["and another"]).await;
    let again = shop.owner.get(&path).await.expect(200);
    assert_eq!(again["status"], "OPEN");
    assert!(again["version"].as_i64() > after["version"].as_i64(), "{again}");
    let refused = resolve(json!({ "version": after["version"] })).await.expect(409);
    assert_eq!(refused["code"], "stale");
    let words = said(&shop, from, &id, &["open already"]).await;
    let open = shop.owner.get(&path).await.expect(200);
    assert_eq!(open["version"], again["version"], "a message alone is no change of its state");
    resolve(json!({ "seen_message_id": words.last().unwrap()["id"], "version": open["version"] })).await.expect(200);
}

#[tokio::test]
async fn states_and_notes_leave_lines_in_the_thread() {
    let shop = business().await;
    let id = thread(&shop, "919811100231", now()).await;
    let path = format!("conversations/{id}");
    let after = shop.owner.patch(&path, json!({ "status": "RESOLVED" })).await.expect(200);
    assert!(after["status"] == "RESOLVED" && after["resolved_at"].is_string());
    assert_eq!(ids(&shop.owner, "status=OPEN").await, Vec::<Value>::new());
    let note = |body: &str| {
        let request = shop.owner.request(reqwest::Method::POST, &format!("{path}/notes"));
        request.header("idempotency-key", "note-1").json(&json!({ "body": body }))
    };
    let made = shop.owner.send(note("वापस call करना")).await.expect(201);
    assert_eq!(
        (&made["type"], &made["content"]["body"], &made["client_key"]),
        (&json!("NOTE"), &json!("वापस call करना"), &json!("note-1"))
    );
    assert_eq!(shop.owner.send(note("वापस call करना")).await.expect(201)["id"], made["id"]);
    assert_eq!(shop.owner.send(note("another")).await.expect(409)["code"], "idempotency_key_reused");
    let kinds: Vec<Value> = shop.messages(&id).await.iter().map(|m| m["type"].clone()).collect();
    assert_eq!(kinds, ["TEXT", "EVENT", "NOTE"]);
    // The customer writes: it opens again.
    let body = text_webhook(&shop, &[("919811100231", "wamid.AGAIN", now(), "again")]);
    shop.webhook(&body, SECRET).await.expect(200);
    eventually("it is open", || async { (shop.owner.get(&path).await.expect(200)["status"] == "OPEN").then_some(()) })
        .await;
}

#[tokio::test]
async fn a_contacts_name_is_ours_once_we_gave_one_and_a_stale_change_is_refused() {
    let shop = business().await;
    let id = thread(&shop, "919811100241", now()).await;
    let contact = shop.owner.get(&format!("conversations/{id}")).await.expect(200)["contact"].clone();
    let path = format!("contacts/{}", contact["id"].as_str().unwrap());
    assert_eq!((&contact["name"], &contact["name_is_ours"]), (&json!("Customer 919811100241"), &json!(false)));
    let given = json!({ "name": " Meera Iyer ", "email": "Meera@Example.IN", "version": contact["version"] });
    let after = shop.owner.patch(&path, given.clone()).await.expect(200);
    assert_eq!(
        (&after["name"], &after["name_is_ours"], &after["email"]),
        (&json!("Meera Iyer"), &json!(true), &json!("meera@example.in"))
    );
    let stale = shop.owner.patch(&path, given).await.expect(409);
    assert!(stale["code"] == "stale" && stale["detail"].as_str().unwrap().contains("Meera Iyer"), "{stale}");
    let back = shop.owner.patch(&path, json!({ "name": null, "email": null })).await.expect(200);
    assert_eq!((&back["name"], &back["email"]), (&json!("Customer 919811100241"), &Value::Null));
    for (body, pointer) in [
        (json!({ "name": "  " }), "/name"),
        (json!({ "name": "x".repeat(201) }), "/name"),
        (json!({ "email": "nope" }), "/email"),
    ] {
        assert_eq!(shop.owner.patch(&path, body).await.expect(422)["errors"][0]["pointer"], pointer);
    }
    assert_eq!(ids(&shop.owner, "q=customer").await, [json!(id)]);
}

#[tokio::test]
async fn c_079_fields_that_are_ours_are_refused_everywhere() {
    let shop = business().await;
    let id = thread(&shop, "919811100251", now()).await;
    let contact =
        shop.owner.get(&format!("conversations/{id}")).await.expect(200)["contact"]["id"].as_str().unwrap().to_owned();
    for field in ["tenant_id", "id", "created_at", "source", "first_response_at", "inbound_count", "sent_by"] {
        for (patches, path, mut body) in [
            (true, format!("conversations/{id}"), json!({ "status": "OPEN" })),
            (true, format!("contacts/{contact}"), json!({ "name": "x" })),
            (true, format!("whatsapp/numbers/{}", shop.number_id), json!({})),
            (false, format!("conversations/{id}/notes"), json!({ "body": "x" })),
            (false, format!("conversations/{id}/messages"), json!({ "type": "TEXT", "content": { "body": "x" } })),
            (false, format!("conversations/{id}/assign"), json!({ "agent_id": null })),
        ] {
            body[field] = json!(uuid::Uuid::now_v7());
            let answer = if patches { shop.owner.patch(&path, body).await } else { shop.owner.post(&path, body).await };
            assert_eq!(answer.expect(400)["code"], "unknown_field", "{path} {field}");
        }
    }
    let hidden = json!({ "type": "TEXT", "content": { "body": "x", "truncated": true } });
    let problem = shop.owner.post(&format!("conversations/{id}/messages"), hidden).await.expect(400);
    assert_eq!(problem["errors"][0]["pointer"], "/content/truncated");
    assert_eq!(shop.messages(&id).await.len(), 1);
}
