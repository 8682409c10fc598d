//! Marker texts, numbers and secrets go through the real program; nothing that it leaves behind holds them.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tarun_embedded::{Runtime, runtime};
use tarun_simulator::{SimNumber, SimulatorConfig};
use tarun_testkit::{Caller, eventually, open_folder};
use tokio_util::sync::CancellationToken;

/// A `tarun up` of its own: processes, servers and data directory.
struct Program {
    child: Child,
    folder: tempfile::TempDir,
    api: Caller,
    log: PathBuf,
}

impl Program {
    async fn start(graph_url: &str) -> Self {
        let folder = open_folder();
        let log = folder.path().join("log.txt");
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_tarun"))
            .arg("up")
            .current_dir(folder.path())
            .env("TARUN_DATA_DIR", folder.path().join("data"))
            .env("TARUN_LISTEN", format!("127.0.0.1:{port}"))
            .env("TARUN_LOG", "trace,sqlx=debug,h2=info")
            .env("TARUN_METRICS_TOKEN", "metrics-token-of-the-tests")
            .env("WHATSAPP_GRAPH_URL", graph_url)
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let api = Caller { base: format!("http://127.0.0.1:{port}"), token: None, http: reqwest::Client::new() };
        let program = Self { child, folder, api, log };
        eventually("the program is ready", || async {
            let answer = program.api.http.get(format!("{}/readyz", program.api.base)).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
        program
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn dump(&self) -> Vec<u8> {
        let runtime = Runtime::locate(&runtime::default_cache_dir()).unwrap();
        let note: Value = serde_json::from_slice(&std::fs::read(self.data().join("servers.json")).unwrap()).unwrap();
        let out = Command::new(runtime.postgres_bin().join("pg_dump"))
            .arg(note["owner_url"].as_str().unwrap())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    fn admin(&self, args: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_tarun"))
            .arg("admin")
            .args(args)
            .current_dir(self.folder.path())
            .env("TARUN_DATA_DIR", self.data())
            .output()
            .unwrap()
    }

    async fn stop(&mut self) {
        let pid = i32::try_from(self.child.id()).unwrap();
        Command::new("kill").arg("-TERM").arg(pid.to_string()).status().unwrap();
        eventually("the program has stopped", || std::future::ready(self.child.try_wait().unwrap())).await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
const FILE: &str = "MARKERFILEnyala4719-inside-the-picture";

async fn simulator() -> (tarun_simulator::Running, String) {
    let number = SimNumber {
        phone_number_id: "100000000004711".into(),
        waba_id: "200000000004711".into(),
        display_phone_number: "+918000014711".into(),
        verified_name: "Shop".into(),
        access_token: TOKEN.into(),
    };
    let mut config = SimulatorConfig::new("127.0.0.1:0".parse().unwrap(), SECRET, "verify-4711-token", vec![number]);
    config.preset_customers = false;
    let running = tarun_simulator::serve(config, CancellationToken::new()).await.unwrap();
    let url = running.graph_url();
    (running, url)
}

#[tokio::test]
async fn c_100_c_103_nothing_left_behind_holds_what_people_wrote() {
    let (_simulator, graph) = simulator().await;
    let mut program = Program::start(&graph).await;
    let sim = Caller { base: graph.clone(), ..program.api.clone() };
    let session = program
        .api
        .post("auth/signup", json!({ "business_name": "Shop", "name": "Asha", "email": EMAIL, "password": PASSWORD }))
        .await
        .expect(201);
    let jwt = session["access_token"].as_str().unwrap().to_owned();
    let owner = program.api.with(Some(&jwt));
    let number = json!({ "phone_number_id": "100000000004711", "waba_id": "200000000004711", "display_phone_number": "+918000014711",
        "access_token": TOKEN, "app_secret": SECRET, "verify_token": "verify-4711-token" });
    owner.post("whatsapp/numbers", number).await.expect(201);
    let app = json!({ "webhook_url": format!("{}/api/webhooks/whatsapp", program.api.base), "verify_token": "verify-4711-token" });
    sim.send(sim.request(reqwest::Method::PUT, "/_sim/app").json(&app)).await.expect(200);
    let subscribe = sim
        .http
        .post(format!("{graph}/v26.0/200000000004711/subscribed_apps"))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert!(subscribe.status().is_success());

    sim.post("/_sim/customers", json!({ "wa_id": PHONE, "name": NAME })).await.expect(200);
    let say = |body: Value| sim.post("/_sim/customers/919876504321/messages", body);
    say(json!({ "type": "text", "text": TEXT })).await.expect(200);
    let picture = base64::engine::general_purpose::STANDARD.encode(FILE);
    say(json!({ "type": "document", "document": { "base64": picture, "mime_type": "text/plain", "filename": format!("{TEXT}.txt") } })).await.expect(200);
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
    let metrics = program.api.with(Some("metrics-token-of-the-tests")).get("/metrics").await;
    assert_eq!(metrics.status, 200);

    let dump = program.dump();
    program.stop().await;
    let mut left = vec![("the dump".to_owned(), dump), ("the metrics".to_owned(), metrics.text.into_bytes())];
    left.push(("the log".to_owned(), std::fs::read(&program.log).unwrap()));
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
    let wanted: Vec<(&str, Vec<u8>)> =
        markers.iter().flat_map(|m| forms(m).into_iter().map(move |f| (*m, f))).collect();
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

#[tokio::test]
async fn c_102_the_master_key_is_rotated_while_the_program_runs() {
    let (_simulator, graph) = simulator().await;
    let mut program = Program::start(&graph).await;
    let person = json!({ "business_name": "Shop", "name": "Asha", "email": EMAIL, "password": PASSWORD });
    let session = program.api.post("auth/signup", person).await.expect(201);
    let before = std::fs::read_to_string(program.data().join("master.key")).unwrap();
    let rotated = program.admin(&["rotate-master-key"]);
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    let after = std::fs::read_to_string(program.data().join("master.key")).unwrap();
    assert_ne!(before, after);
    let keys = |text: &str| text.lines().filter(|l| !l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(keys(&after).len(), 1, "the old key can be thrown away");
    let owner = program.api.with(session["access_token"].as_str());
    assert_eq!(owner.get("me").await.expect(200)["user"]["email"], EMAIL, "no downtime");
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
    Command::new("kill").arg("-TERM").arg(again.id().to_string()).status().unwrap();
    again.wait().unwrap();
}
