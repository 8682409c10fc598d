//! Template messages: the form, and the parameters against the approved template.

use serde_json::{Value, json};

use super::required_text;
use crate::graph::error::GraphError;

/// Checks what can be checked without knowing the template.
pub(super) fn check_form(content: &Value) -> Result<(), GraphError> {
    required_text(&content["name"], "template.name", 512)?;
    required_text(&content["language"]["code"], "template.language.code", 16)?;
    let components = match &content["components"] {
        Value::Null => return Ok(()),
        Value::Array(components) => components,
        _ => return Err(GraphError::invalid("template.components must be an array.")),
    };
    for component in components {
        let kind = component["type"].as_str().unwrap_or_default().to_ascii_lowercase();
        if !["header", "body", "footer", "button", "carousel", "limited_time_offer"].contains(&kind.as_str()) {
            return Err(GraphError::invalid(format!("template.components.type '{kind}' is not valid.")));
        }
        if kind == "button" && (component["sub_type"].is_null() || component["index"].is_null()) {
            return Err(GraphError::missing("template.components.button.sub_type and index"));
        }
        if component["parameters"].as_array().is_some_and(Vec::is_empty) {
            return Err(GraphError::new(132_000).details("parameters must not be an empty array."));
        }
        for parameter in component["parameters"].as_array().into_iter().flatten() {
            if parameter["type"] == "text" {
                check_value(parameter["text"].as_str().unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

/// A text value: not empty, without line breaks, tabs or more than four spaces in a row.
fn check_value(text: &str) -> Result<(), GraphError> {
    if text.is_empty() {
        return Err(GraphError::new(132_012).details("A text parameter must not be empty."));
    }
    if text.contains(['\n', '\t', '\r']) || text.contains("     ") {
        let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(GraphError::new(132_012).details(details));
    }
    Ok(())
}

/// Fills an approved template: gives what the customer sees, `{header, body, footer, buttons}`.
pub(crate) fn fill(template: &Value, content: &Value) -> Result<Value, GraphError> {
    let named = template["parameter_format"] == "NAMED";
    let mut shown = json!({});
    for part in template["components"].as_array().into_iter().flatten() {
        let kind = part["type"].as_str().unwrap_or_default().to_ascii_lowercase();
        match kind.as_str() {
            "body" => {
                let text = fill_text(part, given(content, "body"), named)?;
                if text.chars().count() > 1_024 {
                    return Err(GraphError::new(132_005).details("The filled body is longer than 1024 characters."));
                }
                shown["body"] = text.into();
            }
            "header" if part["format"] == "TEXT" => {
                shown["header"] = json!({ "type": "text", "text": fill_text(part, given(content, "header"), named)? });
            }
            "header" => shown["header"] = media_header(part, content)?,
            "footer" => shown["footer"] = part["text"].clone(),
            "buttons" => shown["buttons"] = buttons(part, content)?,
            _ => {}
        }
    }
    Ok(shown)
}

/// The parameters given for a component.
fn given<'a>(content: &'a Value, kind: &str) -> &'a [Value] {
    let components = content["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = components.iter().find(|c| c["type"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(kind)));
    found.and_then(|component| component["parameters"].as_array()).map(Vec::as_slice).unwrap_or_default()
}

/// Replaces `{{…}}` in order, or by name.
fn fill_text(part: &Value, parameters: &[Value], named: bool) -> Result<String, GraphError> {
    let mut rest = part["text"].as_str().unwrap_or_default();
    let (mut filled, mut used) = (String::new(), 0);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        filled.push_str(before);
        let value = if named {
            parameters.iter().find(|parameter| parameter["parameter_name"] == name.trim())
        } else {
            parameters.get(used)
        };
        let value = value.ok_or_else(|| mismatch(parameters.len(), part))?;
        if !named && !value["parameter_name"].is_null() {
            return Err(GraphError::new(132_012).details("The template has positional parameters, a name was given."));
        }
        filled.push_str(&text_of(value)?);
        used += 1;
        rest = behind;
    }
    filled.push_str(rest);
    if used != parameters.len() {
        return Err(mismatch(parameters.len(), part));
    }
    Ok(filled)
}

fn mismatch(found: usize, part: &Value) -> GraphError {
    let kind = part["type"].as_str().unwrap_or_default().to_ascii_lowercase();
    let expected = part["text"].as_str().unwrap_or_default().matches("{{").count();
    let details = format!(
        "{kind}: number of localizable_params ({found}) does not match the expected number of params ({expected})"
    );
    GraphError::new(132_000).details(details)
}

fn text_of(parameter: &Value) -> Result<String, GraphError> {
    let text = match parameter["type"].as_str().unwrap_or_default() {
        "text" => &parameter["text"],
        "currency" => &parameter["currency"]["fallback_value"],
        "date_time" => &parameter["date_time"]["fallback_value"],
        other => {
            return Err(
                GraphError::new(132_012).details(format!("A parameter of type '{other}' cannot stand in a text."))
            );
        }
    };
    text.as_str().map(str::to_owned).ok_or_else(|| GraphError::new(132_012).details("A text parameter has no text."))
}

fn media_header(part: &Value, content: &Value) -> Result<Value, GraphError> {
    let format = part["format"].as_str().unwrap_or_default().to_ascii_lowercase();
    let parameters = given(content, "header");
    let Some(parameter) = parameters.first() else {
        return Err(
            GraphError::new(132_012).details(format!("header: Format mismatch, expected {format}, received none"))
        );
    };
    let kind = parameter["type"].as_str().unwrap_or_default();
    if kind != format {
        let details = format!("header: Format mismatch, expected {format}, received {kind}");
        return Err(GraphError::new(132_012).details(details));
    }
    Ok(json!({ "type": kind, kind: parameter[kind] }))
}

/// Labels, filled addresses and payloads of the template's buttons.
fn buttons(part: &Value, content: &Value) -> Result<Value, GraphError> {
    let mut shown = Vec::new();
    for (index, button) in part["buttons"].as_array().into_iter().flatten().enumerate() {
        let kind = button["type"].as_str().unwrap_or_default().to_ascii_lowercase();
        let components = content["components"].as_array().into_iter().flatten();
        let found = components.into_iter().find(|component| {
            let at = &component["index"];
            let same =
                at.as_u64().or_else(|| at.as_str().and_then(|text| text.parse().ok())) == u64::try_from(index).ok();
            component["type"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("button")) && same
        });
        let parameter = found.map(|component| &component["parameters"][0]);
        let label = button["text"].as_str().unwrap_or_default();
        let mut one = json!({ "type": kind, "text": label });
        match kind.as_str() {
            "quick_reply" => {
                let payload = parameter.and_then(|p| p["payload"].as_str()).unwrap_or(label);
                one["payload"] = payload.into();
            }
            "url" | "otp" => {
                let url = button["url"].as_str().unwrap_or_default();
                let needs = url.contains("{{") || kind == "otp";
                let value = parameter.and_then(|p| p["text"].as_str());
                match (needs, value) {
                    (true, None) => {
                        let details = format!("buttons: Button at index {index} of type Url requires a parameter");
                        return Err(GraphError::new(131_008).details(details));
                    }
                    (false, Some(_)) => {
                        let details = format!("buttons: Button at index {index} takes no parameter");
                        return Err(GraphError::new(132_000).details(details));
                    }
                    (true, Some(value)) => one["url"] = url.replace("{{1}}", value).into(),
                    (false, None) => one["url"] = url.into(),
                }
            }
            "copy_code" => one["code"] = parameter.map_or(Value::Null, |p| p["coupon_code"].clone()),
            "phone_number" => one["phone_number"] = button["phone_number"].clone(),
            _ => {}
        }
        shown.push(one);
    }
    Ok(shown.into())
}
