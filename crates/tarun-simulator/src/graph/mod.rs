//! The Graph API: one address space `/{version}/{node}[/{edge}]`, dispatched by what the node is.

mod account;
mod auth;
mod debug_token;
pub(crate) mod error;
mod history;
mod media;
mod messages;
mod number;
mod params;
mod receipts;
mod templates;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, FromRequest, Multipart, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    answer,
    behaviour::{Endpoint, Subject},
    connection::Scissors,
    ids,
    simulator::Simulator,
};
use auth::Caller;
use error::GraphError;

pub(crate) use media::download;

/// Oldest and newest version that exist (November 2026).
const VERSIONS: std::ops::RangeInclusive<u32> = 21..=26;

pub(crate) type Answer = Result<Response, GraphError>;

/// A request to one node.
pub(crate) struct Call {
    pub(crate) sim: Arc<Simulator>,
    pub(crate) scissors: Scissors,
    pub(crate) caller: Caller,
    pub(crate) query: HashMap<String, String>,
}

/// Every request under a version prefix.
pub(crate) async fn serve(
    State(sim): State<Arc<Simulator>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    Path((version, path)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let mut response = match route(sim, scissors, &version, path.trim_end_matches('/'), query, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(version) = HeaderValue::from_str(&version) {
        headers.insert("facebook-api-version", version);
    }
    if let Ok(trace) = HeaderValue::from_str(&ids::trace_id()) {
        headers.insert("x-fb-trace-id", trace);
    }
    headers.insert("x-app-usage", HeaderValue::from_static(r#"{"call_count":1,"total_cputime":1,"total_time":1}"#));
    response
}

async fn route(
    sim: Arc<Simulator>,
    scissors: Scissors,
    version: &str,
    path: &str,
    query: HashMap<String, String>,
    request: Request,
) -> Answer {
    let known = version
        .strip_prefix('v')
        .and_then(|v| v.strip_suffix(".0"))
        .and_then(|v| v.parse().ok())
        .is_some_and(|v| VERSIONS.contains(&v));
    if !known {
        let title = format!("Unknown path components: /{path}");
        return Err(GraphError { http: 400, title, ..GraphError::new(2_500) });
    }
    let caller = Caller::find(&sim, request.headers(), &query)?;
    let call = Call { sim, scissors, caller, query };
    let method = request.method().clone();
    let mut segments = path.splitn(2, '/');
    let (node, edge) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    match (node, edge) {
        ("me", "") => {
            return Ok(Json(json!({ "id": "122100000000000001", "name": "Tarun system user" })).into_response());
        }
        ("debug_token", "") => return debug_token::get(&call),
        _ => {}
    }
    let verb = if method == Method::GET { "get" } else { "post" };
    match call.caller.kind_of(&call.sim, node) {
        Some(auth::Node::Number) => number_edge(&call, node, &method, edge, request).await,
        Some(auth::Node::Waba) => waba_edge(&call, node, &method, edge, request).await,
        Some(auth::Node::Media) if edge.is_empty() => media::node(&call, &method, node).await,
        Some(auth::Node::Template) if edge.is_empty() && method == Method::GET => templates::one(&call, node),
        _ => Err(GraphError::not_visible(verb, node)),
    }
}

async fn number_edge(call: &Call, id: &str, method: &Method, edge: &str, request: Request) -> Answer {
    let post = *method == Method::POST;
    match edge {
        "messages" | "marketing_messages" if post => messages::post(call, id, edge, json_body(request).await?).await,
        "media" if post => {
            let form = Multipart::from_request(request, &()).await;
            media::upload(call, id, form.map_err(|_| GraphError::parameter("Param file must be a file."))?).await
        }
        _ => {
            if let Some(response) = call.scripted(Endpoint::Other, Some(id)).await {
                return response;
            }
            match edge {
                "" if !post => number::get(call, id),
                "" => number::post(call, id, params::read(call, request).await?).await,
                "register" if post => number::register(call, id, &params::read(call, request).await?),
                "deregister" if post => number::deregister(call, id),
                "whatsapp_business_profile" if post => {
                    number::set_profile(call, id, params::read(call, request).await?)
                }
                "whatsapp_business_profile" => number::profile(call, id),
                "message_history" if !post => history::get(call, id),
                "block_users" => number::block(call, id, method, params::read(call, request).await?),
                _ => Err(GraphError::parameter(format!("Unknown path components: /{edge}"))),
            }
        }
    }
}

async fn waba_edge(call: &Call, id: &str, method: &Method, edge: &str, request: Request) -> Answer {
    if let Some(response) = call.scripted(Endpoint::Other, None).await {
        return response;
    }
    match (edge, method.as_str()) {
        ("", "GET") => account::get(call, id),
        ("phone_numbers", "GET") => account::phone_numbers(call, id),
        ("subscribed_apps", "GET") => account::subscriptions(call, id),
        ("subscribed_apps", "POST") => account::subscribe(call, id, params::read(call, request).await?).await,
        ("subscribed_apps", "DELETE") => account::unsubscribe(call, id),
        ("message_templates", "GET") => templates::list(call, id),
        _ => Err(GraphError::parameter(format!("Unknown path components: /{edge}"))),
    }
}

impl Call {
    /// The answer of a scripted rule for a call that is not a message; `None` when there is none, or after a wait.
    async fn scripted(&self, endpoint: Endpoint, phone_number_id: Option<&str>) -> Option<Answer> {
        let subject = Subject { endpoint, phone_number_id, ..Subject::default() };
        let action = self.sim.state().behaviours.take(&subject)?;
        answer::shape(&action, &self.scissors).await.map(Ok)
    }
}

/// The body as JSON; what cannot be read is refused in Meta's words.
async fn json_body(request: Request) -> Result<Value, GraphError> {
    let bytes = bytes_of(request).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        GraphError::parameter("Invalid parameter").details(format!("The body is not valid JSON: {error}"))
    })
}

async fn bytes_of(request: Request) -> Result<Bytes, GraphError> {
    Bytes::from_request(request, &()).await.map_err(|_| GraphError::parameter("The request body is too large"))
}

/// `true` in the field every write answers with.
fn success() -> Answer {
    Ok(Json(json!({ "success": true })).into_response())
}

/// The bearer token of a request; `OAuth` is the older spelling.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then(|| token.trim())
}
