//! Telling open screens what changed.
//!
//! Acts tell ids of rows; this reads the rows as the API would give them and sends them to those who may see them. Other
//! processes of the installation get the ids through Valkey and do the same for their own sockets, so that no customer's
//! text passes through it and an event always equals a refetch. Sockets carry no commands.

mod full;
mod relay;
mod rooms;

pub use relay::{Relay, subscribe};

use crate::http::conversations::conversation_out;
use crate::http::messages::message_out;
use full::{Leaving, is_full, unheard};
use futures::FutureExt;
use rooms::Rooms;
use serde::Serialize;
use socketioxide::extract::{Data, SocketRef};
use socketioxide::{BroadcastError, SocketIo};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tarun_app::App;
use tarun_app::acting::ActError;
use tarun_app::change::Change;
use tarun_app::lasting::Lasting;
use tarun_core::ids::{ConversationId, MessageId, TenantId};
use tarun_store::{StoreError, conversation, message};
use time::format_description::well_known::Rfc3339;
use tokio_util::sync::CancellationToken;

/// How often a socket's owner must prove again that he may listen. With the life of a proof ([`tarun_app::auth`]) it makes
/// less than the 60 s of C-062 and C-068.
const PROVE_EVERY: time::Duration = time::Duration::seconds(30);
/// How often the application's clock is asked whether it is time for that.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Rows of changes are read within this time, or the screens that need them are told to fetch.
const READING: Duration = Duration::from_secs(5);
/// What a client may send in one message; it has nothing to say after its greeting.
const MOST_BYTES: usize = 16 * 1024;
/// Events that may wait for a socket that reads slowly; beyond it the socket is cut, to come back and fetch.
const BUFFERED: usize = 2048;
/// Sockets of one person at the same time.
const SOCKETS_PER_USER: usize = 50;

/// The sockets of this process. Cheap to clone.
#[derive(Clone)]
pub struct Realtime {
    io: SocketIo,
    app: App,
    listening: Arc<Mutex<HashMap<TenantId, usize>>>,
    leaving: Leaving,
}

#[derive(serde::Deserialize)]
struct Greeting {
    token: String,
}

/// An event on the wire.
#[derive(Serialize)]
struct Event<'a, T> {
    id: String,
    at: &'a str,
    data: &'a T,
}

/// The Socket.IO layer for the router, and the sockets behind it.
pub fn start(app: &App, stop: &CancellationToken, tasks: &Lasting) -> (socketioxide::layer::SocketIoLayer, Realtime) {
    let (layer, io) = SocketIo::builder()
        .max_payload(MOST_BYTES as u64)
        .ws_max_message_size(MOST_BYTES)
        .ws_max_frame_size(MOST_BYTES)
        .max_buffer_size(BUFFERED)
        .connect_timeout(Duration::from_secs(10))
        .build_layer();
    let realtime =
        Realtime { io: io.clone(), app: app.clone(), listening: Arc::default(), leaving: Leaving::default() };
    let greeting = realtime.clone();
    io.ns("/", async move |socket: SocketRef, Data(hello): Data<serde_json::Value>| {
        greeting.greet(socket, hello).await;
    });
    tasks.spawn("the proof of sockets", realtime.clone().prove_again(stop.clone()));
    (layer, realtime)
}

impl Realtime {
    async fn greet(&self, socket: SocketRef, hello: serde_json::Value) {
        // Before anything is awaited: who leaves meanwhile is told of only here.
        let seat = Seat { realtime: self.clone(), taken: Arc::default() };
        let left = seat.clone();
        socket.on_disconnect(async move |_: SocketRef| left.leave());
        let acting = match serde_json::from_value::<Greeting>(hello) {
            Ok(greeting) if greeting.token.len() <= 4096 => {
                let acting = tarun_app::auth::authenticate(&self.app, &greeting.token).await.ok();
                socket.extensions.insert(greeting.token);
                acting
            }
            _ => None,
        };
        let Some(acting) = acting else {
            let _ = socket.emit("unauthorized", &serde_json::json!({ "code": "unauthorized" }));
            let _ = socket.disconnect();
            return;
        };
        let rooms = Rooms::of(acting.ctx.tenant);
        let own = rooms.of_actor(&acting);
        if self.io.to(own.clone()).sockets().len() >= SOCKETS_PER_USER {
            let _ = socket.disconnect();
            return;
        }
        socket.join(own);
        socket.join(rooms.of_sight(&acting));
        seat.take(acting.ctx.tenant);
        if !socket.connected() {
            // It left while its owner was asked for: nobody else would take its id out of the rooms again.
            socket.leave_all();
            seat.leave();
            return;
        }
        let _ = socket.emit("ready", &serde_json::json!({}));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, usize>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts sockets whose owner signed out, was switched off, lost his role or let his token end; he comes back with a new one.
    async fn prove_again(self, stop: CancellationToken) {
        let mut proved_at = self.app.clock.now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
            self.leaving.cut_the_rest(&self.io);
            let now = self.app.clock.now();
            if now - proved_at < PROVE_EVERY {
                continue;
            }
            proved_at = now;
            for socket in self.io.sockets() {
                let token: Option<String> = socket.extensions.get::<String>();
                let proof = match token {
                    Some(token) => Some(tarun_app::auth::authenticate(&self.app, &token).await),
                    None => None,
                };
                let fits = match proof {
                    Some(Ok(a)) => socket.rooms().contains(&Rooms::of(a.ctx.tenant).of_sight(&a).into()),
                    // Nobody can say now; nothing is read for screens meanwhile either. The next round asks again.
                    Some(Err(ActError::Store(error))) => error.is_passing(),
                    Some(Err(_)) | None => false,
                };
                if !fits {
                    self.leaving.cut(socket);
                }
            }
        }
    }

    /// Sends what changed to those of this process's sockets that may see it.
    pub async fn show(&self, change: &Change) {
        if !self.lock().contains_key(&change.tenant) {
            return;
        }
        if let Err(error) = self.read_and_send(change).await {
            tracing::warn!(%error, "changes could not be shown");
            self.app.announcer.missed(change.tenant);
        }
        if change.missed {
            self.fetch_again(Some(change.tenant));
        }
    }

    /// Tells the screens of a business, or all of this process, to fetch again: `ready`, as after connecting.
    pub fn fetch_again(&self, tenant: Option<TenantId>) {
        let tenants = match tenant {
            Some(tenant) => vec![tenant],
            None => self.lock().keys().copied().collect(),
        };
        for tenant in tenants {
            let rooms = Rooms::of(tenant);
            let rooms = vec![rooms.all(), rooms.agents()];
            let sent = self.io.to(rooms.clone()).emit("ready", &serde_json::json!({})).now_or_never();
            self.see_to(tenant, rooms, sent);
        }
    }

    /// Sends those away who had no room for what was just sent. Who has room again by now can't be told from the others, so
    /// that the whole business fetches.
    fn see_to(&self, tenant: TenantId, rooms: Vec<String>, sent: Option<Result<(), BroadcastError>>) {
        let unheard = unheard(sent);
        if unheard == 0 {
            return;
        }
        metrics::counter!("tarun_realtime_dropped_total").increment(unheard as u64);
        let full: Vec<SocketRef> = self.io.to(rooms).sockets().into_iter().filter(is_full).collect();
        if full.len() < unheard {
            self.app.announcer.missed(tenant);
        }
        full.into_iter().for_each(|socket| self.leaving.cut(socket));
    }

    async fn read_and_send(&self, change: &Change) -> Result<(), StoreError> {
        let ctx = self.app.store.tenant(change.tenant).await?;
        let now = self.app.clock.now();
        let at = now.format(&Rfc3339).unwrap_or_default();
        let mut tx = self.app.store.begin_for_messages(&ctx, READING).await?;
        let mut messages: HashMap<MessageId, message::Message> =
            change.known.iter().map(|m| (m.id, m.clone())).collect();
        let wanted: Vec<MessageId> = change
            .messages_created
            .iter()
            .chain(&change.messages_updated)
            .filter(|id| !messages.contains_key(id))
            .copied()
            .collect();
        messages.extend(message::by_ids(&mut tx, &wanted).await?.into_iter().map(|m| (m.id, m)));
        let mut of: BTreeSet<ConversationId> = messages.values().map(|m| m.conversation_id).collect();
        of.extend(change.conversations_created.iter().chain(&change.conversations_updated));
        let of: Vec<ConversationId> = of.into_iter().collect();
        let conversations: HashMap<ConversationId, conversation::Conversation> =
            conversation::by_ids_knowing(&mut tx, None, &of, messages.clone())
                .await?
                .into_iter()
                .map(|c| (c.id, c))
                .collect();

        let rooms = Rooms::of(change.tenant);
        let send_messages = |ids: &[MessageId], name: &'static str| {
            ids.iter().filter_map(|id| messages.get(id)).for_each(|m| {
                if let Some(c) = conversations.get(&m.conversation_id) {
                    self.send(change.tenant, rooms.who_sees(c.assignee), name, &at, &message_out(&ctx, m, now));
                }
            });
        };
        send_messages(&change.messages_created, "message.created");
        send_messages(&change.messages_updated, "message.updated");
        for (ids, name) in [
            (&change.conversations_created, "conversation.created"),
            (&change.conversations_updated, "conversation.updated"),
        ] {
            for c in ids.iter().filter_map(|id| conversations.get(id)) {
                let mut out = conversation_out(&ctx, c, now);
                // It differs by reader: each counts on or fetches again.
                out.unread_count = -1;
                self.send(change.tenant, rooms.who_sees(c.assignee), name, &at, &out);
                if let Some(assignee) = c.assignee {
                    // Those who saw it while it was nobody's must let go of it; they learn its id only.
                    let gone = Event {
                        id: uuid::Uuid::now_v7().to_string(),
                        at: &at,
                        data: &serde_json::json!({ "id": c.id }),
                    };
                    let others = self.io.to(rooms.agents()).except(rooms.user(assignee));
                    let sent = others.emit("conversation.hidden", &gone).now_or_never();
                    self.see_to(change.tenant, vec![rooms.agents()], sent);
                }
            }
        }
        for contact in &change.contacts_updated {
            // The conversations told above hold the contact; the id alone suffices to fetch it again.
            let everybody = vec![rooms.all(), rooms.agents()];
            self.send(change.tenant, everybody, "contact.updated", &at, &serde_json::json!({ "id": contact }));
        }
        // Nothing was written: screens need not wait for its end.
        tx.commit().await
    }

    fn send<T: Serialize>(&self, tenant: TenantId, rooms: Vec<String>, name: &'static str, at: &str, data: &T) {
        let event = Event { id: uuid::Uuid::now_v7().to_string(), at, data };
        // With the local adapter the future is ready at once.
        let sent = self.io.to(rooms.clone()).emit(name, &event).now_or_never();
        self.see_to(tenant, rooms, sent);
    }
}

/// A socket's place among those who listen. Its end may be noted by two; it is counted once.
#[derive(Clone)]
struct Seat {
    realtime: Realtime,
    taken: Arc<Mutex<Option<TenantId>>>,
}

impl Seat {
    fn take(&self, tenant: TenantId) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(tenant);
        *self.realtime.lock().entry(tenant).or_default() += 1;
        metrics::gauge!("tarun_sockets").increment(1.0);
    }

    fn leave(&self) {
        let Some(tenant) = self.taken.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        metrics::gauge!("tarun_sockets").decrement(1.0);
        let mut listening = self.realtime.lock();
        if let Some(count) = listening.get_mut(&tenant) {
            *count -= 1;
            if *count == 0 {
                listening.remove(&tenant);
            }
        }
    }
}
