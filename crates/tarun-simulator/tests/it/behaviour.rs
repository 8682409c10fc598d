use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::harness::*;

async fn ready() -> Sim {
    let sim = Sim::start().await;
    sim.open_window().await;
    sim
}

async fn last_call(sim: &Sim) -> Value {
    sim.observe("calls").await["calls"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn errors_by_script_for_the_next_calls_only() {
    let sim = ready().await;
    sim.rule(json!({ "times": 1, "action": { "do": "error", "code": 130_429, "http_status": 429, "retry_after": 7 } }))
        .await;
    let body = json!({ "messaging_product": "whatsapp", "to": KAVYA, "text": { "body": "x" }, "biz_opaque_callback_data": "intent-1" });
    let call = || sim.http.post(sim.graph(&format!("{NUMBER}/messages"))).bearer_auth(TOKEN).json(&body);
    let refused = call().send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(code(&refused.json().await.unwrap()), 130_429);
    let record = last_call(&sim).await;
    assert_eq!(
        (&record["accepted"], &record["http_status"], &record["behaviour"]),
        (&json!(false), &json!(429), &json!("error"))
    );
    assert_eq!((&record["callback"], &record["recipient"]), (&json!("intent-1"), &json!(KAVYA)));
    assert_eq!(answer(call()).await.0, 200);
}

#[tokio::test]
async fn rules_are_for_whom_they_name() {
    let sim = ready().await;
    sim.rule(json!({ "match": { "recipient": "919000052614" }, "action": { "do": "error", "code": 131_056 } })).await;
    sim.sent("text", json!({ "body": "others go on" })).await;
    let other = json!({ "messaging_product": "whatsapp", "to": "+919000052614", "text": { "body": "x" } });
    assert_eq!(code(&sim.post(&format!("{NUMBER}/messages"), other).await.1), 131_056);
    sim.rule(
        json!({ "match": { "endpoint": "media_lookup" }, "times": 1, "action": { "do": "error", "code": 131_000 } }),
    )
    .await;
    let (voice, _) = sim.hears(json!({ "type": "voice" })).await;
    let id = voice["audio"]["id"].as_str().unwrap();
    assert_eq!(sim.get(id).await.0, 500);
    assert_eq!(sim.get(id).await.0, 200);
}

#[tokio::test]
async fn the_connection_is_cut_before_or_after_acceptance() {
    let sim = ready().await;
    for accepted in [false, true] {
        sim.rule(json!({ "times": 1, "action": { "do": "drop", "accepted": accepted } })).await;
        let body = json!({ "messaging_product": "whatsapp", "to": KAVYA, "text": { "body": "x" }, "biz_opaque_callback_data": format!("cut-{accepted}") });
        let call = sim.http.post(sim.graph(&format!("{NUMBER}/messages"))).bearer_auth(TOKEN).json(&body);
        assert!(call.send().await.is_err(), "no answer at all");
        let record = last_call(&sim).await;
        assert_eq!((&record["accepted"], &record["http_status"]), (&json!(accepted), &Value::Null));
        if accepted {
            // The status is the only way to learn that the message went out.
            let statuses = sim.receiver.statuses(record["wamid"].as_str().unwrap(), "delivered").await;
            assert_eq!(statuses[0]["biz_opaque_callback_data"], "cut-true");
        } else {
            assert!(record["wamid"].is_null());
        }
    }
    sim.sent("text", json!({ "body": "the simulator lives on" })).await;
}

#[tokio::test]
async fn slow_and_hanging_answers() {
    let sim = ready().await;
    sim.rule(json!({ "times": 1, "action": { "do": "slow", "ms": 300 } })).await;
    let started = Instant::now();
    let send = sim.send("text", json!({ "body": "slow" }));
    let early = sim.receiver.until("a status before the answer", |_| {
        sim.receiver
            .changes()
            .iter()
            .find(|(_, v)| v["statuses"][0]["status"] == "delivered")
            .map(|_| started.elapsed())
    });
    let ((status, _), early) = tokio::join!(send, early);
    assert!(status == 200 && started.elapsed() >= Duration::from_millis(300));
    assert!(early < Duration::from_millis(300), "statuses do not wait for the answer");

    sim.rule(json!({ "times": 1, "action": { "do": "hang", "ms": 60_000 } })).await;
    let body = json!({ "messaging_product": "whatsapp", "to": KAVYA, "text": { "body": "x" } });
    let call = sim.http.post(sim.graph(&format!("{NUMBER}/messages"))).bearer_auth(TOKEN).json(&body);
    assert!(call.timeout(Duration::from_millis(200)).send().await.unwrap_err().is_timeout());
    assert_eq!(last_call(&sim).await["behaviour"], "hang");
}

#[tokio::test]
async fn answers_no_client_expects() {
    let sim = ready().await;
    let html = "<html><body>502 Bad Gateway</body></html>";
    for action in [
        json!({ "do": "answer", "http_status": 502, "content_type": "text/html", "body": html }),
        json!({ "do": "answer", "http_status": 200, "body": "{\"messages\": [" }),
        json!({ "do": "answer", "http_status": 503 }),
        json!({ "do": "big_body", "bytes": 10_000_000 }),
        json!({ "do": "redirect", "location": "http://127.0.0.1:1/stolen" }),
    ] {
        sim.rule(json!({ "times": 1, "action": action })).await;
        let (status, body) = sim.send("text", json!({ "body": "x" })).await;
        match action["do"].as_str().unwrap() {
            "answer" => assert_eq!(status, action["http_status"]),
            "big_body" => assert!(status == 200 && body.to_string().len() > 10_000_000),
            _ => assert_eq!(status, 307),
        }
        assert_eq!(last_call(&sim).await["accepted"], false, "{action}");
    }
    sim.rule(json!({ "times": 1, "action": { "do": "fail_later", "code": 131_049 } })).await;
    let wamid = sim.sent("text", json!({ "body": "x" })).await;
    assert_eq!(sim.receiver.statuses(&wamid, "failed").await[0]["errors"][0]["code"], 131_049);
}

#[tokio::test]
async fn statuses_can_be_switched_off_and_made_by_hand() {
    let sim = ready().await;
    sim.settings(json!({ "statuses": { "enabled": false } })).await;
    let wamid = sim.sent("text", json!({ "body": "x" })).await;
    sim.settled().await;
    assert!(sim.receiver.changes().iter().all(|(_, value)| value.get("statuses").is_none()));
    let path =
        format!("messages/{}/status", url::form_urlencoded::byte_serialize(wamid.as_bytes()).collect::<String>());
    assert_eq!(sim.control(&path, json!({ "status": "read" })).await.0, 200);
    let names: Vec<Value> = sim.receiver.statuses(&wamid, "read").await.iter().map(|s| s["status"].clone()).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    assert_eq!(sim.control("messages/none/status", json!({ "status": "read" })).await.0, 404);

    sim.settings(json!({ "statuses": { "enabled": true, "read": { "after_ms": 10 } } })).await;
    let wamid = sim.sent("text", json!({ "body": "x" })).await;
    sim.receiver.statuses(&wamid, "read").await;
}

#[tokio::test]
async fn the_record_outlives_a_kill() {
    let path = std::env::temp_dir().join(format!("tarun-simulator-record-{}.jsonl", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let mut simulator = tokio::process::Command::new(env!("CARGO_BIN_EXE_tarun-simulator"))
        .args(["--listen", "127.0.0.1:0", "--record"])
        .arg(&path)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = tokio::io::BufReader::new(simulator.stdout.take().unwrap());
    tokio::io::AsyncBufReadExt::read_line(&mut out, &mut line).await.unwrap();
    let started: Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/v26.0/100000000000001/messages", started["graph_url"].as_str().unwrap());
    let template = json!({ "name": "welcome_back", "language": { "code": "en" } });
    let body = json!({ "messaging_product": "whatsapp", "to": "+919812345678", "type": "template", "template": template, "biz_opaque_callback_data": "kept" });
    let sent = reqwest::Client::new().post(url).bearer_auth("simulator-access-token").json(&body).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    simulator.kill().await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["record"], &first["callback"], &first["accepted"]),
        (&json!("call"), &json!("kept"), &json!(true))
    );
    std::fs::remove_file(path).unwrap();
}
