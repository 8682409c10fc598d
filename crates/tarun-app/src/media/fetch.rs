//! Fetching a customer's file from Meta, as a job.

use super::{PIECE, key};
use crate::App;
use crate::change::Change;
use object_store::{ObjectStoreExt, PutPayload, WriteMultipart};
use tarun_core::ids::MediaId;
use tarun_core::retry::file_backoff;
use tarun_providers::http::CallError;
use tarun_providers::whatsapp::{self, CallFailed, SendingNumber};
use tarun_store::job::{self, JobKind, Later, Leased};
use tarun_store::media::Media;
use tarun_store::{StoreError, TenantCtx, TenantTx, media, number};
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;

/// Longer than a download may take.
const LEASE: Duration = Duration::seconds(150);
/// Media ids of webhooks live 7 days (Meta: media).
const LIFE: Duration = Duration::days(7);
/// What Meta says to an id that it does not have, or does not show to the token (Meta: error codes).
const NO_SUCH_ID: i64 = 100;

enum Fetched {
    /// Its size in bytes and its type.
    Ready(i64, String),
    /// Meta does not have it any more, or never will.
    Gone(&'static str, String),
    /// Meta says that it does not have it; a token that may not see it gets the same answer, so people may try again.
    NotThere(String),
    Later(String),
}

/// Fetches the file that waits under this key.
pub async fn fetch(app: &App, ctx: &TenantCtx, key: i64) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    let Some(leased) = job::lease(&mut tx, JobKind::Media, key, now, LEASE).await? else { return Ok(()) };
    let id = MediaId(leased.ref_id);
    let found = media::get(&mut tx, id).await?;
    let from = match &found {
        Some(media) => number::get(&mut tx, media.number).await?,
        None => None,
    };
    tx.commit().await?;
    let fetched = match (&found, from) {
        (Some(m), _) if m.state == "READY" => return done(app, ctx, leased, m, None).await,
        (Some(m), _) if now - m.created_at > LIFE => {
            Fetched::Gone("EXPIRED", "WhatsApp keeps files for 7 days only".into())
        }
        (Some(m), Some(number)) => {
            let span = tracing::info_span!(
                "media.fetch",
                tenant = %ctx.tenant,
                media = %m.id,
                otel.status_code = tracing::field::Empty
            );
            let fetched = download(app, ctx, m, &number).instrument(span.clone()).await;
            span.record("otel.status_code", if matches!(fetched, Fetched::Ready(..)) { "OK" } else { "ERROR" });
            fetched
        }
        _ => Fetched::Gone("FAILED", "its message or number is gone".into()),
    };
    let Some(m) = found else {
        let mut tx = app.store.begin(ctx).await?;
        job::finish(&mut tx, &[leased.job]).await?;
        return tx.commit().await;
    };
    done(app, ctx, leased, &m, Some(fetched)).await
}

async fn download(app: &App, ctx: &TenantCtx, m: &Media, number: &number::Number) -> Fetched {
    let sending = SendingNumber { phone_number_id: number.phone_number_id.clone() };
    let request = match whatsapp::media_look_up(&sending, &m.provider_id) {
        Ok(request) => request,
        Err(error) => return Fetched::Gone("FAILED", error.to_string()),
    };
    let location = match app.provider.graph(&number.access_token, request).await {
        Ok(answer) => match whatsapp::read_media_location(&answer) {
            Ok(location) => location,
            Err(error) if answer.status == 404 || code(&error) == Some(NO_SUCH_ID) => {
                return Fetched::NotThere(format!("{error}: WhatsApp has no such file, or the token may not see it"));
            }
            Err(error) => return Fetched::Later(error.to_string()),
        },
        Err(error) => return Fetched::Later(error.to_string()),
    };
    let mut download = match app.provider.download(&number.access_token, &location.url).await {
        Ok(download) => download,
        Err(error @ (CallError::NotAllowed | CallError::TooLarge { .. })) => {
            return Fetched::Gone("FAILED", error.to_string());
        }
        Err(error) => return Fetched::Later(error.to_string()),
    };
    let path = key(ctx.tenant, m.id);
    let upload = match app.objects.store().put_multipart(&path).await {
        Ok(upload) => upload,
        Err(error) => return Fetched::Later(format!("the object store: {error}")),
    };
    let mut write = WriteMultipart::new_with_chunk_size(upload, 5 * 1024 * 1024);
    let (mut waiting, mut size, mut piece) = (Vec::with_capacity(PIECE * 2), 0i64, 0u32);
    loop {
        let chunk = match download.chunk().await {
            Ok(chunk) => chunk,
            Err(error) => {
                let _ = write.abort().await;
                return match error {
                    CallError::TooLarge { .. } => Fetched::Gone("FAILED", error.to_string()),
                    _ => Fetched::Later(error.to_string()),
                };
            }
        };
        let ended = chunk.is_none();
        if let Some(chunk) = chunk {
            size += i64::try_from(chunk.len()).unwrap_or(i64::MAX);
            waiting.extend_from_slice(&chunk);
        }
        while waiting.len() >= PIECE || (ended && !waiting.is_empty()) {
            let rest = waiting.split_off(waiting.len().min(PIECE));
            match media::seal_piece(ctx, m.id, piece, &waiting) {
                Ok(sealed) => write.put(sealed.into()),
                Err(error) => return Fetched::Later(error.to_string()),
            }
            piece += 1;
            waiting = rest;
        }
        if let Err(error) = write.wait_for_capacity(4).await {
            return Fetched::Later(format!("the object store: {error}"));
        }
        if ended {
            break;
        }
    }
    if size == 0 {
        let _ = write.abort().await;
        // A file of no bytes is kept as such.
        if let Err(error) = app.objects.store().put(&path, PutPayload::new()).await {
            return Fetched::Later(format!("the object store: {error}"));
        }
    } else if let Err(error) = write.finish().await {
        return Fetched::Later(format!("the object store: {error}"));
    }
    Fetched::Ready(size, m.mime_type.clone())
}

fn code(error: &CallFailed) -> Option<i64> {
    match error {
        CallFailed::Refused { error, .. } => Some(error.code),
        CallFailed::Unreadable { .. } => None,
    }
}

async fn done(
    app: &App,
    ctx: &TenantCtx,
    leased: Leased,
    m: &Media,
    fetched: Option<Fetched>,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.begin(ctx).await?;
    if !job::still_held(&mut tx, leased).await? {
        return Ok(());
    }
    let mut change = Change::of(ctx.tenant);
    change.message_updated(m.message);
    match fetched {
        None => {
            job::finish(&mut tx, &[leased.job]).await?;
        }
        Some(Fetched::Ready(size, mime_type)) => {
            media::set_state(&mut tx, m.id, "READY", Some((size, &mime_type))).await?;
            job::finish(&mut tx, &[leased.job]).await?;
        }
        Some(Fetched::Gone(state, why)) => {
            tracing::warn!(media = %m.id, why, "a file can't be fetched");
            media::set_state(&mut tx, m.id, state, None).await?;
            job::finish(&mut tx, &[leased.job]).await?;
        }
        Some(Fetched::NotThere(why)) => give_up(&mut tx, leased, m, "EXPIRED", &why, now).await?,
        Some(Fetched::Later(why)) => {
            let jitter = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
            // Its address lives for minutes and is looked up at each try, the file for days.
            match file_backoff(leased.attempts, jitter) {
                Some(wait) => {
                    job::put_off(&mut tx, leased.job, leased.attempts, Later::Retry(now + wait), &why, now).await?
                }
                None => give_up(&mut tx, leased, m, "FAILED", &why, now).await?,
            }
        }
    }
    tx.commit().await?;
    app.announcer.tell(change);
    Ok(())
}

/// Leaves it to people.
async fn give_up(
    tx: &mut TenantTx,
    leased: Leased,
    m: &Media,
    state: &str,
    why: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    media::set_state(tx, m.id, state, None).await?;
    job::put_off(tx, leased.job, leased.attempts, Later::Dead, why, now).await?;
    metrics::counter!("tarun_jobs_dead_total", "kind" => "media").increment(1);
    Ok(())
}
