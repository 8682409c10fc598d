//! What is done for the tables as a whole, over all tenants.

use crate::error::StoreError;
use crate::tx::Store;
use time::OffsetDateTime;

impl Store {
    /// Removes at most `most` events received before one moment, and idempotency keys before another. Returns how many
    /// events there were.
    pub async fn forget(&self, events: OffsetDateTime, keys: OffsetDateTime, most: i32) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("select forget_before($1, $2, $3)")
            .bind(events)
            .bind(keys)
            .bind(most)
            .fetch_one(self.pool())
            .await?)
    }

    /// Sorts the words of new messages and contacts into the search indexes. Each second, so that no message has to: GIN
    /// lets the one that comes when much has gathered wait for all of it.
    pub async fn sort_in_new_words(&self) -> Result<(), StoreError> {
        sqlx::query("select sort_in_new_words()").execute(self.pool()).await?;
        Ok(())
    }
}
