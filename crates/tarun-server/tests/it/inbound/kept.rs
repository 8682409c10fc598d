//! What is received and shows nowhere: kept, counted, and told to admins, to each business its own.

use super::{change, now, says};
use serde_json::{Value, json};
use tarun_testkit::{Business, Caller, SECRET, business, eventually};

/// How many events show nowhere, by reason, as somebody is told.
pub async fn kept(caller: &Caller) -> Vec<(String, i64)> {
    let page = caller.get("failures/kept").await.expect(200);
    let mut all: Vec<(String, i64)> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sort| (sort["reason"].as_str().unwrap().to_owned(), sort["count"].as_i64().unwrap()))
        .collect();
    all.sort();
    all
}

/// Waits until the owner is told this, and nothing else.
pub async fn kept_are(shop: &Business, expected: &[(&str, i64)]) {
    let mut expected: Vec<(String, i64)> =
        expected.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
    expected.sort();
    eventually("what was kept", || async { (kept(&shop.owner).await == expected).then_some(()) }).await;
}

#[tokio::test]
async fn what_is_said_in_groups_is_counted_for_admins_and_stays_out_of_private_threads() {
    let (shop, other) = (business().await, business().await);
    let from = "919811100401";
    let group = "Y2FwaV9ncm91cDox";
    says(&shop, from, [json!({ "id": "wamid.PRIVATE401", "type": "text", "text": { "body": "only you" } })]).await;
    let id = shop.conversation_of(from).await["id"].as_str().unwrap().to_owned();
    let said = json!({ "id": "wamid.GROUP401", "group_id": group, "type": "text", "text": { "body": "all of you" } });
    let reaction = json!({ "id": "wamid.GROUPR401", "group_id": group, "type": "reaction",
        "reaction": { "message_id": "wamid.PRIVATE401", "emoji": "👍" } });
    says(&shop, from, [said, reaction]).await;
    let echo = json!({ "from": shop.display, "to": from, "id": "wamid.GROUPE401", "group_id": group, "timestamp": now().to_string(),
        "type": "text", "text": { "body": "to all of you" } });
    let body = change(&shop, "smb_message_echoes", json!({ "message_echoes": [echo] }));
    shop.webhook(&body, SECRET).await.expect(200);
    // By sort: what the customer sent and what the business did are two.
    kept_are(
        &shop,
        &[("a message of a group: groups are not shown yet", 2), ("a message of a group: groups are not shown yet", 1)],
    )
    .await;
    let all = shop.messages(&id).await;
    assert_eq!((all.len(), &all[0]["reactions"]), (1, &json!([])));

    let page = shop.owner.get("failures/kept").await.expect(200);
    assert!(page["data"].as_array().unwrap().iter().all(|sort| sort["number_id"] == shop.number_id.as_str()), "{page}");
    assert_eq!(page["data"][0]["field"], "smb_message_echoes");
    assert!(!page.to_string().contains("all of you"), "counts only");
    assert_eq!(kept(&other.owner).await, vec![]);
    assert_eq!(shop.person("AGENT").await.get("failures/kept").await.status, 403);
}

#[tokio::test]
async fn news_of_the_account_and_of_unconnected_numbers_are_kept_for_whoever_has_the_account() {
    let shop = business().await;
    let mut banned: Value =
        serde_json::from_str(&change(&shop, "account_update", json!({ "event": "DISABLED_UPDATE" }))).unwrap();
    banned["entry"][0]["changes"][0]["value"].as_object_mut().unwrap().remove("metadata");
    shop.webhook(&banned.to_string(), SECRET).await.expect(200);
    let failed = json!({ "errors": [{ "code": 131_031, "title": "Account locked" }] });
    shop.webhook(&change(&shop, "messages", failed), SECRET).await.expect(200);
    let text = json!({ "messages": [{ "from": "919811100402", "id": "wamid.ELSEWHERE402", "timestamp": now().to_string(), "type": "text", "text": { "body": "x" } }] });
    let mut elsewhere: Value = serde_json::from_str(&change(&shop, "messages", text)).unwrap();
    elsewhere["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("999999999998");
    shop.webhook(&elsewhere.to_string(), SECRET).await.expect(200);
    kept_are(
        &shop,
        &[("about the account", 1), ("error 131031 of the account", 1), ("its number is not connected here", 1)],
    )
    .await;
    assert_eq!(shop.conversations().await.len(), 0);
}
