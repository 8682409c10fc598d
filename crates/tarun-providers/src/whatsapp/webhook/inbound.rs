//! What a notification can mean.

use serde::{Deserialize, Serialize};
use tarun_core::content::Content;

use crate::whatsapp::ProviderError;

/// One event, decoded. Reading never fails: what cannot be read says so.
#[derive(Debug, Clone, PartialEq)]
pub enum Inbound {
    Message(InboundMessage),
    Reaction(Reaction),
    Edit(Edit),
    Revoke(Revoke),
    /// The person has a new phone number: same contact, same thread.
    NumberChanged(NumberChanged),
    /// The person has a new BSUID: same contact, same thread.
    UserIdChanged(UserIdChanged),
    /// The person opened the chat for the first time and wrote nothing: opens the window, shows no message.
    Welcome(Welcome),
    Status(StatusUpdate),
    /// A message that the business sent from its phone (coexistence).
    Echo(Echo),
    UserPreference(UserPreference),
    /// An error that concerns the account, not a message.
    AccountError(ProviderError),
    /// A field that is kept raw only: template, account, call, history and unknown ones.
    Other {
        field: String,
    },
    /// Not even an id and a sender could be found. The raw event is all there is.
    Unreadable {
        reason: String,
    },
}

/// Who is at the other end. Since 2026 the phone number may be hidden; then the user id is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Phone number, digits only.
    pub wa_id: Option<String>,
    /// Business-scoped user id (BSUID), whole, case-sensitive.
    pub user_id: Option<String>,
    pub parent_user_id: Option<String>,
    pub username: Option<String>,
    /// Chosen by the person: any Unicode, at most 256 code points.
    pub profile_name: Option<String>,
}

impl Person {
    /// Whether there is anything by which the person can be found again.
    pub fn is_known(&self) -> bool {
        self.wa_id.is_some() || self.user_id.is_some()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The quoted message, or the one whose button was tapped; may be unknown to us.
    pub reply_to_wamid: Option<String>,
    pub forwarded: bool,
    pub frequently_forwarded: bool,
    pub referred_product: Option<ReferredProduct>,
}

/// The product page from which the person wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferredProduct {
    pub catalog_id: Option<String>,
    pub product_retailer_id: Option<String>,
}

/// The advertisement or post that brought the person; comes with the first message only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: Option<String>,
    pub source_id: Option<String>,
    pub source_url: Option<String>,
    pub headline: Option<String>,
    pub body: Option<String>,
    pub media_type: Option<String>,
    pub image_url: Option<String>,
    pub video_url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub ctwa_clid: Option<String>,
    pub r#ref: Option<String>,
    pub welcome_text: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InboundMessage {
    pub wamid: String,
    pub sender: Person,
    /// Seconds since 1970.
    pub sent_at_unix: Option<i64>,
    pub content: Content,
    pub context: Context,
    pub referral: Option<Box<Referral>>,
    /// Thread by this where it is set: the sender is then one participant of a group.
    pub group_id: Option<String>,
    /// Whether it opens or extends the 24-hour service window.
    pub opens_window: bool,
    pub counts_unread: bool,
}

/// Which side did it: the customer, or the business on its phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Customer,
    Business,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reaction {
    /// Id of the reaction itself.
    pub wamid: String,
    pub target_wamid: String,
    /// None takes the person's earlier reaction back.
    pub emoji: Option<String>,
    pub by: Side,
    /// The customer, whichever side reacted.
    pub person: Person,
    pub sent_at_unix: Option<i64>,
    pub group_id: Option<String>,
    pub opens_window: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub wamid: String,
    pub target_wamid: String,
    pub content: Content,
    pub by: Side,
    pub person: Person,
    pub sent_at_unix: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Revoke {
    pub wamid: String,
    pub target_wamid: String,
    pub by: Side,
    pub person: Person,
    pub sent_at_unix: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NumberChanged {
    pub wamid: String,
    /// As known before the change.
    pub old: Person,
    /// Digits only.
    pub new_wa_id: String,
    pub new_user_id: Option<String>,
    /// WhatsApp's own sentence, for the note in the thread.
    pub text: Option<String>,
    pub at_unix: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UserIdChanged {
    /// Absent where it came as an account-level notification.
    pub wamid: Option<String>,
    /// As known before the change.
    pub old: Person,
    pub new_user_id: String,
    pub new_parent_user_id: Option<String>,
    pub text: Option<String>,
    pub at_unix: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Welcome {
    pub wamid: String,
    pub sender: Person,
    pub sent_at_unix: Option<i64>,
}

/// One step of a message on its way. The shown state is the highest rank seen, never the latest arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusUpdate {
    pub wamid: String,
    pub status: DeliveryStatus,
    pub at_unix: Option<i64>,
    /// What we gave along when sending: match on this first.
    pub callback_data: Option<String>,
    /// The addressee; in groups the participant whom this status is about.
    pub recipient: Person,
    pub group_id: Option<String>,
    pub errors: Vec<ProviderError>,
    pub pricing: Option<Pricing>,
    /// The free-entry-point conversation, where there is one.
    pub conversation: Option<StatusConversation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryStatus {
    Sent,
    Delivered,
    Read,
    /// A voice message was played.
    Played,
    Failed,
    /// A word that this version does not know: changes no state.
    Other(String),
}

impl DeliveryStatus {
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" => Self::Failed,
            other => Self::Other(tarun_core::content::bounded(other, 50).into_owned()),
        }
    }
}

/// May come with any one of a message's statuses: keep the last one seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// `PMP` (per message); `CBP` in old webhooks.
    pub model: Option<String>,
    /// `regular` is charged; `free_customer_service`, `free_entry_point` and `free_group_customer_service` are not.
    pub kind: Option<String>,
    /// `marketing`, `utility`, `service` …
    pub category: Option<String>,
    pub billable: Option<bool>,
}

impl Pricing {
    /// Whether Meta charges for the message. `billable` will go away, so `type` decides where it is given.
    pub fn is_charged(&self) -> Option<bool> {
        self.kind.as_deref().map(|kind| kind == "regular").or(self.billable)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusConversation {
    pub id: Option<String>,
    pub origin: Option<String>,
    pub expires_at_unix: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    pub wamid: String,
    pub recipient: Person,
    pub sent_at_unix: Option<i64>,
    pub content: Content,
    pub context: Context,
    pub group_id: Option<String>,
}

/// The person's wish about marketing templates. Apply by the newest time.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPreference {
    pub person: Person,
    /// `marketing_messages` so far.
    pub category: String,
    pub wish: Wish,
    pub at_unix: Option<i64>,
    pub detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Stop,
    Resume,
    Signup,
    Other(String),
}
