//! How many GraphQL requests are executed at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::refusal::{Refusal, RefusalCode};
use super::settings::HttpSettings;

/// The door before execution: some requests run, some wait a moment, the rest are turned away at once, so that an overloaded
/// server answers fast instead of slowly.
pub(super) struct Admission {
    /// Places for those that run and those that wait.
    places: Arc<Semaphore>,
    running: Arc<Semaphore>,
    longest_wait: Duration,
}

/// The right to execute one request; given back when dropped.
pub(super) struct Turn {
    _place: OwnedSemaphorePermit,
    _running: OwnedSemaphorePermit,
}

impl Admission {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        Self {
            places: Arc::new(Semaphore::new(settings.max_executing + settings.max_waiting)),
            running: Arc::new(Semaphore::new(settings.max_executing)),
            longest_wait: settings.longest_wait,
        }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`RefusalCode::Unavailable`] when too many wait already or the wait got too long; nothing was executed.
    pub(super) async fn enter(&self) -> Result<Turn, Refusal> {
        let busy = || Refusal::new(RefusalCode::Unavailable, "The server is busy; try again in a moment.");
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Err(busy());
        };
        match timeout(self.longest_wait, Arc::clone(&self.running).acquire_owned()).await {
            Ok(Ok(running)) => Ok(Turn {
                _place: place,
                _running: running,
            }),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }
}
