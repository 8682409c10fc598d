//! The end of an act: its commit, and what is told after it.

use crate::App;
use crate::change::Change;
use crate::sending::ordering_key;
use tarun_core::ids::ConversationId;
use tarun_store::job::JobKind;
use tarun_store::{StoreError, TenantTx};

/// What follows the commit of an act.
#[must_use]
pub struct Follows {
    pub(super) change: Change,
    /// A conversation in which something waits to be sent.
    pub(super) sends: Option<ConversationId>,
}

impl Follows {
    /// Commits and tells. In a task of its own: a request whose client went away is dropped wherever it waits, and what is
    /// committed must be told and sent all the same.
    pub async fn commit(self, app: &App, tx: TenantTx) -> Result<(), StoreError> {
        let app = app.clone();
        let done = tokio::spawn(async move {
            tx.commit().await?;
            let tenant = self.change.tenant;
            app.announcer.tell(self.change);
            if let Some(conversation) = self.sends {
                app.queue.hint(JobKind::Send, tenant, &[ordering_key(conversation)]);
            }
            Ok(())
        });
        done.await.map_err(|_| StoreError::Setup("the end of an act was cut off: the server is stopping".into()))?
    }
}
