use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::harness::*;

async fn upload(sim: &Sim, mime: &str, bytes: Vec<u8>) -> (u16, Value) {
    let part = Part::bytes(bytes).file_name("f").mime_str(mime).unwrap();
    let form = Form::new().text("messaging_product", "whatsapp").text("type", mime.to_owned()).part("file", part);
    answer(sim.http.post(sim.graph(&format!("{NUMBER}/media"))).bearer_auth(TOKEN).multipart(form)).await
}

#[tokio::test]
async fn upload_look_up_download_delete() {
    let sim = Sim::start().await;
    let (status, body) = upload(&sim, "image/png", vec![1, 2, 3]).await;
    assert_eq!(status, 200, "{body}");
    let id = body["id"].as_str().unwrap().to_owned();
    let (_, found) = sim.get(&id).await;
    assert_eq!((&found["mime_type"], &found["file_size"]), (&json!("image/png"), &json!(3)));
    assert_eq!(found["sha256"], "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
    let url = found["url"].as_str().unwrap();
    assert_eq!(sim.http.get(url).send().await.unwrap().status(), 400, "the token is needed");
    let other = sim.http.get(url).bearer_auth(OTHER_TOKEN).send().await.unwrap();
    assert_eq!(other.status(), 404, "of another business");
    let file = sim.http.get(url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "image/png");
    assert_eq!(file.bytes().await.unwrap().as_ref(), [1, 2, 3]);
    assert_eq!(code(&sim.get(&format!("{id}?phone_number_id={OTHER_NUMBER}")).await.1), 100);

    // The address lives five minutes, the file thirty days.
    sim.control("clock", json!({ "advance_seconds": 301 })).await;
    assert_eq!(sim.http.get(url).bearer_auth(TOKEN).send().await.unwrap().status(), 404);
    let (_, again) = sim.get(&id).await;
    assert_eq!(sim.http.get(again["url"].as_str().unwrap()).bearer_auth(TOKEN).send().await.unwrap().status(), 200);
    sim.control("clock", json!({ "advance_seconds": 30 * 86_400 })).await;
    assert_eq!(sim.get(&id).await.0, 400);

    let (_, body) = upload(&sim, "image/png", vec![1]).await;
    let path = body["id"].as_str().unwrap().to_owned();
    assert_eq!(answer(sim.http.delete(sim.graph(&path)).bearer_auth(TOKEN)).await.1, json!({ "success": true }));
    assert_eq!(sim.get(&path).await.0, 400);
}

#[tokio::test]
async fn types_and_sizes() {
    let sim = Sim::start().await;
    for (mime, size, expected) in [
        ("image/jpeg", 5 * 1024 * 1024, None),
        ("image/jpeg", 5 * 1024 * 1024 + 1, Some(131_053)),
        ("image/heic", 10, Some(131_053)),
        ("audio/ogg; codecs=opus", 10, None),
        ("application/pdf", 20 * 1024 * 1024, None),
        ("video/mp4", 16 * 1024 * 1024 + 1, Some(131_053)),
        ("image/png", 0, Some(131_053)),
    ] {
        let (_, body) = upload(&sim, mime, vec![0; size]).await;
        assert_eq!(body.get("error").map(|_| code(&body)), expected, "{mime} {size}");
    }
    let (_, audio) = upload(&sim, "audio/mpeg", vec![0; 10]).await;
    sim.open_window().await;
    let as_image = sim.send("image", json!({ "id": audio["id"] })).await;
    assert_eq!(code(&as_image.1), 131_053);
    assert_eq!(code(&sim.send("image", json!({ "id": "1" })).await.1), 100);
    sim.sent("audio", json!({ "id": audio["id"] })).await;
}

#[tokio::test]
async fn a_customers_file_lives_a_week() {
    let sim = Sim::start().await;
    let (message, _) = sim.hears(json!({ "type": "voice" })).await;
    let audio = &message["audio"];
    assert_eq!((&audio["mime_type"], &audio["voice"]), (&json!("audio/ogg; codecs=opus"), &json!(true)));
    let file = sim.http.get(audio["url"].as_str().unwrap()).bearer_auth(TOKEN).send().await.unwrap();
    assert!(file.bytes().await.unwrap().starts_with(b"OggS"));
    let id = audio["id"].as_str().unwrap();
    sim.control("clock", json!({ "advance_seconds": 7 * 86_400 - 60 })).await;
    assert_eq!(sim.get(id).await.0, 200);
    sim.control("clock", json!({ "advance_seconds": 61 })).await;
    assert_eq!(sim.get(id).await.0, 400);
}
