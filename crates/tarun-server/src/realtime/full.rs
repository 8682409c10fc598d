//! Sockets that can't take what is told: they are sent away, so that their clients come back and fetch what they missed.
//!
//! A cut needs a place in the socket's buffer, too. So a socket first leaves its rooms, which needs none: from then on it
//! hears nothing, its buffer empties, and a later try cuts it.

use serde::{Serialize, Serializer};
use socketioxide::extract::SocketRef;
use socketioxide::socket::Sid;
use socketioxide::{BroadcastError, SendError, SocketError, SocketIo};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Sockets that could not be cut yet. Cheap to clone.
#[derive(Clone, Default)]
pub struct Leaving(Arc<Mutex<HashSet<Sid>>>);

impl Leaving {
    /// Tells this socket nothing more and cuts it, at once or as soon as there is room for that.
    pub fn cut(&self, socket: SocketRef) {
        let id = socket.id;
        socket.leave_all();
        if matches!(socket.disconnect(), Err(SocketError::InternalChannelFull)) {
            self.lock().insert(id);
        }
    }

    /// Tries again what could not be done before.
    pub fn cut_the_rest(&self, io: &SocketIo) {
        let rest = std::mem::take(&mut *self.lock());
        rest.into_iter().filter_map(|id| io.get_socket(id)).for_each(|socket| self.cut(socket));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<Sid>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many sockets had no room for what was just sent. `None` stands for a send that did not end at once.
pub fn unheard(sent: Option<Result<(), BroadcastError>>) -> usize {
    match sent {
        Some(Ok(())) => 0,
        Some(Err(BroadcastError::Socket(errors))) => {
            errors.iter().filter(|e| matches!(e, SocketError::InternalChannelFull)).count()
        }
        Some(Err(_)) | None => 1,
    }
}

/// Whether a socket has no room now. The library does not say which of many had none, so each is offered an event that
/// can't be written down: it is refused for that reason only where there was room, and takes none.
pub fn is_full(socket: &SocketRef) -> bool {
    matches!(socket.emit("", &Question), Err(SendError::Socket(SocketError::InternalChannelFull)))
}

struct Question;

impl Serialize for Question {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("this is never sent"))
    }
}
