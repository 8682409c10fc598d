//! A few customers, one of them answered.

use super::calls::Calls;
use serde_json::{Value, json};
use std::time::Duration;

const KAVYA: &str = "919000041827";
/// Whose phone has buttons to tap.
const RUKHSAR: &str = "919000052614";

/// What each customer of the simulator says first.
fn lines() -> [(&'static str, Vec<Value>); 4] {
    let text = |body: &str| json!({ "type": "text", "text": body });
    let place = json!({ "latitude": 18.5308, "longitude": 73.8475, "name": "Shivajinagar", "address": "Pune" });
    [
        (
            KAVYA,
            vec![
                text("Hi! Vitamin C serum order kiya hai, NN-20418"),
                json!({ "type": "image", "image": { "caption": "Serum leak ho gaya hai 😕" } }),
                text("सीरम लगाने के बाद गाल पर जलन और लाल दाने हैं। क्या लगाती रहूँ?"),
            ],
        ),
        (RUKHSAR, vec![text("COD available hai kya Jaipur ke liye? Kit chahiye Holi se pehle")]),
        ("919000063370", vec![json!({ "type": "voice" }), text("Is this the same batch?")]),
        (
            "919000074495",
            vec![json!({ "type": "location", "location": place }), text("Kya aap yahan deliver karte hain?")],
        ),
    ]
}

/// Lets those speak who have not spoken yet, and answers one of them unless she was answered: a first start that was broken
/// off goes on where it ended.
pub async fn fill(call: &Calls, bearer: &str) -> anyhow::Result<()> {
    let spoken = threads(call, bearer).await?;
    for (who, messages) in lines() {
        if thread_of(&spoken, who).is_none() {
            for message in &messages {
                call.customer_says(who, message).await?;
            }
        }
    }
    // Webhooks arrive in their own time.
    for _ in 0..100 {
        let found = threads(call, bearer).await?;
        let all = lines().iter().all(|(who, _)| thread_of(&found, who).is_some());
        if let (Some(id), true) = (thread_of(&found, KAVYA), all) {
            return answer(call, bearer, id).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("the demo's messages did not arrive: is something between this program and its own address?")
}

/// A message with buttons, as another tool of the shop would send it: what Tarun writes has none yet. Whoever taps one on the
/// phone sees the choice arrive in the inbox. The simulator forgets its chats when it stops, so each start puts it there.
pub async fn offer(call: &Calls, number: &str, token: &str) -> anyhow::Result<()> {
    let button = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let interactive = json!({
        "type": "button",
        "body": { "text": "Haan, Jaipur ke liye COD hai. Kit aapke liye rakh dein?" },
        "footer": { "text": "Noor & Neem" },
        "action": { "buttons": [button("keep", "Haan, rakh do"), button("later", "Baad mein")] },
    });
    let message = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": RUKHSAR, "type": "interactive",
        "interactive": interactive,
    });
    call.send_past_tarun(number, token, &message).await
}

async fn threads(call: &Calls, bearer: &str) -> anyhow::Result<Vec<Value>> {
    call.list("conversations?limit=200", bearer).await
}

fn thread_of<'a>(threads: &'a [Value], who: &str) -> Option<&'a str> {
    let phone = format!("+{who}");
    threads.iter().find(|t| t["contact"]["phone"] == phone.as_str())?["id"].as_str()
}

async fn answer(call: &Calls, bearer: &str, id: &str) -> anyhow::Result<()> {
    let said = call.list(&format!("conversations/{id}/messages"), bearer).await?;
    if said.iter().any(|m| m["direction"] == "OUTBOUND") {
        return Ok(());
    }
    let reply = json!({ "type": "TEXT", "content": { "body": "So sorry, Kavya! Leaks are replaced free. कृपया अभी सीरम बंद कर दें।" } });
    call.post(&format!("conversations/{id}/messages"), Some(bearer), reply).await?;
    let note = json!({ "body": "Batch VC-0226 has 3 leak reports. Approve without photos." });
    call.post(&format!("conversations/{id}/notes"), Some(bearer), note).await?;
    Ok(())
}
