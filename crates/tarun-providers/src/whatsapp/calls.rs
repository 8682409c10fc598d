//! The other calls: marking as read, checking a number, subscribing, and files.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::json;
use tarun_core::secret::Secret;

use super::answer::{CallFailed, read};
use super::json::{Object, text};
use super::send::{SendingNumber, Unsendable, check_id};
use crate::http::{Body, HttpRequest, HttpResponse};

/// What the check of a number asks for. Also shows whether the token works and may see the number.
const NUMBER_FIELDS: &str = "id,display_phone_number,verified_name,quality_rating,status,name_status,code_verification_status,platform_type,throughput,is_on_biz_app,whatsapp_business_manager_messaging_limit";

/// Marks a customer's message and all earlier ones of the chat as read, and shows "typing" for up to 25 seconds if
/// asked to. An answer with code 100 or 131009 means that the message is not known (any more): ignore it.
pub fn mark_read(number: &SendingNumber, wamid: &str, typing: bool) -> Result<HttpRequest, Unsendable> {
    check_id("phone number id", &number.phone_number_id)?;
    let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": wamid });
    if typing {
        body["typing_indicator"] = json!({ "type": "text" });
    }
    Ok(HttpRequest::post(&[&number.phone_number_id, "messages"], Body::json(&body)))
}

pub fn number_facts(number: &SendingNumber) -> Result<HttpRequest, Unsendable> {
    check_id("phone number id", &number.phone_number_id)?;
    Ok(HttpRequest::get(&[&number.phone_number_id]).with_query("fields", NUMBER_FIELDS))
}

/// What Meta knows about a number; all of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberFacts {
    pub id: String,
    pub display_phone_number: Option<String>,
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// `CONNECTED`, `PENDING`, `FLAGGED` …
    pub status: Option<String>,
    pub name_status: Option<String>,
    pub code_verification_status: Option<String>,
    /// `CLOUD_API`, `ON_PREMISE` or `NOT_APPLICABLE` (not registered).
    pub platform_type: Option<String>,
    /// `STANDARD` or `HIGH`.
    pub throughput: Option<String>,
    /// Whether the number is used in the WhatsApp Business app at the same time (coexistence).
    pub is_on_biz_app: bool,
    /// How many people may be written to first in 24 hours: `TIER_250` …
    pub messaging_limit: Option<String>,
}

pub fn read_number_facts(response: &HttpResponse) -> Result<NumberFacts, CallFailed> {
    read(response, |answer| {
        let field = |key| answer.line(key, 256);
        let throughput = answer.object("throughput").and_then(|throughput| throughput.line("level", 64));
        Some(NumberFacts {
            id: id(answer, "id")?,
            display_phone_number: field("display_phone_number"),
            verified_name: field("verified_name"),
            quality_rating: field("quality_rating"),
            status: field("status"),
            name_status: field("name_status"),
            code_verification_status: field("code_verification_status"),
            platform_type: field("platform_type"),
            throughput,
            is_on_biz_app: answer.flag("is_on_biz_app").unwrap_or(false),
            messaging_limit: field("whatsapp_business_manager_messaging_limit"),
        })
    })
}

/// What a token is and may do, asked with the token itself.
#[must_use]
pub fn token_facts(token: &Secret) -> HttpRequest {
    HttpRequest::get(&["debug_token"]).with_query("input_token", token.reveal())
}

/// What Meta knows about a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFacts {
    pub is_valid: bool,
    pub app_id: Option<String>,
    /// `SYSTEM_USER`, `USER` …
    pub kind: Option<String>,
    /// Seconds since 1970; `None`: never.
    pub expires_at: Option<i64>,
    /// Names of permissions; empty where Meta did not say.
    pub scopes: Vec<String>,
}

pub fn read_token_facts(response: &HttpResponse) -> Result<TokenFacts, CallFailed> {
    read(response, |answer| {
        let data = answer.object("data")?;
        let scopes = data.array("scopes").unwrap_or_default();
        Some(TokenFacts {
            is_valid: data.flag("is_valid")?,
            app_id: id(&data, "app_id"),
            kind: data.line("type", 64),
            expires_at: data.integer("expires_at").filter(|at| *at > 0),
            scopes: scopes.into_iter().take(100).filter_map(text).collect(),
        })
    })
}

/// Which numbers belong to an account.
pub fn account_numbers(waba_id: &str) -> Result<HttpRequest, Unsendable> {
    check_id("account id", waba_id)?;
    Ok(HttpRequest::get(&[waba_id, "phone_numbers"]).with_query("fields", "id").with_query("limit", "100"))
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountNumbers {
    /// Meta's phone number ids.
    pub ids: Vec<String>,
    /// There are further ones than the answer lists.
    pub more: bool,
}

pub fn read_account_numbers(response: &HttpResponse) -> Result<AccountNumbers, CallFailed> {
    read(response, |answer| {
        answer.array("data")?;
        let more = answer.object("paging").is_some_and(|paging| paging.get("next").is_some());
        Some(AccountNumbers { ids: answer.objects("data").filter_map(|number| id(&number, "id")).collect(), more })
    })
}

/// Which apps hear about this account. Without a subscription no message arrives.
pub fn subscribed_apps(waba_id: &str) -> Result<HttpRequest, Unsendable> {
    check_id("account id", waba_id)?;
    Ok(HttpRequest::get(&[waba_id, "subscribed_apps"]))
}

/// Subscribes the token's app to the account.
pub fn subscribe_app(waba_id: &str) -> Result<HttpRequest, Unsendable> {
    check_id("account id", waba_id)?;
    Ok(HttpRequest::post(&[waba_id, "subscribed_apps"], Body::None))
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscribedApp {
    pub id: Option<String>,
    pub name: Option<String>,
    /// Notifications of this account go here instead of to the app's own address.
    pub override_callback_uri: Option<String>,
}

pub fn read_subscribed_apps(response: &HttpResponse) -> Result<Vec<SubscribedApp>, CallFailed> {
    read(response, |answer| {
        answer.array("data")?;
        let app = |entry: Object<'_>| {
            let data = entry.object("whatsapp_business_api_data").unwrap_or_default();
            SubscribedApp {
                id: id(&data, "id"),
                name: data.line("name", 256),
                override_callback_uri: entry.line("override_callback_uri", 256),
            }
        };
        Some(answer.objects("data").take(100).map(app).collect())
    })
}

/// Reads `{"success": true}`.
pub fn read_success(response: &HttpResponse) -> Result<(), CallFailed> {
    read(response, |answer| answer.flag("success").filter(|success| *success).map(drop))
}

/// Asks where a file can be fetched. The address works for 5 minutes; ids from webhooks work for 7 days.
pub fn media_look_up(number: &SendingNumber, media_id: &str) -> Result<HttpRequest, Unsendable> {
    check_id("media id", media_id)?;
    check_id("phone number id", &number.phone_number_id)?;
    Ok(HttpRequest::get(&[media_id]).with_query("phone_number_id", &number.phone_number_id))
}

/// Fetch it with [`crate::http::Guarded::download`], which checks the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLocation {
    pub url: String,
    pub mime_type: Option<String>,
    /// Hex as a rule, base64 in some answers.
    pub sha256: Option<String>,
    /// In bytes.
    pub file_size: Option<u64>,
}

pub fn read_media_location(response: &HttpResponse) -> Result<MediaLocation, CallFailed> {
    read(response, |answer| {
        Some(MediaLocation {
            url: answer.line("url", 4_096)?,
            mime_type: answer.line("mime_type", 200),
            sha256: answer.line("sha256", 100),
            file_size: answer.integer("file_size").and_then(|size| size.try_into().ok()),
        })
    })
}

/// Uploads a file; the id that comes back works for 30 days and for this number only.
pub fn media_upload(
    number: &SendingNumber,
    mime_type: &str,
    filename: &str,
    file: Bytes,
) -> Result<HttpRequest, Unsendable> {
    check_id("phone number id", &number.phone_number_id)?;
    let filename = tarun_core::content::safe_filename(filename);
    let body = Body::Upload {
        fields: vec![("messaging_product", "whatsapp".to_owned()), ("type", mime_type.to_owned())],
        mime_type: mime_type.to_owned(),
        filename: if filename.is_empty() { "file".to_owned() } else { filename },
        file,
    };
    Ok(HttpRequest::post(&[&number.phone_number_id, "media"], body))
}

pub fn read_uploaded_id(response: &HttpResponse) -> Result<String, CallFailed> {
    read(response, |answer| id(answer, "id"))
}

fn id(object: &Object<'_>, key: &str) -> Option<String> {
    object.id(key, 128).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse {
            status,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            complete: true,
        }
    }

    fn number() -> SendingNumber {
        SendingNumber { phone_number_id: "100000000000001".into() }
    }

    #[test]
    fn marking_as_read() {
        let request = mark_read(&number(), "wamid.X", true).unwrap();
        assert_eq!(request.path, ["100000000000001", "messages"]);
        let Body::Json(body) = request.body else { panic!() };
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.X", "typing_indicator": {"type": "text"}})
        );
    }

    #[test]
    fn ids_cannot_lead_elsewhere() {
        for id in ["", "..", "1/2", "1?x", "1%2f", "a b", "१"] {
            assert!(subscribed_apps(id).is_err(), "{id}");
            assert!(media_look_up(&number(), id).is_err(), "{id}");
        }
    }

    #[test]
    fn facts_of_a_number() {
        let facts = read_number_facts(&answer(
            200,
            r#"{"id":"1","display_phone_number":"+91 98","quality_rating":"GREEN","throughput":{"level":"STANDARD"},"is_on_biz_app":false}"#,
        ))
        .unwrap();
        assert_eq!((facts.throughput.as_deref(), facts.status), (Some("STANDARD"), None));
        let error = read_number_facts(&answer(400, r#"{"error":{"code":190,"error_subcode":463}}"#)).unwrap_err();
        assert!(matches!(error, CallFailed::Refused { error, .. } if error.code == 190 && error.subcode == Some(463)));
    }

    #[test]
    fn facts_of_a_token() {
        let body =
            r#"{"data":{"app_id":"5","type":"SYSTEM_USER","expires_at":0,"is_valid":true,"scopes":["a",7,"b"]}}"#;
        let facts = read_token_facts(&answer(200, body)).unwrap();
        assert_eq!((facts.is_valid, facts.expires_at, facts.app_id.as_deref()), (true, None, Some("5")));
        assert_eq!((facts.kind.as_deref(), facts.scopes), (Some("SYSTEM_USER"), vec!["a".to_owned(), "b".into()]));
        let body = r#"{"data":{"error":{"code":190},"is_valid":false,"scopes":[]}}"#;
        assert_eq!(read_token_facts(&answer(200, body)).unwrap(), TokenFacts::default());
        assert!(read_token_facts(&answer(200, "{}")).is_err());
        let request = token_facts(&Secret::new("EAAG-x"));
        assert_eq!(request.query, [("input_token", "EAAG-x".to_owned())]);
        assert!(!format!("{request:?}").contains("EAAG"));
    }

    #[test]
    fn numbers_of_an_account() {
        let read = |body| read_account_numbers(&answer(200, body)).unwrap();
        assert_eq!(read(r#"{"data":[{"id":"1"},{},{"id":2}],"paging":{"cursors":{}}}"#).ids, ["1", "2"]);
        assert!(read(r#"{"data":[],"paging":{"next":"https://x"}}"#).more);
        assert!(read_account_numbers(&answer(200, "{}")).is_err());
    }

    #[test]
    fn subscriptions() {
        let body = r#"{"data":[{"whatsapp_business_api_data":{"id":"5","name":"Tarun","link":"x"},"override_callback_uri":"https://a"},{}]}"#;
        let apps = read_subscribed_apps(&answer(200, body)).unwrap();
        assert_eq!((apps.len(), apps[0].id.as_deref()), (2, Some("5")));
        assert_eq!(read_subscribed_apps(&answer(200, "{}")), Err(CallFailed::Unreadable { status: 200 }));
        assert_eq!(read_success(&answer(200, r#"{"success":true}"#)), Ok(()));
        assert!(read_success(&answer(200, r#"{"success":false}"#)).is_err());
    }

    #[test]
    fn files() {
        let body = r#"{"url":"https://lookaside.fbsbx.com/x","mime_type":"image/jpeg","file_size":"1024","id":"9"}"#;
        let place = read_media_location(&answer(200, body)).unwrap();
        assert_eq!(place.file_size, Some(1_024));
        assert_eq!(read_uploaded_id(&answer(200, r#"{"id":9001}"#)).unwrap(), "9001");
        let request = media_upload(&number(), "image/png", "../../x.png", Bytes::from_static(b"x")).unwrap();
        assert!(matches!(request.body, Body::Upload { filename, .. } if filename == "x.png"));
    }
}
