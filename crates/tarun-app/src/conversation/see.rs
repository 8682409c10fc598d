//! Listing and opening conversations.

use crate::App;
use crate::acting::{ActError, Acting};
use tarun_core::conversation::Status;
use tarun_core::ids::{ConversationId, NumberId, UserId};
use tarun_core::policy::Action;
use tarun_store::conversation::{self, Conversation, Counts, Facts, Filter};
use tarun_store::{Cursor, TenantTx};

/// The inbox's views.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    Mine,
    Unassigned,
    Unread,
}

/// What is asked for beside the view.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub view: View,
    pub status: Option<Status>,
    pub assignee: Option<UserId>,
    pub number: Option<NumberId>,
    pub query: Option<String>,
}

/// `None`: the view holds nothing for the one who asks (a key has no "mine").
fn filter(acting: &Acting, wanted: Wanted) -> Option<Filter> {
    let me = acting.actor.user_id();
    let mut filter = Filter {
        status: wanted.status,
        assignee: wanted.assignee,
        number: wanted.number,
        query: wanted.query.map(|q| q.trim().chars().take(200).collect::<String>()).filter(|q| !q.is_empty()),
        ..Filter::default()
    };
    match wanted.view {
        View::All => {}
        View::Mine => filter.assignee = Some(me?),
        View::Unassigned => filter.unassigned = true,
        View::Unread => {
            me?;
            filter.unread = true;
        }
    }
    Some(filter)
}

/// A page of what the one who asks may see, newest message first; one row more than `limit` tells that there are more.
pub async fn list(
    app: &App,
    acting: &Acting,
    wanted: Wanted,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<Conversation>, ActError> {
    acting.require(Action::ReadConversation)?;
    let Some(filter) = filter(acting, wanted) else { return Ok(vec![]) };
    let mut tx = app.store.begin(&acting.ctx).await?;
    let found = conversation::list(&mut tx, acting.actor.user_id(), acting.sight(), &filter, before, limit + 1).await?;
    tx.commit().await?;
    Ok(found)
}

pub async fn counts(app: &App, acting: &Acting, view: View) -> Result<Counts, ActError> {
    acting.require(Action::ReadConversation)?;
    let Some(filter) = filter(acting, Wanted { view, ..Wanted::default() }) else { return Ok(Counts::default()) };
    let mut tx = app.store.begin(&acting.ctx).await?;
    let counts = conversation::counts(&mut tx, acting.actor.user_id(), acting.sight(), &filter).await?;
    tx.commit().await?;
    Ok(counts)
}

pub async fn get(app: &App, acting: &Acting, id: ConversationId) -> Result<Conversation, ActError> {
    acting.require(Action::ReadConversation)?;
    let mut tx = app.store.begin(&acting.ctx).await?;
    let found = seen(&mut tx, acting, id).await?;
    tx.commit().await?;
    Ok(found)
}

/// A conversation as a screen shows it, if the one who asks may see it.
pub(super) async fn seen(tx: &mut TenantTx, acting: &Acting, id: ConversationId) -> Result<Conversation, ActError> {
    conversation::get(tx, acting.actor.user_id(), id)
        .await?
        .filter(|c| acting.sight().covers(c.assignee))
        .ok_or(ActError::NotFound("conversation"))
}

/// Locks a conversation, if the one who asks may see it; not there and not visible look the same.
pub async fn visible(tx: &mut TenantTx, acting: &Acting, id: ConversationId) -> Result<Facts, ActError> {
    conversation::lock(tx, id)
        .await?
        .filter(|c| acting.sight().covers(c.assignee))
        .ok_or(ActError::NotFound("conversation"))
}

/// Refuses a conversation that the one who asks may not see. Locks nothing, for those who only read.
pub async fn may_see(tx: &mut TenantTx, acting: &Acting, id: ConversationId) -> Result<(), ActError> {
    let assignee = conversation::assignee(tx, id).await?.ok_or(ActError::NotFound("conversation"))?;
    if acting.sight().covers(assignee) { Ok(()) } else { Err(ActError::NotFound("conversation")) }
}
