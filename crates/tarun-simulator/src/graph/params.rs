//! Parameters of the small writes: Graph takes them as JSON, as a form or in the query.

use axum::extract::Request;
use serde_json::{Map, Value};

use super::{Call, bytes_of, error::GraphError};

/// All parameters of a request in one object; the body wins over the query.
pub(super) async fn read(call: &Call, request: Request) -> Result<Map<String, Value>, GraphError> {
    let mut params: Map<String, Value> =
        call.query.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let body = bytes_of(request).await?;
    if body.trim_ascii_start().starts_with(b"{") {
        let object: Map<String, Value> =
            serde_json::from_slice(&body).map_err(|error| GraphError::parameter(format!("Invalid JSON: {error}")))?;
        params.extend(object);
    } else {
        let form = url::form_urlencoded::parse(&body);
        params.extend(form.filter(|(name, _)| !name.is_empty()).map(|(name, value)| (name.into(), value.into())));
    }
    params.remove("access_token");
    Ok(params)
}

/// A text parameter that must be there.
pub(super) fn required<'a>(params: &'a Map<String, Value>, name: &str) -> Result<&'a str, GraphError> {
    let found = params.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.ok_or_else(|| GraphError::parameter(format!("The parameter {name} is required.")))
}
