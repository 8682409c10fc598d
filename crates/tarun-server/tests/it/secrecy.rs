//! Marker texts, numbers and secrets go through the real program; nothing that it leaves behind holds them.

use crate::program::Program;
use crate::screen::Screen;
use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::SinkExt as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tarun_simulator::{SimNumber, SimulatorConfig};
use tarun_testkit::{Caller, eventually};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// All forms in which a marker could lie about.
fn forms(marker: &str) -> Vec<Vec<u8>> {
    let plain = marker.as_bytes().to_vec();
    let utf16: Vec<u8> = marker.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex: String = marker.bytes().map(|b| format!("{b:02x}")).collect();
    let mut all = vec![plain.clone(), utf16, hex.clone().into_bytes(), hex.to_uppercase().into_bytes()];
    for skip in 0..3usize {
        // Base64 at each of the three alignments, without the ends that neighbours change.
        let padded = [vec![b'x'; skip], plain.clone()].concat();
        let text = base64::engine::general_purpose::STANDARD.encode(padded);
        let from = if skip == 0 { 0 } else { 4 };
        all.push(text.as_bytes()[from..text.len() - 4].to_vec());
    }
    all
}

/// What of an opaque token must lie nowhere: its secret, as written and as bytes.
fn token_forms(token: &str) -> Vec<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split_once('_').unwrap().1).unwrap();
    let secret = bytes[bytes.len() - 32..].to_vec();
    let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
    let mut all = forms(&token[token.len() - 30..]);
    all.extend([secret, hex.into_bytes()]);
    all
}

fn files(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

const TEXT: &str = "MARKERTEXTzebra4711";
const NOTE: &str = "MARKERNOTEquagga4712";
const REPLY: &str = "MARKERREPLYokapi4713";
const NAME: &str = "MARKERNAMEgnu4714";
const PHONE: &str = "919876504321";
const EMAIL: &str = "markermail4715@shop.example";
const PASSWORD: &str = "MARKERPASSWORDeland4716";
const TOKEN: &str = "MARKERTOKENkudu4717access";
const SECRET: &str = "MARKERSECREToryx4718app";
/// Where it lands in a line of the log as it is, there are two lines.
const BREAK: &str = "\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}";
const FILE: &str = "MARKERFILEnyala4719-inside-the-picture";

async fn simulator() -> (tarun_simulator::Running, String) {
    let number = SimNumber {
        phone_number_id: "100000000004711".into(),
        waba_id: "200000000004711".into(),
        display_phone_number: "+918000014711".into(),
        verified_name: "Shop".into(),
        access_token: TOKEN.into(),
        token_expires_at: 0,
    };
    let mut config = SimulatorConfig::new("127.0.0.1:0".parse().unwrap(), SECRET, "verify-4711-token", vec![number]);
    config.preset_customers = false;
    let running = tarun_simulator::serve(config, CancellationToken::new()).await.unwrap();
    let url = running.graph_url();
    (running, url)
}

#[tokio::test]
async fn c_073_c_087_c_100_c_103_nothing_left_behind_holds_what_people_wrote() {
    let (_simulator, graph) = simulator().await;
    let mut program = Program::start(&graph).await;
    let sim = Caller { base: graph.clone(), ..program.api.clone() };
    let founder = json!({ "business_name": "Shop", "name": "Asha", "email": EMAIL, "password": PASSWORD });
    let request = program.api.request(reqwest::Method::POST, "auth/signup").json(&founder);
    let entered = program.api.send(request.header("user-agent", "\t\"}{\"level\":\"ERROR\"}")).await;
    let session = entered.expect(201);
    let jwt = session["access_token"].as_str().unwrap().to_owned();
    let owner = program.api.with(Some(&jwt));
    let mut tokens = cookies(&entered);
    let mut screen = Screen::open(&owner).await;
    screen.until("ready").await;
    screen.0.send(Message::text(format!(r#"42["{TEXT}",{{"said":"{REPLY}"}}]"#))).await.unwrap();
    tokens.extend(links(&program.api, &owner).await);
    let key = owner.post("api-keys", json!({ "name": "k", "scope": "READ" })).await.expect(201);
    tokens.push(key["key"].as_str().unwrap().to_owned());
    program.api.with(key["key"].as_str()).get("conversations").await.expect(200);
    connect(&owner, &sim).await;

    sim.post("/_sim/customers", json!({ "wa_id": PHONE, "name": format!("{NAME}{BREAK}") })).await.expect(200);
    let say = |body: Value| sim.post("/_sim/customers/919876504321/messages", body);
    say(json!({ "type": "text", "text": TEXT })).await.expect(200);
    let picture = base64::engine::general_purpose::STANDARD.encode(FILE);
    say(json!({ "type": "document", "document": { "base64": picture, "mime_type": "text/plain", "filename": format!("{TEXT}{BREAK}.txt") } })).await.expect(200);
    let thread = eventually("the conversation with its file", || async {
        let page = owner.get("conversations").await.expect(200);
        let thread = page["data"][0].clone();
        let id = thread["id"].as_str()?.to_owned();
        let messages = owner.get(&format!("conversations/{id}/messages")).await.expect(200);
        let ready = messages["data"].as_array()?.iter().any(|m| m["content"]["media"]["state"] == "READY");
        ready.then_some(id)
    })
    .await;
    owner
        .post(&format!("conversations/{thread}/messages"), json!({ "type": "TEXT", "content": { "body": REPLY } }))
        .await
        .expect(201);
    owner.post(&format!("conversations/{thread}/notes"), json!({ "body": NOTE })).await.expect(201);
    owner.get(&format!("conversations?q={TEXT}")).await.expect(200);
    // Errors, too, are written without what was sent.
    owner.post("auth/login", json!({ "email": EMAIL, "password": "wrong" })).await.expect(401);
    owner.post("auth/login", json!({ "email": format!("{EMAIL}{BREAK}"), "password": BREAK })).await.expect(401);
    owner
        .post(
            &format!("conversations/{thread}/messages"),
            json!({ "type": "TEXT", "content": { "body": "" }, "x": TEXT }),
        )
        .await;
    let media: Value = owner.get(&format!("conversations/{thread}/messages")).await.expect(200);
    let url = media["data"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|m| m["content"]["media"]["url"].as_str())
        .unwrap()
        .to_owned();
    let file = program.api.http.get(format!("{}{url}", program.api.base)).send().await.unwrap();
    assert_eq!(file.text().await.unwrap(), FILE);
    eventually("the reply is delivered", || async {
        let messages = owner.get(&format!("conversations/{thread}/messages")).await.expect(200);
        messages["data"]
            .as_array()?
            .iter()
            .any(|m| m["status"] == "DELIVERED" && m["direction"] == "OUTBOUND")
            .then_some(())
    })
    .await;
    let told = screen.until("message.created").await;
    assert!(format!("{told:?}").contains(TEXT), "the open screen was told, so a log of what it was told would hold it");
    let metrics = program.api.with(Some("metrics-token-of-the-tests")).get("/metrics").await;
    assert_eq!(metrics.status, 200);

    let dump = program.dump();
    program.stop().await;
    let mut left = vec![("the dump".to_owned(), dump), ("the metrics".to_owned(), metrics.text.into_bytes())];
    let log = std::fs::read(&program.log).unwrap();
    every_line_is_an_event(&String::from_utf8(log.clone()).unwrap());
    left.push(("the log".to_owned(), log));
    let mut found = vec![];
    // PostgreSQL's own files hold the same rows as the dump, and what was there before; Valkey's hold the streams.
    files(&program.data(), &mut found);
    assert!(
        found.iter().any(|f| f.to_string_lossy().contains("appendonly")),
        "Valkey's append-only file was looked at"
    );
    assert!(found.iter().any(|f| f.to_string_lossy().contains("files/media")), "the stored file was looked at");
    left.extend(found.into_iter().map(|f| (f.display().to_string(), std::fs::read(&f).unwrap_or_default())));
    let markers =
        [TEXT, NOTE, REPLY, NAME, PHONE, EMAIL, PASSWORD, TOKEN, SECRET, FILE, jwt.split('.').next_back().unwrap()];
    let mut wanted: Vec<(&str, Vec<u8>)> =
        markers.iter().flat_map(|m| forms(m).into_iter().map(move |f| (*m, f))).collect();
    wanted.extend(tokens.iter().flat_map(|t| token_forms(t).into_iter().map(move |f| (&t[..3], f))));
    let search = AhoCorasick::new(wanted.iter().map(|(_, form)| form)).unwrap();
    for (place, bytes) in &left {
        if let Some(found) = search.find(bytes) {
            let (marker, form) = &wanted[found.pattern().as_usize()];
            panic!("{marker} lies in {place} as {:?}", String::from_utf8_lossy(form));
        }
    }
    // The search itself works: it finds what is known to be there.
    let known = AhoCorasick::new(["100000000004711"]).unwrap();
    assert!(left.iter().any(|(_, bytes)| known.is_match(bytes)));
}

/// Connects the simulator's number to the owner's business.
async fn connect(owner: &Caller, sim: &Caller) {
    let number = json!({ "phone_number_id": "100000000004711", "waba_id": "200000000004711", "display_phone_number": "+918000014711",
        "access_token": TOKEN, "app_secret": SECRET, "verify_token": "verify-4711-token" });
    owner.post("whatsapp/numbers", number).await.expect(201);
    let app =
        json!({ "webhook_url": format!("{}/api/webhooks/whatsapp", owner.base), "verify_token": "verify-4711-token" });
    sim.send(sim.request(reqwest::Method::PUT, "/_sim/app").json(&app)).await.expect(200);
    let subscribe = sim
        .http
        .post(format!("{}/v26.0/200000000004711/subscribed_apps", sim.base))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert!(subscribe.status().is_success());
}

/// Values of the cookies of an answer that are tokens.
fn cookies(answer: &tarun_testkit::Answer) -> Vec<String> {
    let set = answer.headers.get_all("set-cookie").iter();
    set.map(|c| c.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap().1.to_owned()).collect()
}

/// An invitation that is looked at and accepted, and a reset link that is used: the tokens of both.
async fn links(nobody: &Caller, owner: &Caller) -> Vec<String> {
    let of = |made: Value| made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let invited = owner.post("invitations", json!({ "email": "ravi@shop.example", "role": "AGENT" })).await.expect(201);
    let invitation = of(invited);
    nobody.get(&format!("auth/links/{invitation}")).await.expect(200);
    let given = json!({ "token": invitation, "name": "Ravi", "password": PASSWORD });
    let joined = nobody.post("auth/invitations/accept", given).await;
    let id = joined.expect(201)["user"]["id"].as_str().unwrap().to_owned();
    let reset = of(owner.post(&format!("users/{id}/password-reset"), Value::Null).await.expect(201));
    let given = json!({ "token": reset, "password": format!("{PASSWORD} again") });
    let set = nobody.post("auth/password/reset", given).await;
    set.expect(200);
    [vec![invitation, reset], cookies(&joined), cookies(&set)].concat()
}

/// A business of its own, founded from an address of its own: those are counted.
async fn founded(api: &Caller, n: u8) {
    let address = std::net::IpAddr::from([127, 150, 0, n + 1]);
    let http = reqwest::Client::builder().local_address(address).build().unwrap();
    let given = json!({ "business_name": "S", "name": format!("Founder {n}"), "email": format!("founder{n}@shop.example"), "password": PASSWORD });
    Caller { http, ..api.clone() }.post("auth/signup", given).await.expect(201);
}

/// C-087: whatever people wrote, an event stays one line of JSON that we wrote.
fn every_line_is_an_event(log: &str) {
    let mut levels = std::collections::BTreeSet::new();
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in the log: {line}"));
        let target = event["target"].as_str().unwrap_or_else(|| panic!("no event of ours: {line}"));
        levels.insert((event["level"].as_str().unwrap().to_owned(), target.starts_with("tarun")));
    }
    assert!(levels.contains(&("DEBUG".to_owned(), true)), "the log was asked for all, and says little: {levels:?}");
}

#[tokio::test]
async fn c_102_the_master_key_is_rotated_under_load() {
    let (_simulator, graph) = simulator().await;
    let mut program = Program::start(&graph).await;
    let person = json!({ "business_name": "Shop", "name": "Asha", "email": EMAIL, "password": PASSWORD });
    let session = program.api.post("auth/signup", person).await.expect(201);
    let owner = program.api.with(session["access_token"].as_str());
    let sim = Caller { base: graph.clone(), ..program.api.clone() };
    connect(&owner, &sim).await;
    sim.post("/_sim/customers", json!({ "wa_id": PHONE, "name": NAME })).await.expect(200);
    let before = std::fs::read_to_string(program.data().join("master.key")).unwrap();
    let mut command = program.admin(&["rotate-master-key"]);
    let rotating = tokio::task::spawn_blocking(move || command.output().unwrap());

    // Meanwhile businesses are founded, customers write, people sign in and read: nothing fails, nothing is kept by half.
    let mut rounds = 0;
    while rounds < 10 || !rotating.is_finished() {
        founded(&program.api, rounds).await;
        let text = json!({ "type": "text", "text": format!("round-{rounds}") });
        sim.post(&format!("/_sim/customers/{PHONE}/messages"), text).await.expect(200);
        let session = owner.post("auth/login", json!({ "email": EMAIL, "password": PASSWORD })).await.expect(200);
        program.api.with(session["access_token"].as_str()).get("conversations").await.expect(200);
        assert_eq!(owner.get("me").await.expect(200)["user"]["email"], EMAIL, "no downtime");
        rounds += 1;
    }
    let rotated = rotating.await.unwrap();
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    for _ in 0..3 {
        founded(&program.api, rounds).await;
        rounds += 1;
    }
    let after = std::fs::read_to_string(program.data().join("master.key")).unwrap();
    assert_ne!(before, after);
    let keys = |text: &str| text.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(keys(&after).len(), 1, "the old key can be thrown away");
    program.stop().await;

    // With the new key everything opens; with the old one nothing starts.
    let start = |key_file: &str| {
        std::fs::write(program.data().join("master.key"), key_file).unwrap();
        Command::new(env!("CARGO_BIN_EXE_tarun"))
            .arg("up")
            .current_dir(program.folder.path())
            .env("TARUN_DATA_DIR", program.data())
            .env("TARUN_LISTEN", "127.0.0.1:0")
            .env("WHATSAPP_GRAPH_URL", &graph)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let refused = start(&before).wait_with_output().unwrap();
    assert!(!refused.status.success());
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("another master key"),
        "{}",
        String::from_utf8_lossy(&refused.stderr)
    );
    let mut again = start(&after);
    let out = std::io::BufReader::new(again.stdout.take().unwrap());
    let line = std::io::BufRead::lines(out).map_while(Result::ok).find(|l| l.contains("Tarun is ready")).unwrap();
    let address = line.rsplit(' ').next().unwrap().replace("localhost", "127.0.0.1");
    let api = Caller { base: address, ..program.api.clone() };
    let login = api.post("auth/login", json!({ "email": EMAIL, "password": PASSWORD })).await.expect(200);
    assert_eq!(login["user"]["name"], "Asha");
    for n in 0..rounds {
        let given = json!({ "email": format!("founder{n}@shop.example"), "password": PASSWORD });
        assert_eq!(api.post("auth/login", given).await.expect(200)["user"]["name"], format!("Founder {n}"));
    }
    let owner = api.with(login["access_token"].as_str());
    let thread = owner.get("conversations").await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    eventually("all that was said can be read", || async {
        let mut said = std::collections::BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let page = owner.get(&format!("conversations/{thread}/messages?limit=200{cursor}")).await.expect(200);
            said.extend(
                page["data"].as_array()?.iter().filter_map(|m| m["content"]["body"].as_str().map(str::to_owned)),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        (0..rounds - 3).all(|n| said.contains(&format!("round-{n}"))).then_some(())
    })
    .await;
    Command::new("kill").arg("-TERM").arg(again.id().to_string()).status().unwrap();
    again.wait().unwrap();
}
