//! The webhook's door: who may come in, and what is turned away.

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tarun_providers::whatsapp::webhook::signature::sign;
use tarun_testkit::{Answer, Business, Caller, SECRET, business, eventually, text_webhook};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATH: &str = "/api/webhooks/whatsapp";

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Posts a body with exactly these signature headers.
async fn post(shop: &Business, body: &[u8], headers: &[(&str, &str)]) -> Answer {
    let nobody = shop.owner.with(None);
    let request =
        nobody.request(reqwest::Method::POST, PATH).header("content-type", "application/json").body(body.to_vec());
    nobody.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn c_013_only_the_right_token_gets_the_challenge_back() {
    let shop = business().await;
    let number = shop.owner.get(&format!("whatsapp/numbers/{}", shop.number_id)).await.expect(200);
    let token = number["verify_token"].as_str().unwrap();
    let nobody = shop.owner.with(None);
    let ask = |query: String| async move { nobody.get(&format!("{PATH}?{query}")).await };
    let right =
        ask.clone()(format!("hub.mode=subscribe&hub.challenge=%3Cb%3E1158201444&hub.verify_token={token}")).await;
    assert_eq!((right.status, right.text.as_str()), (200, "<b>1158201444"));
    assert!(right.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(right.headers["x-content-type-options"], "nosniff");
    for query in [
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong".to_owned(),
        "hub.mode=subscribe&hub.challenge=1&hub.verify_token=".to_owned(),
        "hub.mode=subscribe&hub.challenge=1".to_owned(),
        format!("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={token}"),
        format!("hub.mode=subscribe&hub.verify_token={token}"),
        format!("hub.mode=subscribe&hub.challenge={}&hub.verify_token={token}", "1".repeat(257)),
        String::new(),
    ] {
        let wrong = ask.clone()(query.clone()).await;
        assert_eq!(wrong.expect(403)["code"], "bad_verify_token", "{query}");
    }
}

#[tokio::test]
async fn c_014_a_body_that_is_not_signed_rightly_is_refused_and_leaves_nothing() {
    let shop = business().await;
    let evil = text_webhook(&shop, &[("919811100014", "wamid.EVIL", now(), "evil")]);
    let right = sign(SECRET.as_bytes(), evil.as_bytes());
    let hex = right.strip_prefix("sha256=").unwrap();
    let changed = evil.replace("evil", "evik");
    let reserialised = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&evil).unwrap()).unwrap();
    let wrong = sign(b"another secret", evil.as_bytes());
    const NAME: &str = "x-hub-signature-256";
    let cut = &right[..right.len() - 1];
    let upper = format!("SHA256={}", hex.to_uppercase());
    let sha1 = format!("sha1={}", &hex[..40]);
    let cases: Vec<(&str, Vec<(&str, &str)>)> = vec![
        (&evil, vec![]),
        (&evil, vec![(NAME, "")]),
        (&evil, vec![(NAME, "sha256=")]),
        (&evil, vec![(NAME, &wrong)]),
        (&evil, vec![(NAME, cut)]),
        (&evil, vec![(NAME, hex)]),
        (&evil, vec![(NAME, &upper)]),
        (&evil, vec![(NAME, &sha1)]),
        (&evil, vec![("x-hub-signature", &sha1)]),
        (&evil, vec![(NAME, &right), (NAME, &right)]),
        (&evil, vec![(NAME, &right), (NAME, &wrong)]),
        (&changed, vec![(NAME, &right)]),
        (&reserialised, vec![(NAME, &right)]),
    ];
    for (body, headers) in cases {
        let answer = post(&shop, body.as_bytes(), &headers).await;
        assert_eq!(answer.expect(401)["code"], "bad_signature", "{headers:?}");
    }
    only(&shop, "919811100014").await;
}

/// A customer's next message is the only one there.
async fn only(shop: &Business, customer: &str) {
    let good = text_webhook(shop, &[(customer, &format!("wamid.GOOD{customer}"), now(), "good")]);
    shop.webhook(&good, SECRET).await.expect(200);
    let thread = shop.conversation_of(customer).await;
    let texts: Vec<Value> =
        shop.messages(thread["id"].as_str().unwrap()).await.iter().map(|m| m["content"]["body"].clone()).collect();
    assert_eq!(texts, ["good"]);
}

#[tokio::test]
async fn c_015_another_apps_secret_speaks_for_nobody_elses_number() {
    let (shop, other) = (business().await, business().await);
    let theirs = format!("77{}", other.phone_number_id);
    let number = json!({ "phone_number_id": theirs, "waba_id": format!("77{}", other.waba_id), "display_phone_number": "+91 98111 00015",
        "access_token": "another-access-token", "app_secret": "another-app-secret" });
    other.owner.post("whatsapp/numbers", number).await.expect(201);
    let evil = text_webhook(&shop, &[("919811100015", "wamid.EVIL", now(), "evil")]);
    assert_eq!(shop.webhook(&evil, "another-app-secret").await.status, 401);
    // Hidden behind one of its own numbers: the body opens, but not for ours.
    let mut mixed: Value = serde_json::from_str(&evil).unwrap();
    let mut own = mixed["entry"][0].clone();
    own["id"] = json!(format!("77{}", other.waba_id));
    own["changes"][0]["value"]["metadata"]["phone_number_id"] = json!(theirs);
    mixed["entry"].as_array_mut().unwrap().insert(0, own);
    let answer = shop.webhook(&mixed.to_string(), "another-app-secret").await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.text);
    only(&shop, "919811100015").await;
}

/// A secret that was reset at Meta is entered number by number; customers write meanwhile, and what was answered 200 is there.
#[tokio::test]
async fn c_015_a_business_is_heard_by_the_secret_of_any_of_its_numbers() {
    let shop = business().await;
    let renewed = json!({ "phone_number_id": format!("66{}", shop.phone_number_id), "waba_id": shop.waba_id,
        "display_phone_number": "+91 98111 00066", "access_token": "another-access-token", "app_secret": "the-renewed-secret" });
    shop.owner.post("whatsapp/numbers", renewed).await.expect(201);
    let good = text_webhook(&shop, &[("919811100066", "wamid.RENEWED", now(), "good")]);
    shop.webhook(&good, "the-renewed-secret").await.expect(200);
    let thread = shop.conversation_of("919811100066").await;
    assert_eq!(shop.messages(thread["id"].as_str().unwrap()).await.len(), 1);
}

#[tokio::test]
async fn c_055_more_events_than_meta_sends_are_refused_whole() {
    let shop = business().await;
    let mut body: Value = serde_json::from_str(&text_webhook(&shop, &[])).unwrap();
    let value = &mut body["entry"][0]["changes"][0]["value"];
    value["messages"] = json!(vec![0; 2_001]);
    let refused = shop.webhook(&body.to_string(), SECRET).await;
    assert_eq!(refused.expect(413)["code"], "too_many_events");
    assert_eq!(kept(&shop).await, 0);
}

/// Anybody can enter anybody's account: that keeps nothing from whoever holds its app's secret.
#[tokio::test]
async fn c_015_an_account_that_others_enter_as_theirs_is_still_heard() {
    // Those who were here before and those who came after: the order in which rows are read is nobody's promise.
    let (early, shop, late) = (business().await, business().await, business().await);
    let waba = format!("88{}", shop.waba_id);
    let number = |n: usize, secret: &str| {
        json!({ "phone_number_id": format!("88{n:02}{}", shop.phone_number_id), "waba_id": waba, "display_phone_number": "+91 98111 00022",
            "access_token": "another-access-token", "app_secret": secret })
    };
    for n in 0..20 {
        let given = number(n, &format!("a-strangers-secret-{n}"));
        [&early, &late][n % 2].owner.post("whatsapp/numbers", given).await.expect(201);
    }
    shop.owner.post("whatsapp/numbers", number(50, "the-accounts-own-secret")).await.expect(201);
    late.owner.post("whatsapp/numbers", number(51, "a-strangers-last-secret")).await.expect(201);
    let value = json!({ "event": "VERIFIED_ACCOUNT", "phone_number": "919811100022" });
    let body = json!({ "object": "whatsapp_business_account",
        "entry": [{ "id": waba, "time": now(), "changes": [{ "field": "account_update", "value": value }] }] });
    assert_eq!(shop.webhook(&body.to_string(), "nobodys-secret").await.status, 401);
    assert_eq!(shop.webhook(&body.to_string(), "the-accounts-own-secret").await.status, 200);
    let kept = (kept(&early).await, kept(&shop).await, kept(&late).await);
    assert_eq!(kept, (0, 1, 0), "it is kept for the one who signed, and for nobody else");
}

/// Events that are kept for a business.
async fn kept(business: &Business) -> i64 {
    let count = sqlx::query_scalar("select count(*) from inbound_events where tenant_id = $1::uuid");
    count.bind(&business.tenant_id).fetch_one(&mut business.world.owner().await).await.unwrap()
}

#[tokio::test]
async fn c_017_strange_contents_are_kept_and_harm_nothing() {
    let shop = business().await;
    let from = "919811100017";
    let long = "क".repeat(4096);
    let huge = "x".repeat(65_000);
    let rtl = "abc\u{202e}gpj.exe";
    let texts = [
        ("wamid.S1", ""),
        ("wamid.S2", long.as_str()),
        ("wamid.S3", huge.as_str()),
        ("wamid.S4", rtl),
        ("wamid.S5", "NUL->\u{0}<-"),
    ];
    let messages: Vec<(&str, &str, i64, &str)> = texts.iter().map(|(id, text)| (from, *id, now(), *text)).collect();
    let mut body: Value = serde_json::from_str(&text_webhook(&shop, &messages)).unwrap();
    body["new_at_the_top"] = json!([1, { "deep": null }]);
    let list = body["entry"][0]["changes"][0]["value"]["messages"].as_array_mut().unwrap();
    list[0]["new_in_a_message"] = json!({ "x": 1 });
    let at = now().to_string();
    list.push(json!({ "from": from, "id": "wamid.S6", "timestamp": at, "type": "hologram", "hologram": { "n": 1 } }));
    list.push(json!({ "from": from, "id": "wamid.S7", "timestamp": at, "type": "text" }));
    list.push(json!({ "from": from, "id": "wamid.S8", "timestamp": at, "type": "reaction", "reaction": { "message_id": "wamid.NOWHERE", "emoji": "👍" } }));
    list.push(
        json!({ "from": from, "id": "wamid.S9", "timestamp": at, "type": "text", "text": { "body": "SURROGATE" } }),
    );
    // A lone surrogate is JSON that no string can hold; Meta escapes, so only the escape can come.
    let body = body.to_string().replace("SURROGATE", "\\ud83d alone");
    shop.webhook(&body, SECRET).await.expect(200);
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let all = eventually("8 messages", || async {
        let all = shop.messages(&id).await;
        (all.len() >= 8).then_some(all)
    })
    .await;
    assert_eq!(all.len(), 8, "the reaction to nothing is no message");
    let bodies: Vec<&str> = all.iter().filter_map(|m| m["content"]["body"].as_str()).collect();
    for text in [long.as_str(), huge.as_str(), rtl, "NUL->\u{fffd}<-"] {
        assert!(bodies.contains(&text), "{}", text.chars().take(20).collect::<String>());
    }
    assert!(bodies.iter().any(|b| b.ends_with(" alone")));
    assert!(all.iter().any(|m| m["type"] == "UNSUPPORTED"));
    let failures = shop.owner.get("failures").await.expect(200);
    assert_eq!(failures["data"], json!([]), "nothing is tried for ever");
}

#[tokio::test]
async fn c_055_too_large_too_deep_and_too_many_are_refused_quickly() {
    let shop = business().await;
    let host = shop.owner.base.trim_start_matches("http://").to_owned();
    let begun = Instant::now();
    // Told beforehand: refused before a byte of it is read.
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 10485760\r\n\r\n"
    );
    assert_eq!(raw(&host, &head, None).await, 413);
    // Without an end: refused at the limit.
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nx-hub-signature-256: sha256=00\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = [b"10000\r\n".to_vec(), vec![b'['; 65_536], b"\r\n".to_vec()].concat();
    assert_eq!(raw(&host, &head, Some(&chunk)).await, 413);
    // More headers than anybody sends.
    let many: String = (0..100_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    let status = raw(&host, &format!("POST {PATH} HTTP/1.1\r\nhost: {host}\r\n{many}\r\n"), None).await;
    assert!(matches!(status, 400 | 431), "{status}");
    let keys: String = (0..200_000).map(|n| format!("\"k{n}\":{n},")).collect();
    for (body, what) in [
        ("[".repeat(100_000), "nested"),
        (format!("{{{}\"entry\":[]}}", keys), "keys"),
        ("{\"a\":".repeat(100_000), "nested objects"),
        (String::new(), "empty"),
        ("not json".into(), "words"),
        ("{".into(), "cut off"),
    ] {
        let answer = shop.webhook(&body, SECRET).await;
        assert!(matches!(answer.status, 200 | 400 | 401), "{what}: {} {}", answer.status, answer.text);
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let nobody: Caller = shop.owner.with(None);
    assert_eq!(nobody.get("/healthz").await.status, 200);
    only(&shop, "919811100055").await;
}

/// Sends a head, then the same piece again and again, until there is an answer; its status.
pub async fn raw(host: &str, head: &str, piece: Option<&[u8]>) -> u16 {
    let socket = TcpStream::connect(host).await.unwrap();
    let (mut read, mut write) = socket.into_split();
    let endless = async {
        // The answer may come, and the connection end, before all is sent.
        let _ = write.write_all(head.as_bytes()).await;
        while let Some(piece) = piece {
            if write.write_all(piece).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = vec![0; 4096];
    let answered = async { read.read(&mut answer).await.unwrap() };
    let length = tokio::select! {
        length = answered => length,
        () = endless => 0,
        () = tokio::time::sleep(Duration::from_secs(10)) => panic!("no answer"),
    };
    let text = String::from_utf8_lossy(&answer[..length]).into_owned();
    text.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("{text}"))
}
