//! How many registers are sent at once, and how many of them to one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::http::network;

/// How many registers are sent at once. A client that reads slowly keeps its turn until it has everything or its time is
/// over, with at most one page of rows, some three megabytes.
const TURNS: usize = 32;

/// How many of them one network takes, so that a few slow readers do not close the register for everybody else.
const SHARE: usize = 4;

/// How long a register waits until another one has been sent.
const PATIENCE: Duration = Duration::from_secs(2);

/// The turns of all clients.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    shares: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
}

/// Lets one register be sent; given back when dropped.
pub(super) struct Turn {
    _share: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(TURNS)),
            shares: Mutex::default(),
        }
    }

    /// A turn for a client at this address; none when its network or all together have as many as they may for too long.
    pub(super) async fn take(&self, client: IpAddr) -> Option<Turn> {
        let turn = async {
            // The share comes first, so that nobody waits for it while keeping one of the turns of all.
            let share = self.share(client).acquire_owned().await.ok()?;
            let of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Turn {
                _share: share,
                _of_all: of_all,
            })
        };
        timeout(PATIENCE, turn).await.ok().flatten()
    }

    /// The share of the network of a client. Those that nobody holds or waits for are forgotten.
    fn share(&self, client: IpAddr) -> Arc<Semaphore> {
        // The map is whole between any two statements, so a panic elsewhere does not spoil it.
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.retain(|_, share| Arc::strong_count(share) > 1);
        let share = shares
            .entry(network(client))
            .or_insert_with(|| Arc::new(Semaphore::new(SHARE)));
        Arc::clone(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_takes_no_more_than_its_share() {
        let turns = Turns::new();
        let (here, neighbour, elsewhere) = (
            address("2001:db8::1"),
            address("2001:db8::2"),
            address("2001:db8:0:1::1"),
        );
        let mut held = Vec::new();
        for _ in 0..SHARE {
            held.push(turns.take(here).await.unwrap());
        }
        assert!(turns.take(neighbour).await.is_none(), "of the same /64");
        assert!(turns.take(elsewhere).await.is_some());
        held.pop();
        assert!(turns.take(neighbour).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn all_together_take_no_more_than_there_are() {
        let turns = Turns::new();
        let mut held = Vec::new();
        for number in 0..TURNS {
            held.push(turns.take(address(&format!("192.0.2.{number}"))).await.unwrap());
        }
        let late = address("198.51.100.1");
        assert!(turns.take(late).await.is_none());
        held.pop();
        assert!(turns.take(late).await.is_some());
        held.clear();
        turns.take(late).await.unwrap();
        assert_eq!(turns.shares.lock().unwrap().len(), 1, "nobody else is remembered");
    }
}
