//! From the contract to HTML. Every text is escaped.

use serde_json::{Map, Value};
use std::fmt::Write as _;
use utoipa::openapi::OpenApi;

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// The whole page.
pub(super) fn of(api: &OpenApi) -> String {
    // The contract is walked as the JSON that readers know, not as the library's types.
    let api = serde_json::to_value(api).unwrap_or_default();
    let mut operations: Vec<(&str, &str, &str, &Value)> = Vec::new();
    for (path, item) in object(&api["paths"]) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.push((operation["tags"][0].as_str().unwrap_or("other"), path, method, operation));
            }
        }
    }
    operations.sort_by_key(|(tag, path, ..)| (*tag, *path));
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Tarun API</title><link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body><h1>Tarun API</h1>",
    );
    let _ = write!(html, "<p class=\"soft\">Version {} · ", text(&api["info"]["version"]));
    html.push_str("<a href=\"/api/v1/openapi.json\">OpenAPI document</a></p>");
    let _ = write!(html, "<p>{}</p>", prose(&api["info"]["description"]));
    contents(&mut html, &operations);
    let mut last = "";
    for (tag, path, method, operation) in operations {
        if tag != last {
            let _ = write!(html, "<h2 id=\"tag-{0}\">{0}</h2>", escape(tag));
            last = tag;
        }
        show_operation(&mut html, path, method, operation);
    }
    html.push_str("<h2 id=\"schemas\">Shapes</h2>");
    for (name, schema) in object(&api["components"]["schemas"]) {
        show_schema(&mut html, name, schema);
    }
    html.push_str("</body></html>");
    html
}

fn contents(html: &mut String, operations: &[(&str, &str, &str, &Value)]) {
    html.push_str("<nav><ul>");
    for (_, path, method, operation) in operations {
        let id = escape(operation["operationId"].as_str().unwrap_or_default());
        let _ = write!(html, "<li><a href=\"#{id}\"><code>{} {}</code></a></li>", method.to_uppercase(), escape(path));
    }
    html.push_str("<li><a href=\"#schemas\">Shapes</a></li></ul></nav>");
}

fn show_operation(html: &mut String, path: &str, method: &str, operation: &Value) {
    let id = escape(operation["operationId"].as_str().unwrap_or_default());
    let method = method.to_uppercase();
    let _ = write!(html, "<h3 id=\"{id}\"><code class=\"method\">{method}</code> <code>{}</code></h3>", escape(path));
    let public = operation["security"].as_array().is_some_and(|all| all.iter().any(|s| object(s).is_empty()));
    let who = if public { " <span class=\"soft\">· without signing in</span>" } else { "" };
    let _ = write!(html, "<p><b>{}</b>{who}</p>", text(&operation["summary"]));
    if operation["description"].is_string() {
        let _ = write!(html, "<p>{}</p>", prose(&operation["description"]));
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<table><tr><th>Parameter</th><th>In</th><th>Kind</th><th></th></tr>");
        for p in parameters {
            let needed = if p["required"] == true { "" } else { " <span class=\"soft\">optional</span>" };
            let _ = write!(
                html,
                "<tr><td><code>{}</code>{needed}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(&p["name"]),
                text(&p["in"]),
                kind(&p["schema"]),
                prose(&p["description"])
            );
        }
        html.push_str("</table>");
    }
    if let Some((_, content)) = object(&operation["requestBody"]["content"]).iter().next() {
        let _ = write!(html, "<p>Body: {}</p>", kind(&content["schema"]));
    }
    for (status, response) in object(&operation["responses"]).iter().filter(|(status, _)| *status != "default") {
        let body = object(&response["content"])
            .values()
            .next()
            .map(|c| format!(": {}", kind(&c["schema"])))
            .unwrap_or_default();
        let _ = write!(html, "<p>Answer <b>{}</b> {}{body}</p>", escape(status), text(&response["description"]));
    }
}

fn show_schema(html: &mut String, name: &str, schema: &Value) {
    let _ = write!(html, "<h3 id=\"schema-{0}\"><code>{0}</code></h3>", escape(name));
    if schema["description"].is_string() {
        let _ = write!(html, "<p>{}</p>", prose(&schema["description"]));
    }
    let fields = object(&schema["properties"]);
    if fields.is_empty() {
        let _ = write!(html, "<p>{}</p>", kind(schema));
        return;
    }
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    html.push_str("<table><tr><th>Field</th><th>Kind</th><th></th></tr>");
    for (field, schema) in fields {
        let needed = if required.iter().any(|r| r == field) { "" } else { " <span class=\"soft\">optional</span>" };
        let _ = write!(
            html,
            "<tr><td><code>{}</code>{needed}</td><td>{}</td><td>{}</td></tr>",
            escape(field),
            kind(schema),
            prose(&schema["description"])
        );
    }
    html.push_str("</table>");
}

/// A schema in a few words, with a link to the shape it names.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#schema-{0}\"><code>{0}</code></a>", escape(name));
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|v| format!("<code>{}</code>", text(v))).collect();
        return values.join(" · ");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema[choice].as_array() {
            return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    let named = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        other => text(other),
    };
    match (named.as_str(), schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("", _) => "anything".into(),
        (_, Some(format)) => format!("{named} <span class=\"soft\">{}</span>", escape(format)),
        (_, None) => named,
    }
}

/// Escaped, with `code` marked.
fn prose(value: &Value) -> String {
    let escaped = text(value);
    escaped
        .split('`')
        .enumerate()
        .map(|(n, part)| if n % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
        .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => escape(text),
        Value::Null => String::new(),
        other => escape(&other.to_string()),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn object(value: &Value) -> &Map<String, Value> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_operation_and_every_link_leads_somewhere() {
        let api = crate::http::openapi::document();
        let html = of(&api);
        for path in api.paths.paths.keys() {
            assert!(html.contains(&format!("<code>{}</code>", escape(path))), "{path}");
        }
        for target in html.split("href=\"#").skip(1).filter_map(|part| part.split('"').next()) {
            assert!(html.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
        }
        assert!(!html.contains("<script"));
        assert_eq!(prose(&Value::from("<b>`x`</b>")), "&lt;b&gt;<code>x</code>&lt;/b&gt;");
    }
}
