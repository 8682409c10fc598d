//! Who has read what customers said (C-104): a line of the audit log for each quarter of an hour in which somebody opens a
//! conversation. Rows of lists leave none: the lists of a busy team would bury what the log is for.

use crate::acting::Acting;
use crate::audit::{self, By};
use moka::future::Cache;
use std::time::Duration;
use tarun_core::ids::{ConversationId, TenantId};
use tarun_store::{StoreError, TenantTx};
use time::OffsetDateTime;

/// Within it, the same person and conversation get no second line; the index of the log has the same grid.
const QUARTER: Duration = Duration::from_secs(15 * 60);
/// Of these this process knows that they stand in the log. More would only cost further inserts that change nothing.
const REMEMBERED: u64 = 50_000;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Opening {
    tenant: TenantId,
    by: By,
    conversation: ConversationId,
    quarter: i64,
}

/// What this process has noted lately, so that reading on costs nothing.
#[derive(Clone)]
pub struct Openings(Cache<Opening, ()>);

impl Default for Openings {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_live(QUARTER).build())
    }
}

impl Openings {
    /// Adds the line to the reader's own transaction, unless it is there: nobody reads what can't be noted.
    pub async fn note(
        &self,
        tx: &mut TenantTx,
        acting: &Acting,
        conversation: ConversationId,
        now: OffsetDateTime,
    ) -> Result<Opening, StoreError> {
        let quarter = now.unix_timestamp().div_euclid(QUARTER.as_secs().cast_signed());
        let opening = Opening { tenant: tx.tenant(), by: By::from(&acting.actor), conversation, quarter };
        if !self.0.contains_key(&opening) {
            audit::record_once(tx, opening.by, now, audit::OPENED, ("conversation", conversation.0)).await?;
        }
        Ok(opening)
    }

    /// To be called once the transaction is committed; before, the line might still be lost.
    pub async fn remember(&self, opening: Opening) {
        self.0.insert(opening, ()).await;
    }
}
