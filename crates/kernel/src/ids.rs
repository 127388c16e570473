use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Builder;

use crate::id::TypedId;
use crate::time::Clock;

/// The one source of ids and secrets: UUIDs of version 7 from the injected clock and a cryptographic generator.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    rng: Arc<Mutex<StdRng>>,
}

impl Ids {
    /// Seeds the generator from the operating system.
    pub fn from_os(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            rng: Arc::new(Mutex::new(rand::make_rng())),
        }
    }

    /// Repeats the same ids at every start; for tests only, because the secrets repeat as well.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))),
        }
    }

    /// A new id whose order follows the clock to the millisecond.
    pub fn next<T: TypedId>(&self) -> T {
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or_default();
        T::from_uuid(Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid())
    }

    /// Unguessable bytes for tokens and codes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // The generator has no invariant that a panic elsewhere could break.
        self.rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }

    /// An unguessable token of 192 bits in 48 hexadecimal digits, for links and refresh tokens.
    pub fn token(&self) -> String {
        hex::encode(self.bytes::<24>())
    }
}
