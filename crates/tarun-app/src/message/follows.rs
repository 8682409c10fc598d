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
    change: Change,
    /// A job that waits, by its kind and ordering key.
    work: Option<(JobKind, i64)>,
}

impl Follows {
    pub(crate) fn of(change: Change) -> Self {
        Self { change, work: None }
    }

    /// Besides, a job waits under this ordering key.
    pub(crate) fn working(self, kind: JobKind, key: i64) -> Self {
        Self { work: Some((kind, key)), ..self }
    }

    /// Besides, something waits to be sent in a conversation.
    pub(crate) fn sending(self, conversation: ConversationId) -> Self {
        self.working(JobKind::Send, ordering_key(conversation))
    }

    /// Commits and tells. In a task of its own: a request whose client went away is dropped wherever it waits, and what is
    /// committed must be told and sent all the same.
    pub async fn commit(self, app: &App, tx: TenantTx) -> Result<(), StoreError> {
        let app = app.clone();
        let done = tokio::spawn(async move {
            tx.commit().await?;
            let tenant = self.change.tenant;
            app.announcer.tell(self.change);
            if let Some((kind, key)) = self.work {
                app.queue.hint(kind, tenant, &[key]);
            }
            Ok(())
        });
        done.await.map_err(|_| StoreError::Setup("the end of an act was cut off: the server is stopping".into()))?
    }
}
