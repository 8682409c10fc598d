//! The contract, made from the routes themselves.

use super::{Http, described};
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::LazyLock;
use tarun_api::conversation::View;
use tarun_api::failure::FailureKind;
use tarun_api::problem::Problem;
use tarun_api::realtime::{ContactEvent, ConversationEvent, HiddenEvent, MessageEvent};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DESCRIPTION: &str = "Ids are UUIDv7, times RFC 3339 in UTC. Lists answer `{\"data\", \"next_cursor\"}`; give `next_cursor` back as \
`cursor`. Errors are `application/problem+json` (RFC 9457) with a stable `code`; quote `request_id` when you ask for help. Calls that create \
take an `Idempotency-Key` header: the same key with the same body gets the first answer again for 24 hours. Unknown fields are refused. \
Changes arrive over Socket.IO at `/socket.io` (`auth: { token }`): `message.created`, `message.updated` (MessageEvent), `conversation.created`, \
`conversation.updated` (ConversationEvent), `contact.updated` (ContactEvent), `conversation.hidden` (HiddenEvent). `ready` (`{}`) comes first, and \
again whenever something may have been missed: fetch what you show. `unauthorized` (`{\"code\"}`) comes before a socket without a valid token \
is closed; one whose owner's token ends, or who reads more slowly than there is to tell, is closed, too: connect again.";

/// The document served at `/api/v1/openapi.json` and kept as `openapi.json`.
#[must_use]
pub fn document() -> OpenApi {
    let mut api = described().into_openapi();
    api.info.title = "Tarun".into();
    api.info.version = env!("CARGO_PKG_VERSION").into();
    api.info.description = Some(DESCRIPTION.into());
    let components = api.components.get_or_insert_default();
    // What no body holds: errors, socket events, kinds of query parameters.
    let others = [
        schema::<Problem>(),
        schema::<MessageEvent>(),
        schema::<ConversationEvent>(),
        schema::<ContactEvent>(),
        schema::<HiddenEvent>(),
        schema::<View>(),
        schema::<FailureKind>(),
    ];
    components.schemas.extend(others.into_iter().flatten());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An access token (15 minutes) or an API key (`tk_…`)"))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie =
        ApiKeyValue::with_description("tarun_refresh", "Set by sign-in, sent by browsers only to /api/v1/auth");
    components.add_security_scheme("refresh_cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    for path in api.paths.paths.values_mut() {
        let operations = [
            &mut path.get,
            &mut path.post,
            &mut path.patch,
            &mut path.put,
            &mut path.delete,
            &mut path.head,
            &mut path.options,
        ];
        operations.into_iter().flatten().for_each(complete);
    }
    api
}

/// The document as it is kept in the repository: pretty-printed JSON, without a last line break.
#[must_use]
pub fn text() -> String {
    document().to_pretty_json().unwrap_or_default()
}

/// What all operations share.
fn complete(operation: &mut Operation) {
    operation.security.get_or_insert_with(|| vec![SecurityRequirement::new("bearer", [] as [&str; 0])]);
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new().description("A problem").content("application/problem+json", problem).build();
    operation.responses.responses.entry("default".into()).or_insert_with(|| response.into());
}

/// A schema with all that it refers to, by name.
fn schema<T: utoipa::ToSchema>() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    all
}

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(get_contract))
}

/// This contract
#[utoipa::path(get, path = "/openapi.json", tag = "contract", security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn get_contract() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_operation_has_a_name_of_its_own_a_summary_and_a_default_answer() {
        let mut names = HashSet::new();
        let api = document();
        assert!(api.paths.paths.len() > 15);
        for (path, item) in &api.paths.paths {
            for operation in [&item.get, &item.post, &item.patch, &item.put, &item.delete].into_iter().flatten() {
                let name = operation.operation_id.clone().unwrap_or_default();
                assert!(names.insert(name.clone()), "{path}: another operation is called {name:?}");
                assert!(operation.summary.as_ref().is_some_and(|s| !s.is_empty()), "{path} {name} has no summary");
                assert!(operation.responses.responses.contains_key("default") && operation.security.is_some());
            }
        }
    }

    #[test]
    fn all_references_lead_somewhere() {
        let text = document().to_json().unwrap();
        let api: serde_json::Value = serde_json::from_str(&text).unwrap();
        for part in text.split("\"#/").skip(1) {
            let pointer = format!("/{}", part.split('"').next().unwrap());
            assert!(api.pointer(&pointer).is_some(), "{pointer} is missing");
        }
    }
}
