//! The sweep: what is due, over all tenants, although nobody was told or nobody did it.

use super::JobKind;
use crate::error::StoreError;
use crate::event::SWEEP_AFTER;
use crate::tx::Store;
use tarun_core::ids::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

/// Work that is due although nobody was told, or nobody did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Due {
    pub tenant: TenantId,
    pub kind: JobKind,
    pub ordering_key: i64,
}

/// Jobs by kind and state, over all tenants.
#[derive(Debug, Clone)]
pub struct Backlog {
    pub kind: String,
    pub state: String,
    pub count: i64,
    pub oldest: Option<OffsetDateTime>,
}

impl Store {
    /// What the sweep hands out; the same again after [`SWEEP_AFTER`] unless it was done.
    pub async fn due_jobs(&self, now: OffsetDateTime, limit: i32) -> Result<Vec<Due>, StoreError> {
        let rows: Vec<(Uuid, String, i64)> = sqlx::query_as("select * from due_jobs($1, $2, $3)")
            .bind(now)
            .bind(now + SWEEP_AFTER)
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(tenant, kind, ordering_key)| {
                Some(Due { tenant: TenantId(tenant), kind: JobKind::parse(&kind)?, ordering_key })
            })
            .collect())
    }

    pub async fn backlog(&self) -> Result<Vec<Backlog>, StoreError> {
        let rows: Vec<(String, String, i64, Option<OffsetDateTime>)> =
            sqlx::query_as("select * from job_backlog()").fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(|(kind, state, count, oldest)| Backlog { kind, state, count, oldest }).collect())
    }
}
