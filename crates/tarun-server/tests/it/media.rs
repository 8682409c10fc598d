//! Customers' files: fetched at once, given out by signed addresses only.

use serde_json::{Value, json};
use tarun_testkit::{Answer, Business, World, business, eventually};

/// A customer sends a file; the message once its file has reached a state.
async fn sent(shop: &Business, kind: &str, file: Value, state: &str) -> Value {
    let customer = shop.customer("Leela").await;
    let mut message = json!({ "type": kind });
    message[kind] = file;
    shop.says(&customer, message).await;
    let id = shop.conversation_of(&customer).await["id"].as_str().unwrap().to_owned();
    eventually(state, || async {
        shop.messages(&id).await.into_iter().find(|m| m["content"]["media"]["state"] == state)
    })
    .await
}

fn url(message: &Value) -> &str {
    message["content"]["media"]["url"].as_str().unwrap()
}

async fn part(shop: &Business, url: &str, range: &str) -> Answer {
    let nobody = shop.owner.with(None);
    nobody.send(nobody.request(reqwest::Method::GET, url).header("range", range)).await
}

const TEXT: &str = "0123456789 the bytes of a picture, as far as anybody cares";

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_picture_is_fetched_and_given_out_whole_and_in_parts() {
    let shop = business().await;
    let picture = json!({ "base64": base64(TEXT), "mime_type": "image/jpeg", "caption": "मेरा order" });
    let message = sent(&shop, "image", picture, "READY").await;
    assert_eq!((&message["type"], &message["content"]["caption"]), (&json!("IMAGE"), &json!("मेरा order")));
    assert_eq!(message["content"]["media"]["size"], TEXT.len());
    for hidden in ["provider_media_id", "media_id", "sha256", "url"] {
        assert_eq!(message["content"][hidden], Value::Null, "{hidden}");
    }
    let url = url(&message);
    let whole = shop.owner.with(None).get(url).await;
    assert_eq!((whole.status, whole.text.as_str()), (200, TEXT));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-disposition", "inline"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(whole.headers[name], value);
    }
    let cached = whole.headers["cache-control"].to_str().unwrap();
    assert!(cached.starts_with("private, max-age="), "{cached}");
    for (range, status, text, told) in [
        ("bytes=0-9", 206, &TEXT[..10], format!("bytes 0-9/{}", TEXT.len())),
        ("bytes=11-", 206, &TEXT[11..], format!("bytes 11-{}/{}", TEXT.len() - 1, TEXT.len())),
        (
            "bytes=-5",
            206,
            &TEXT[TEXT.len() - 5..],
            format!("bytes {}-{}/{}", TEXT.len() - 5, TEXT.len() - 1, TEXT.len()),
        ),
    ] {
        let answer = part(&shop, url, range).await;
        assert_eq!(
            (answer.status, answer.text.as_str(), answer.headers["content-range"].to_str().unwrap()),
            (status, text, told.as_str())
        );
    }
    let beyond = part(&shop, url, "bytes=9999-").await;
    assert_eq!(beyond.expect(416)["code"], "no_such_part");
    assert_eq!(beyond.headers["content-range"], format!("bytes */{}", TEXT.len()));
}

#[tokio::test]
async fn a_file_of_several_pieces_comes_back_as_it_was() {
    let shop = business().await;
    let text: String =
        (0..400_000u32).map(|n| char::from(b'a' + u8::try_from(n * 7 % 26).unwrap())).collect::<String>().repeat(3);
    let video = json!({ "base64": base64(&text), "mime_type": "video/mp4" });
    let message = sent(&shop, "video", video, "READY").await;
    let whole = shop.owner.with(None).get(url(&message)).await;
    assert!(whole.status == 200 && whole.text == text);
    let middle = part(&shop, url(&message), "bytes=262100-1048600").await;
    assert!(middle.status == 206 && middle.text == text[262_100..=1_048_600]);
}

#[tokio::test]
async fn an_address_is_for_one_file_of_one_business_and_for_a_while() {
    let world: &'static World = Box::leak(Box::new(World::start(|_| {})));
    let shop = Business::in_world(world).await;
    let other = Business::in_world(world).await;
    let message = sent(&shop, "image", json!({ "base64": base64(TEXT), "mime_type": "image/png" }), "READY").await;
    let theirs = sent(&other, "image", json!({ "base64": base64(TEXT), "mime_type": "image/png" }), "READY").await;
    let (url, theirs) = (url(&message), url(&theirs));
    let nobody = shop.owner.with(None);
    let id = |url: &str| url.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let swapped = url.replace(&id(url), &id(theirs));
    let (address, query) = url.split_once('?').unwrap();
    let exp: i64 = query.split("exp=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
    let later = url.replace(&exp.to_string(), &(exp + 1).to_string());
    let sig = query.split("sig=").nth(1).unwrap();
    let unsigned = url.replace(sig, "AAAAAAAAAAAAAAAAAAAAAA");
    let tenant = url.replace(&shop.tenant_id, &other.tenant_id);
    let nowhere = url.replace(&shop.tenant_id, &uuid::Uuid::now_v7().to_string());
    for wrong in [swapped, later, unsigned, tenant, nowhere] {
        assert_eq!(nobody.get(&wrong).await.expect(403)["code"], "bad_link", "{wrong}");
    }
    for wrong in [address.to_owned(), format!("{url}&more=1")] {
        assert_eq!(nobody.get(&wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(nobody.get(url).await.status, 200);
    world.clock.advance(time::Duration::hours(25));
    assert_eq!(nobody.get(url).await.expect(403)["code"], "bad_link");
}

#[tokio::test]
async fn c_059_what_could_run_is_saved_and_never_shown() {
    let shop = business().await;
    let html = "<script>alert(1)</script>";
    for (kind, mime_type, served, shown) in [
        ("document", "text/html", "application/octet-stream", "attachment"),
        ("image", "image/svg+xml", "application/octet-stream", "attachment"),
        ("document", "application/pdf", "application/pdf", "inline"),
        ("image", "image/png", "image/png", "inline"),
    ] {
        let message =
            sent(&shop, kind, json!({ "base64": base64(html), "mime_type": mime_type, "filename": "x.html" }), "READY")
                .await;
        let file = shop.owner.with(None).get(url(&message)).await;
        assert_eq!(
            (file.status, file.text.as_str(), file.headers["content-type"].to_str().unwrap()),
            (200, html, served)
        );
        assert!(file.headers["content-disposition"].to_str().unwrap().starts_with(shown), "{mime_type}");
        assert_eq!(file.headers["x-content-type-options"], "nosniff");
        assert!(file.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert!(!file.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn c_060_names_and_addresses_lead_nowhere_else() {
    let shop = business().await;
    let name = "../../../../etc/\u{202e}passwd";
    let message = sent(
        &shop,
        "document",
        json!({ "base64": base64(TEXT), "mime_type": "application/pdf", "filename": name }),
        "READY",
    )
    .await;
    let url = url(&message);
    let file = shop.owner.with(None).get(url).await;
    assert_eq!(file.headers["content-disposition"], "inline; filename=\"passwd\"; filename*=UTF-8''passwd");
    let (_, query) = url.split_once('?').unwrap();
    for id in ["..%2f..%2fetc%2fpasswd", "..%5c..%5cx", "%2e%2e", "%00", "/etc/passwd", "1"] {
        let answer = shop.owner.with(None).get(&format!("/api/v1/media/{id}?{query}")).await;
        assert!(matches!(answer.status, 400 | 404), "{id}: {}", answer.status);
    }
}
