//! The only place that knows two databases: how to connect, how to write, how to repeat a request safely, and the
//! definitions that SQLite and PostgreSQL spell differently.
//!
//! [`Db::write`] is the only way to begin a transaction; helpers take a [`Tx`] and cannot commit. [`Db::write_once`]
//! adds an idempotency key that is stored with the effect. Reads outside a transaction use [`Db::read`].
//!
//! Order of locks everywhere: approval (share), booking, occurrence, voucher, accounts by id.

mod connect;
pub mod ddl;
mod error;
mod once;
mod page;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use kernel::{Clock, Ids, TypedId};
use rand::RngExt;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{Notify, Semaphore};

pub use connect::{Settings, Synchronous};
pub use error::{Error, Retryable};
pub use once::{OnceKey, delete_keys_before};
pub use page::page;

/// How often a transaction is tried before its retryable error is handed on.
const ATTEMPTS: u32 = 8;

/// No transaction of a use case may hold its locks longer than this.
const DEADLINE: Duration = Duration::from_secs(15);

/// What [`Db::alone`] begins with on PostgreSQL; on SQLite `BEGIN IMMEDIATE` is enough. Only for the turn it waits without
/// a limit: a table that is in use must not hold up everybody who comes after. The number is this program's own.
const ALONE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                     SELECT pg_advisory_xact_lock(7235421109); SET LOCAL lock_timeout = '5s'";

/// A database: a pool of connections to SQLite or PostgreSQL.
#[derive(Clone)]
pub struct Db {
    conn: DatabaseConnection,
    clock: Arc<dyn Clock>,
    ids: Ids,
    /// SQLite has one writer: waiting here is fair, waiting in its busy handler is not.
    writer: Option<Arc<Semaphore>>,
    committed: Arc<Notify>,
    statements: Arc<AtomicU64>,
}

/// An open transaction. It can read and write but not commit: only [`Db::write`] does.
pub struct Tx {
    inner: DatabaseTransaction,
    clock: Arc<dyn Clock>,
    ids: Ids,
    wakes_workers: AtomicBool,
}

impl Tx {
    /// The connection for statements inside this transaction.
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// The present instant. A use case asks after it has its locks: deadlines are judged when its turn has come.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new id.
    pub fn new_id<T: TypedId>(&self) -> T {
        self.ids.next()
    }

    /// Unguessable bytes for codes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.ids.bytes()
    }

    /// Wakes the workers of this process once the transaction has been committed.
    pub fn wake_workers(&self) {
        self.wakes_workers.store(true, Ordering::Relaxed);
    }
}

impl Db {
    /// Connects as `settings` say; creates an SQLite file that does not exist yet.
    pub async fn connect(settings: &Settings, clock: Arc<dyn Clock>, ids: Ids) -> Result<Self, Error> {
        let mut conn = connect::connect(settings).await?;
        let statements = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&statements);
        conn.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let writer = (conn.get_database_backend() == DbBackend::Sqlite).then(|| Arc::new(Semaphore::new(1)));
        Ok(Self {
            conn,
            clock,
            ids,
            writer,
            committed: Arc::default(),
            statements,
        })
    }

    /// The connection for reads outside a transaction.
    pub fn read(&self) -> &DatabaseConnection {
        &self.conn
    }

    /// The clock of this service.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The source of ids and secrets.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Signalled after each commit that woke the workers.
    pub fn committed(&self) -> Arc<Notify> {
        Arc::clone(&self.committed)
    }

    /// How many SQL statements this pool has sent since it was opened, without BEGIN and COMMIT.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), Error> {
        tokio::time::timeout(Duration::from_secs(2), self.conn.ping())
            .await
            .map_err(|_elapsed| Error::Timeout)??;
        Ok(())
    }

    /// Closes the pool after the connections in use have come back.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.conn.close().await?)
    }

    /// Runs `work` in one transaction: `BEGIN IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL.
    ///
    /// A retryable error (busy, serialization failure, deadlock, a connection lost before the commit was sent) runs a
    /// clone of `work` again after a short random pause, a bounded number of times; `work` therefore has no effect
    /// outside the transaction.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&Tx) -> Result<T, E> + Clone,
        E: From<Error> + Retryable,
    {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.attempt(work.clone()).await {
                Err(error) if error.retryable() && attempt < ATTEMPTS => pause(attempt).await,
                outcome => return outcome,
            }
        }
    }

    /// Runs `read` on one moment of the database, however long it takes: for checks and reports that compare tables.
    /// Writers go on meanwhile.
    pub async fn snapshot<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&DatabaseTransaction) -> Result<T, E>,
        E: From<Error>,
    {
        let postgres = self.writer.is_none();
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        let tx = self.begin(options).await?;
        if postgres {
            tx.execute_unprepared("SET LOCAL statement_timeout = 0")
                .await
                .map_err(Error::from)?;
        }
        let outcome = read(&tx).await;
        tx.rollback().await.map_err(Error::from)?;
        outcome
    }

    /// Runs `work` in one transaction that no other process runs at the same time on this database, however long it
    /// takes: for migrations. Who comes second waits, and sees what the first has done.
    pub async fn alone<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&DatabaseTransaction) -> Result<T, E>,
        E: From<Error>,
    {
        let tx = self.begin(immediate()).await?;
        if self.writer.is_none() {
            tx.execute_unprepared(ALONE).await.map_err(Error::from)?;
        }
        match work(&tx).await {
            Ok(value) => {
                tx.commit().await.map_err(Error::from_commit)?;
                Ok(value)
            }
            Err(error) => {
                tx.rollback().await.map_err(Error::from)?;
                Err(error)
            }
        }
    }

    async fn attempt<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&Tx) -> Result<T, E>,
        E: From<Error>,
    {
        let _turn = match &self.writer {
            Some(writer) => Some(
                tokio::time::timeout(DEADLINE, writer.acquire())
                    .await
                    .map_err(|_elapsed| Error::Timeout)?
                    .map_err(|_closed| Error::Timeout)?,
            ),
            None => None,
        };
        let transaction = async {
            let tx = Tx {
                inner: self.begin(immediate()).await?,
                clock: Arc::clone(&self.clock),
                ids: self.ids.clone(),
                wakes_workers: AtomicBool::new(false),
            };
            let done = work(&tx).await;
            match done {
                Ok(value) => {
                    tx.inner.commit().await.map_err(Error::from_commit)?;
                    if tx.wakes_workers.load(Ordering::Relaxed) {
                        self.committed.notify_waiters();
                    }
                    Ok(value)
                }
                Err(error) => {
                    // A rollback that fails drops the connection, which rolls back as well.
                    if let Err(failed) = tx.inner.rollback().await {
                        tracing::debug!(%failed, "rollback failed");
                    }
                    Err(error)
                }
            }
        };
        tokio::time::timeout(DEADLINE, transaction)
            .await
            .map_err(|_elapsed| Error::Timeout)?
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that begins a transaction")]
    async fn begin(&self, options: TransactionOptions) -> Result<DatabaseTransaction, Error> {
        Ok(self.conn.begin_with_options(options).await?)
    }
}

/// `BEGIN IMMEDIATE` on SQLite; PostgreSQL ignores it and is READ COMMITTED.
fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// Waits a random time that grows with the attempts, so that rivals do not meet again.
#[expect(
    clippy::disallowed_methods,
    reason = "the pause between two attempts decides nothing that is stored"
)]
async fn pause(attempt: u32) {
    let longest = 10u64.saturating_mul(1 << attempt.min(5));
    let millis = rand::rng().random_range(1..=longest);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
