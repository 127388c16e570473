use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::{self, phc};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use kernel::Ids;
use tokio::sync::Semaphore;

use crate::error::Error;
use crate::model::person::PasswordHash;
use crate::settings::Argon2Cost;

/// How many may wait for each one that hashes.
const QUEUE_PER_CORE: usize = 4;

/// How long a password waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes passwords beside the async threads, never more at once than the machine has cores: each hash takes
/// megabytes of memory and tens of milliseconds.
#[derive(Clone)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    ids: Ids,
    /// Compared with when there is no account, so that the answer takes as long.
    decoy: PasswordHash,
    /// Those who hash or wait.
    queue: Arc<Semaphore>,
    /// While fewer places of the queue than these are free, somebody waits.
    waiting_places: usize,
    /// Those who hash.
    cores: Arc<Semaphore>,
    memory: Spare,
}

impl Hasher {
    pub(crate) fn new(cost: Argon2Cost, ids: Ids) -> Result<Self, Error> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None)
            .map_err(|error| Error::Crypto(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            decoy: hash(&argon2, &ids.token(), ids.bytes())?,
            argon2,
            ids,
            queue: Arc::new(Semaphore::new(cores * (1 + QUEUE_PER_CORE))),
            waiting_places: cores * QUEUE_PER_CORE,
            cores: Arc::new(Semaphore::new(cores)),
            memory: Spare::default(),
        })
    }

    /// The hash of a password with a new salt.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full or the turn does not come in time.
    pub(crate) async fn hash(&self, password: &str) -> Result<PasswordHash, Error> {
        let (argon2, password, salt) = (self.argon2.clone(), password.to_owned(), self.ids.bytes());
        self.take_turn(move || hash(&argon2, &password, salt)).await?
    }

    /// Whether the password fits; without a hash it never does, but takes as long.
    ///
    /// # Errors
    /// [`Error::Busy`] as above.
    pub(crate) async fn fits(&self, password: &str, stored: Option<&PasswordHash>) -> Result<bool, Error> {
        let known = stored.is_some();
        let (password, stored) = (password.to_owned(), stored.unwrap_or(&self.decoy).clone());
        let memory = self.memory.clone();
        let work = move || {
            let mut blocks = memory.take();
            let fits = fits(&password, &stored, &mut blocks);
            memory.hand_on(blocks);
            fits
        };
        Ok(self.take_turn(work).await?? && known)
    }

    async fn take_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let Ok(_place) = self.queue.try_acquire() else {
            return Err(Error::Busy);
        };
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.cores).acquire_owned());
        let Ok(Ok(core)) = turn.await else {
            return Err(Error::Busy);
        };
        let (memory, queue, waiting_places) = (self.memory.clone(), Arc::clone(&self.queue), self.waiting_places);
        tokio::task::spawn_blocking(move || {
            // Held here and not by the request: a client that hangs up does not stop the hashing.
            let _core = core;
            let done = work();
            if queue.available_permits() >= waiting_places {
                memory.clear();
            }
            done
        })
        .await
        .map_err(|error| Error::Crypto(error.to_string()))
    }
}

fn hash(argon2: &Argon2<'_>, password: &str, salt: [u8; 16]) -> Result<PasswordHash, Error> {
    let hash: phc::PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Error::Crypto(error.to_string()))?;
    Ok(PasswordHash(hash.to_string()))
}

/// The cost is read from the stored hash, so that a change of the settings keeps old passwords good.
fn fits(password: &str, stored: &PasswordHash, blocks: &mut Vec<Block>) -> Result<bool, Error> {
    matches(password, stored, blocks).map_err(|error| Error::Crypto(error.to_string()))
}

fn matches(password: &str, stored: &PasswordHash, blocks: &mut Vec<Block>) -> password_hash::Result<bool> {
    let stored = phc::PasswordHash::new(&stored.0)?;
    let (Some(version), Some(salt), Some(expected)) = (stored.version, stored.salt, stored.hash) else {
        return Err(password_hash::Error::EncodingInvalid);
    };
    let argon2 = Argon2::new(
        Algorithm::try_from(stored.algorithm.as_str())?,
        Version::try_from(version)?,
        Params::try_from(&stored)?,
    );
    blocks.resize(argon2.params().block_count(), Block::default());
    let mut output = vec![0; expected.len()];
    argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, blocks)?;
    // Compared in constant time.
    Ok(phc::Output::new(&output)? == expected)
}

/// Memory of hashes that have ended: handed on to those who wait, because taking 19 MiB from the system and clearing them
/// costs a tenth of a hash, and given back when nobody waits.
#[derive(Clone, Default)]
struct Spare(Arc<Mutex<Vec<Vec<Block>>>>);

impl Spare {
    fn take(&self) -> Vec<Block> {
        self.lock().pop().unwrap_or_default()
    }

    fn hand_on(&self, blocks: Vec<Block>) {
        self.lock().push(blocks);
    }

    fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemClock;

    use super::*;

    fn hasher() -> Hasher {
        let cost = Argon2Cost {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
        };
        Hasher::new(cost, Ids::from_os(Arc::new(SystemClock))).unwrap()
    }

    #[tokio::test]
    async fn knows_the_password_again() {
        let hasher = hasher();
        let stored = hasher.hash("kolme punaista tuolia").await.unwrap();
        assert!(stored.0.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.0);
        assert!(hasher.fits("kolme punaista tuolia", Some(&stored)).await.unwrap());
        assert!(!hasher.fits("kolme punaista tuolia ", Some(&stored)).await.unwrap());
        assert!(!hasher.fits("kolme punaista tuolia", None).await.unwrap());
        assert_ne!(
            hasher.hash("kolme punaista tuolia").await.unwrap(),
            stored,
            "salts differ"
        );
    }

    #[tokio::test]
    async fn keeps_no_memory_when_nobody_waits() {
        let hasher = hasher();
        let stored = hasher.hash("kolme punaista tuolia").await.unwrap();
        let places = u32::try_from(hasher.queue.available_permits()).unwrap();
        let others = hasher.queue.clone().acquire_many_owned(places - 1).await.unwrap();
        assert!(hasher.fits("kolme punaista tuolia", Some(&stored)).await.unwrap());
        assert_eq!(hasher.memory.lock().len(), 1, "handed on");
        drop(others);
        assert!(hasher.fits("kolme punaista tuolia", Some(&stored)).await.unwrap());
        assert_eq!(hasher.memory.lock().len(), 0, "given back");
    }

    #[tokio::test]
    async fn turns_away_when_the_queue_is_full() {
        let hasher = hasher();
        let places = u32::try_from(hasher.queue.available_permits()).unwrap();
        let everybody = hasher.queue.clone().acquire_many_owned(places).await.unwrap();
        assert!(matches!(hasher.hash("salasana").await, Err(Error::Busy)));
        drop(everybody);
        assert!(hasher.hash("salasana").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_wait_for_ever() {
        let hasher = hasher();
        let cores = u32::try_from(hasher.cores.available_permits()).unwrap();
        let _all = hasher.cores.clone().acquire_many_owned(cores).await.unwrap();
        assert!(matches!(hasher.hash("salasana").await, Err(Error::Busy)));
    }
}
