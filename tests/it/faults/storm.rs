//! Many clients book at once; each sends a booking with the same key until it knows the outcome.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use super::town::{PRICE, Town};

const CLIENTS: usize = 8;

/// A storm that has not ended by then never will.
const LONGEST: Duration = Duration::from_mins(2);

/// How long a client rests between two tries of one booking.
const PAUSE: Duration = Duration::from_millis(50);

/// A booking whose outcome the client did not know.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// The code of the answer; none when the connection broke.
    pub(super) code: Option<String>,
    /// The status of the answer.
    pub(super) status: Option<u16>,
    /// How long the client waited.
    pub(super) after: Duration,
}

/// An acknowledged booking: who, by which key, and what was answered.
type Booked = (usize, String, Value);

/// Clients at work.
pub(super) struct Storm {
    town: Arc<Town>,
    clients: JoinSet<Vec<Booked>>,
    acknowledged: watch::Receiver<usize>,
    failures: Arc<Mutex<Vec<Failure>>>,
    failed: watch::Receiver<usize>,
}

/// What has come of a storm.
pub(super) struct Aftermath {
    pub(super) booked: Vec<Booked>,
    pub(super) failures: Vec<Failure>,
}

struct Client {
    number: usize,
    town: Arc<Town>,
    acknowledged: watch::Sender<usize>,
    failures: Arc<Mutex<Vec<Failure>>>,
    failed: watch::Sender<usize>,
}

impl Storm {
    /// Lets each of the clients make `bookings`.
    pub(super) fn begin(town: &Arc<Town>, bookings: usize) -> Self {
        let (acknowledged, acknowledged_so_far) = watch::channel(0);
        let (failed, failed_so_far) = watch::channel(0);
        let failures = Arc::default();
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let client = Client {
                number,
                town: Arc::clone(town),
                acknowledged: acknowledged.clone(),
                failures: Arc::clone(&failures),
                failed: failed.clone(),
            };
            clients.spawn(client.work(bookings));
        }
        Self {
            town: Arc::clone(town),
            clients,
            acknowledged: acknowledged_so_far,
            failures,
            failed: failed_so_far,
        }
    }

    /// Returns when this many bookings have been acknowledged.
    pub(super) async fn acknowledged(&self, count: usize) {
        let mut acknowledged = self.acknowledged.clone();
        let reached = timeout(LONGEST, acknowledged.wait_for(|so_far| *so_far >= count)).await;
        reached.expect("bookings go on").expect("clients are at work");
    }

    /// Returns when one more booking has been acknowledged than now.
    ///
    /// # Panics
    /// When that takes longer than the ten seconds within which the service heals.
    pub(super) async fn goes_on(&self) {
        let next = *self.acknowledged.borrow() + 1;
        let healed = timeout(Duration::from_secs(10), self.acknowledged(next)).await;
        assert!(
            healed.is_ok(),
            "not healed within ten seconds: {:?}",
            self.failures().last()
        );
    }

    /// Returns when this many tries have failed.
    pub(super) async fn failed(&self, count: usize) {
        let mut failed = self.failed.clone();
        let reached = timeout(LONGEST, failed.wait_for(|so_far| *so_far >= count)).await;
        reached.expect("the fault is noticed").expect("clients are at work");
    }

    fn failures(&self) -> Vec<Failure> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until every client knows the outcome of all its bookings.
    pub(super) async fn end(mut self) -> Aftermath {
        let mut booked = Vec::new();
        let ending = async {
            while let Some(client) = self.clients.join_next().await {
                booked.extend(client.expect("each booking is acknowledged"));
            }
        };
        let ended = timeout(LONGEST, ending).await;
        assert!(ended.is_ok(), "the storm goes on: {:?}", self.failures().last());
        let aftermath = Aftermath {
            booked,
            failures: self.failures(),
        };
        aftermath.verify(&self.town).await;
        aftermath
    }
}

impl Aftermath {
    /// Each acknowledged booking has been paid once, and repeating its request changes nothing.
    pub(super) async fn verify(&self, town: &Town) {
        let ids: BTreeSet<_> = self
            .booked
            .iter()
            .map(|(_, _, booking)| booking["id"].as_str())
            .collect();
        assert_eq!(ids.len(), self.booked.len(), "no booking answers two requests");
        let expected = i64::try_from(ids.len()).expect("few") * PRICE;
        assert_eq!(town.spent().await, expected, "granted - balance = acknowledged");
        for (client, key, booking) in self.booked.iter().step_by(7) {
            let again = town.book(*client, key).await.expect("an answer").ok();
            assert_eq!(again.data("/bookOffer/booking"), booking);
        }
        assert_eq!(town.spent().await, expected, "the same keys have no effect");
    }
}

impl Client {
    async fn work(self, bookings: usize) -> Vec<Booked> {
        let mut booked = Vec::new();
        for number in 0..bookings {
            let key = format!("storm-{}-{number}", self.number);
            let booking = self.book(&key).await;
            booked.push((self.number, key, booking));
            self.acknowledged.send_modify(|count| *count += 1);
        }
        booked
    }

    /// Tries until the outcome is known.
    async fn book(&self, key: &str) -> Value {
        let mut pause = interval(PAUSE);
        loop {
            pause.tick().await;
            let begun = Instant::now();
            let failure = match self.town.book(self.number, key).await {
                Ok(answer) if matches!(answer.error_code(), Some("UNAVAILABLE" | "TIMEOUT")) => Failure {
                    code: answer.error_code().map(str::to_owned),
                    status: Some(answer.status.as_u16()),
                    after: begun.elapsed(),
                },
                Ok(answer) => return answer.ok().data("/bookOffer/booking").clone(),
                Err(_) => Failure {
                    code: None,
                    status: None,
                    after: begun.elapsed(),
                },
            };
            self.failures
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(failure);
            self.failed.send_modify(|count| *count += 1);
        }
    }
}
