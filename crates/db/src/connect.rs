use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{Connection, Executor};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};
use serde::Deserialize;

use crate::error::Error;

/// How hard SQLite pushes a commit to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// A commit survives a crash of the process, perhaps not a power failure.
    #[default]
    Normal,
    /// A commit survives a power failure; for production on SQLite.
    Full,
}

/// Where the database is and how many connections to keep.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// The most connections of the pool.
    pub max_connections: u32,
    /// SQLite only.
    pub synchronous: Synchronous,
}

/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn connect(settings: &Settings) -> Result<DatabaseConnection, Error> {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(settings.max_connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(Duration::from_mins(30))
        .test_before_acquire_if_idle_for(Duration::from_secs(10))
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    if DbBackend::Sqlite.is_prefix_of(&settings.url) {
        sqlite(&mut options, settings.synchronous);
    } else {
        postgres(&mut options);
    }
    Ok(Database::connect(options).await?)
}

fn sqlite(options: &mut ConnectOptions, synchronous: Synchronous) {
    options
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(Duration::from_secs(10))
                .synchronous(match synchronous {
                    Synchronous::Normal => SqliteSynchronous::Normal,
                    Synchronous::Full => SqliteSynchronous::Full,
                })
        })
        // A COMMIT that failed twice leaves the connection inside its transaction; whoever got it next would see his
        // commits acknowledged and lost. Such a connection is closed, which rolls back.
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        });
}

fn postgres(options: &mut ConnectOptions) {
    options
        .set_application_name("palvelutori")
        .map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move {
                    // Nothing waits for ever: not for a lock, not in a statement, not inside a forgotten transaction.
                    connection
                        .execute(
                            "SET lock_timeout = '5s'; SET statement_timeout = '10s'; \
                         SET idle_in_transaction_session_timeout = '20s'",
                        )
                        .await?;
                    Ok(())
                })
            })
        });
}
