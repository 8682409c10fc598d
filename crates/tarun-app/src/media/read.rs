//! Giving a file out, in ranges.

use super::{PIECE, SEALED_PIECE, key};
use crate::App;
use crate::acting::ActError;
use bytes::Bytes;
use object_store::ObjectStoreExt;
use tarun_core::ids::MediaId;
use tarun_store::{StoreError, TenantCtx, media};

/// What is known of a file that can be read.
#[derive(Debug, Clone)]
pub struct OpenMedia {
    pub mime_type: String,
    pub filename: Option<String>,
    /// Bytes.
    pub size: u64,
}

/// A file that is there. Whoever calls has checked a signed address or the policy.
pub async fn open(app: &App, ctx: &TenantCtx, id: MediaId) -> Result<OpenMedia, ActError> {
    let mut tx = app.store.begin(ctx).await?;
    let found = media::get(&mut tx, id).await?;
    tx.commit().await?;
    let found = found.filter(|m| m.state == "READY").ok_or(ActError::NotFound("file"))?;
    let size = found.size.and_then(|s| u64::try_from(s).ok()).ok_or(ActError::NotFound("file"))?;
    Ok(OpenMedia { mime_type: found.mime_type, filename: found.filename, size })
}

/// Bytes `from` to `to`, both included and inside the file.
pub async fn read(app: &App, ctx: &TenantCtx, id: MediaId, from: u64, to: u64) -> Result<Bytes, ActError> {
    let first = from / PIECE as u64;
    let last = to / PIECE as u64;
    let sealed = app
        .objects
        .store()
        .get_range(&key(ctx.tenant, id), first * SEALED_PIECE..(last + 1) * SEALED_PIECE)
        .await
        .map_err(|error| {
            tracing::error!(%error, media = %id, "a file could not be read");
            ActError::NotFound("file")
        })?;
    let mut plain = Vec::with_capacity(sealed.len());
    for (piece, n) in sealed.chunks(SEALED_PIECE as usize).zip(first..) {
        let n = u32::try_from(n).map_err(|_| ActError::NotFound("file"))?;
        plain.extend(media::open_piece(ctx, id, n, piece)?);
    }
    let start = usize::try_from(from - first * PIECE as u64).unwrap_or(usize::MAX);
    let end = usize::try_from(to - first * PIECE as u64 + 1).unwrap_or(usize::MAX).min(plain.len());
    if start > end {
        return Err(StoreError::Inconsistent {
            table: "media",
            reason: "the file is shorter than it should be".into(),
        }
        .into());
    }
    Ok(Bytes::from(plain).slice(start..end))
}
