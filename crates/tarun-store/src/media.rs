//! Files that customers sent: what is known of them; their bytes lie sealed in the object store.

use crate::error::StoreError;
use crate::inbox::ArrivingMedia;
use crate::job::{self, JobKind};
use crate::keys::Place;
use crate::tx::{TenantCtx, TenantTx};
use sqlx::Row;
use tarun_core::ids::{ConversationId, MediaId, MessageId, NumberId};
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Media {
    pub id: MediaId,
    pub message: MessageId,
    pub conversation: ConversationId,
    pub number: NumberId,
    pub provider_id: String,
    pub mime_type: String,
    pub filename: Option<String>,
    pub state: String,
    pub size: Option<i64>,
    pub created_at: OffsetDateTime,
}

/// The ordering key of a file's job: files wait for nobody.
#[must_use]
pub fn ordering_key(id: MediaId) -> i64 {
    id.0.as_u64_pair().1.cast_signed()
}

pub(crate) async fn insert(
    tx: &mut TenantTx,
    media: &ArrivingMedia,
    message: MessageId,
    number: NumberId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let (sql, ctx) = tx.parts();
    sqlx::query(
        "insert into media (tenant_id, id, message_id, number_id, provider_id_enc, mime_type, filename_enc, state, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'PENDING', $8)",
    )
    .bind(ctx.tenant.0)
    .bind(media.id.0)
    .bind(message.0)
    .bind(number.0)
    .bind(ctx.seal("media.provider_id", media.id.0, &media.provider_id)?)
    .bind(&media.mime_type)
    .bind(media.filename.as_ref().map(|f| ctx.seal("media.filename", media.id.0, f)).transpose()?)
    .bind(now)
    .execute(sql)
    .await?;
    job::add(tx, JobKind::Media, ordering_key(media.id), media.id.0, now).await
}

pub async fn get(tx: &mut TenantTx, id: MediaId) -> Result<Option<Media>, StoreError> {
    let (sql, ctx) = tx.parts();
    let row = sqlx::query(
        "select f.*, m.conversation_id from media f join messages m on m.tenant_id = f.tenant_id and m.id = f.message_id
         where f.tenant_id = $1 and f.id = $2",
    )
    .bind(ctx.tenant.0)
    .bind(id.0)
    .fetch_optional(sql)
    .await?;
    row.map(|row| {
        Ok(Media {
            id,
            message: MessageId(row.get("message_id")),
            conversation: ConversationId(row.get("conversation_id")),
            number: NumberId(row.get("number_id")),
            provider_id: ctx.open("media.provider_id", id.0, row.get("provider_id_enc"))?,
            mime_type: row.get("mime_type"),
            filename: row
                .get::<Option<&[u8]>, _>("filename_enc")
                .map(|f| ctx.open("media.filename", id.0, f))
                .transpose()?,
            state: row.get("state"),
            size: row.get("size_bytes"),
            created_at: row.get("created_at"),
        })
    })
    .transpose()
}

/// READY with the size in bytes and the type that was found, FAILED or EXPIRED.
pub async fn set_state(
    tx: &mut TenantTx,
    id: MediaId,
    state: &str,
    found: Option<(i64, &str)>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().0;
    sqlx::query("update media set state = $3, size_bytes = coalesce($4, size_bytes), mime_type = coalesce($5, mime_type) where tenant_id = $1 and id = $2")
        .bind(tenant)
        .bind(id.0)
        .bind(state)
        .bind(found.map(|f| f.0))
        .bind(found.map(|f| f.1))
        .execute(tx.sql())
        .await?;
    Ok(())
}

/// Seals one piece of a file; the piece's number is bound in, so that pieces can't change places.
pub fn seal_piece(ctx: &TenantCtx, id: MediaId, piece: u32, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(ctx.keys.seal(Place { tenant: ctx.tenant, column: "media.piece", row: &piece_row(id.0, piece) }, bytes)?)
}

pub fn open_piece(ctx: &TenantCtx, id: MediaId, piece: u32, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(ctx.keys.open(Place { tenant: ctx.tenant, column: "media.piece", row: &piece_row(id.0, piece) }, sealed)?)
}

fn piece_row(id: Uuid, piece: u32) -> Vec<u8> {
    [id.as_bytes().as_slice(), &piece.to_be_bytes()].concat()
}
