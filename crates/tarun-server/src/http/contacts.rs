//! The people who write to the business.

use super::Http;
use super::extract::{Json, Path};
use super::problem::ApiError;
use super::signed_in::SignedIn;
use axum::extract::State;
use tarun_api::contact::{Contact, ContactPatch};
use tarun_app::contact::{self, ContactChange, SeenContact};
use tarun_core::contact::Marketing;
use tarun_core::ids::ContactId;
use time::OffsetDateTime;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub fn routes() -> OpenApiRouter<Http> {
    OpenApiRouter::default().routes(routes!(get_contact, change_contact))
}

/// Get one contact
///
/// Visible to those who see one of the contact's conversations.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The contact", body = Contact)))]
async fn get_contact(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
) -> Result<Json<Contact>, ApiError> {
    Ok(Json(show(contact::get(&http.app, &acting, ContactId(id)).await?)))
}

/// Change a contact
///
/// With `version`, a change made on an older one is refused (409 `stale`).
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = Uuid, Path)), request_body = ContactPatch,
    responses((status = 200, description = "As it is now", body = Contact)))]
async fn change_contact(
    SignedIn(acting): SignedIn,
    State(http): State<Http>,
    Path(id): Path<Uuid>,
    Json(patch): Json<ContactPatch>,
) -> Result<Json<Contact>, ApiError> {
    let change = ContactChange { version: patch.version, name: patch.name, email: patch.email };
    Ok(Json(show(contact::change(&http.app, &acting, ContactId(id), change).await?)))
}

fn show(seen: SeenContact) -> Contact {
    contact_out(&seen.contact, seen.last_message_at)
}

pub(crate) fn contact_out(contact: &tarun_store::contact::Contact, last_message_at: Option<OffsetDateTime>) -> Contact {
    let profile = &contact.profile;
    Contact {
        id: contact.id.0,
        phone: profile.phone.clone(),
        username: profile.username.clone(),
        name: profile.name(),
        name_is_ours: profile.own_name.is_some(),
        email: profile.email.clone(),
        source: contact.source.clone(),
        marketing_opt_out_at: contact.marketing.and_then(Marketing::opted_out_at),
        last_message_at,
        created_at: contact.created_at,
        version: contact.version,
    }
}
