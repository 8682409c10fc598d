use super::*;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its reading is tested")]
struct Given {
    name: String,
    count: Option<u32>,
    #[serde(default)]
    inner: Vec<Inner>,
    #[serde(default)]
    free: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its reading is tested")]
struct Inner {
    at: i64,
}

#[test]
fn c_091_what_does_not_fit_is_refused_with_its_place() {
    for (body, status, code, pointer) in [
        ("", 400, "unreadable_body", None),
        ("{", 400, "unreadable_body", None),
        ("nonsense", 400, "unreadable_body", None),
        ("\u{feff}{}", 400, "unreadable_body", None),
        (r#"{"name":"a"} x"#, 400, "unreadable_body", None),
        (r#"{"name":"a","x":1}"#, 400, "unknown_field", Some("/x")),
        (r#"{"name":"a","tenant_id":"0"}"#, 400, "unknown_field", Some("/tenant_id")),
        (r#"{"name":"a","inner":[{"at":1},{"at":1,"to":2}]}"#, 400, "unknown_field", Some("/inner/1/to")),
        (r#"{"name":"a","name":"b"}"#, 400, "duplicate_field", Some("/name")),
        ("{}", 422, "required", Some("/name")),
        (r#"{"name":"a","inner":[{}]}"#, 422, "required", Some("/inner/0/at")),
        (r#"{"name":1}"#, 422, "invalid", Some("/name")),
        (r#"{"name":"a","count":-1}"#, 422, "invalid", Some("/count")),
        (r#"{"name":"a\u0000b"}"#, 422, "invalid_text", Some("/name")),
        (r#"{"name":"a","free":{"k/~":["x","\u0000"]}}"#, 422, "invalid_text", Some("/free/k~1~0/1")),
        (r#"{"name":"a","free":{"\u0000":1}}"#, 422, "invalid_text", Some("/free")),
        (r#"{"name":"\ud800"}"#, 400, "unreadable_body", None),
        ("[]", 422, "invalid", Some("")),
        (r#"["a",3,[],null]"#, 422, "invalid", Some("")),
        ("null", 422, "invalid", Some("")),
        ("[[[[", 400, "unreadable_body", None),
    ] {
        let error = read::<Given>(body.as_bytes()).unwrap_err();
        assert_eq!((error.status.as_u16(), error.code.as_ref()), (status, code), "{body}: {}", error.detail);
        if let Some(pointer) = pointer {
            assert_eq!(error.errors[0].pointer, pointer, "{body}");
        }
    }
    assert!(
        read::<Given>(br#"{"name":"a\\u0000","count":3,"inner":[{"at":1}]}"#).is_ok(),
        "an escaped backslash is no NUL"
    );
    let invalid_utf8 = [br#"{"name":""#.as_slice(), &[0xff], br#""}"#].concat();
    assert_eq!(read::<Given>(&invalid_utf8).unwrap_err().status, StatusCode::BAD_REQUEST);
}

#[test]
fn depth_and_length_of_answers_are_bounded() {
    let deep = format!(r#"{{"name":"a","free":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(read::<Given>(deep.as_bytes()).unwrap_err().code, "unreadable_body");
    let long = format!(r#"{{"name":"a","{}":1}}"#, "x".repeat(100_000));
    let error = read::<Given>(long.as_bytes()).unwrap_err();
    assert!(error.detail.len() < 1000 && error.errors[0].pointer.len() < 1000, "{}", error.detail.len());
}

#[test]
fn c_091_only_json_is_json() {
    for (value, fits) in [
        ("application/json", true),
        ("Application/JSON; charset=UTF-8", true),
        ("application/json;charset=\"utf-8\"", true),
        ("application/json; charset=utf-16", false),
        ("text/plain", false),
        ("text/plain; application/json", false),
        ("application/x-www-form-urlencoded", false),
        ("application/jsonp", false),
        ("", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
        assert_eq!(is_json(&headers), fits, "{value}");
        headers.append(header::CONTENT_TYPE, "application/json".parse().unwrap());
        assert!(!is_json(&headers), "two media types are none");
    }
    assert!(!is_json(&HeaderMap::new()));
}
