use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

use crate::id::TypedId;
use crate::time::Clock;

/// The one source of ids and secrets: UUIDs of version 7 from the injected clock and a cryptographic generator.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    rng: StdRng,
    /// The highest millisecond of any id so far: seals cover ranges of ids, so a clock set back must not lower them.
    last_millis: u64,
}

impl Ids {
    /// Seeds the generator from the operating system.
    pub fn from_os(clock: Arc<dyn Clock>) -> Self {
        Self::new(clock, rand::make_rng())
    }

    /// Repeats the same ids at every start; for tests only, because the secrets repeat as well.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::new(clock, StdRng::seed_from_u64(seed))
    }

    fn new(clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        let state = State { rng, last_millis: 0 };
        Self {
            clock,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// A new id whose order follows the clock to the millisecond. When the clock is set back, ids keep the highest
    /// millisecond reached until the clock has caught up.
    pub fn next<T: TypedId>(&self) -> T {
        let now = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or_default();
        let mut state = self.state();
        state.last_millis = state.last_millis.max(now);
        let mut bytes = [0; 10];
        state.rng.fill_bytes(&mut bytes);
        T::from_uuid(Builder::from_unix_timestamp_millis(state.last_millis, &bytes).into_uuid())
    }

    /// Makes every later id of this process higher than `id`, an id of version 7.
    pub fn go_on_above(&self, id: Uuid) {
        // RFC 9562: the first 48 bits are milliseconds.
        let millis = u64::try_from(id.as_u128() >> 80).unwrap_or_default();
        let mut state = self.state();
        state.last_millis = state.last_millis.max(millis + 1);
    }

    /// Unguessable bytes for tokens and codes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.state().rng.fill_bytes(&mut bytes);
        bytes
    }

    /// An unguessable token of 192 bits in 48 hexadecimal digits, for links and refresh tokens.
    pub fn token(&self) -> String {
        hex::encode(self.bytes::<24>())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Neither part has an invariant that a panic elsewhere could break.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::{AuditId, MockClock};

    fn stage() -> (MockClock, Ids) {
        let clock = MockClock::at("2026-11-23T10:00:00Z".parse().unwrap());
        (clock.clone(), Ids::seeded(Arc::new(clock), 1))
    }

    fn millis(id: AuditId) -> u64 {
        let (seconds, nanos) = id.uuid().get_timestamp().unwrap().to_unix();
        seconds * 1000 + u64::from(nanos / 1_000_000)
    }

    #[test]
    fn a_clock_set_back_does_not_lower_the_ids() {
        let (clock, ids) = stage();
        let before = millis(ids.next());
        clock.advance(Duration::days(-1));
        let clone = ids.clone();
        let behind: [AuditId; 2] = [clone.next(), ids.next()];
        assert_eq!(behind.map(millis), [before; 2]);
        assert_ne!(behind[0], behind[1]);
        clock.advance(Duration::days(1) + Duration::milliseconds(5));
        assert_eq!(millis(ids.next()), before + 5);
    }

    #[test]
    fn ids_go_on_above_one_from_elsewhere() {
        let (clock, here) = stage();
        clock.advance(Duration::minutes(1));
        let ahead: AuditId = Ids::seeded(Arc::new(clock.clone()), 2).next();
        clock.advance(Duration::minutes(-1));
        assert!(here.next::<AuditId>() < ahead);
        here.go_on_above(ahead.uuid());
        for _ in 0..100 {
            assert!(here.next::<AuditId>() > ahead);
        }
        clock.advance(Duration::minutes(2));
        assert_eq!(millis(here.next()), millis(ahead) + 60_000);
    }
}
