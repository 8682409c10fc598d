use std::time::Duration;

use futures::StreamExt;
use serde_json::json;

use super::harness::*;

#[tokio::test]
async fn the_phone_is_served_with_a_strict_policy_and_without_outside_addresses() {
    let sim = Sim::start().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/_sim/assets/phone.css", "text/css"),
        ("/_sim/assets/phone.js", "text/javascript"),
        ("/_sim/assets/bubble.js", "text/javascript"),
        ("/_sim/assets/compose.js", "text/javascript"),
        ("/_sim/assets/dom.js", "text/javascript"),
    ] {
        let response = sim.http.get(format!("{}{path}", sim.url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind));
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"));
        let text = response.text().await.unwrap();
        let outside = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http://") && !outside.contains("https://"), "{path} names an outside address");
        assert!(!text.contains("innerHTML") && !text.contains("insertAdjacentHTML"), "{path} writes markup");
    }
    assert_eq!(sim.http.get(format!("{}/_sim/assets/nothing", sim.url)).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn events_tell_messages_ticks_and_typing() {
    let sim = Sim::start().await;
    let mut events = sim.http.get(format!("{}/_sim/events", sim.url)).send().await.unwrap().bytes_stream();
    let wamid = sim.open_window().await;
    let receipt = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": wamid, "typing_indicator": { "type": "text" } });
    sim.post(&format!("{NUMBER}/messages"), receipt).await;
    let mut text = String::new();
    let wanted = [r#""event":"message""#, r#""stage":"read""#, r#""event":"typing""#];
    while !wanted.iter().all(|part| text.contains(part)) {
        let chunk = tokio::time::timeout(Duration::from_secs(20), events.next()).await.expect("events stopped");
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
    }
}

#[tokio::test]
async fn a_file_from_the_phone_is_shown_but_never_run() {
    let sim = Sim::start().await;
    let upload =
        sim.http.post(format!("{}/_sim/media", sim.url)).header("content-type", "text/html").body("<script>1</script>");
    let (status, body) = answer(upload).await;
    assert_eq!(status, 200);
    let shown = sim.http.get(format!("{}/_sim/media/{}", sim.url, body["id"].as_str().unwrap())).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "application/octet-stream");
    assert_eq!(shown.headers()["content-disposition"], "attachment");
    let order = json!({ "type": "document", "document": { "media_id": body["id"], "filename": "a.html" } });
    let (message, _) = sim.hears(order).await;
    assert_eq!((&message["document"]["id"], &message["document"]["filename"]), (&body["id"], &json!("a.html")));
}
