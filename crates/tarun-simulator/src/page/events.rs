//! Server-sent events for open pages.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{self, KeepAlive, Sse},
};
use futures::{Stream, stream};
use tokio::sync::broadcast::error::RecvError;

use crate::simulator::{Event, Simulator};

/// `GET /_sim/events`. A page that was too slow is told `changed`, upon which it fetches everything again.
pub(crate) async fn stream(
    State(sim): State<Arc<Simulator>>,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let receiver = sim.events.subscribe();
    drop(sim);
    let events = stream::unfold(receiver, |mut receiver| async move {
        let event = match receiver.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Changed,
            Err(RecvError::Closed) => return None,
        };
        let text = serde_json::to_string(&event).unwrap_or_default();
        Some((Ok(sse::Event::default().data(text)), receiver))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
