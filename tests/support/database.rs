//! A database for each test: a copy of one that was migrated once for the whole process.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use db::{Db, Settings, Synchronous};
use jobs::{Worker, WorkerSettings};
use sea_orm::{ConnectionTrait, Database};
use sea_orm_migration::MigratorTrait;
use tokio::sync::OnceCell;

use crate::app::Parts;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file in the folder of the test.
    Sqlite,
    /// A database on the server of [`crate::postgres::postgres_url`].
    Postgres,
}

/// The settings of a pool on `url`.
pub(crate) fn settings(url: String) -> Settings {
    Settings {
        url,
        max_connections: 8,
        synchronous: Synchronous::Normal,
    }
}

/// The URL of a new database with the newest schema.
pub(crate) async fn create(kind: Kind, folder: &Path) -> String {
    match kind {
        Kind::Sqlite => {
            static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
            let template = TEMPLATE.get_or_init(sqlite_template).await;
            let file = folder.join("test.db");
            std::fs::write(&file, template).expect("the folder of the test can be written");
            format!("sqlite://{}", file.display())
        }
        Kind::Postgres => {
            static TEMPLATE: OnceCell<String> = OnceCell::const_new();
            let template = TEMPLATE.get_or_init(postgres_template).await;
            let name = postgres_name();
            on_server(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
            postgres_url(&name)
        }
    }
}

/// Removes the database of a test that has closed its pool; an SQLite file goes with its folder.
pub(crate) async fn drop_postgres(url: &str) {
    let (_, name) = url.rsplit_once('/').expect("made by `create`");
    on_server(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn sqlite_template() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("template.db");
    migrate(&format!("sqlite://{}", file.display())).await;
    std::fs::read(&file).expect("closing the last connection has merged the log into the file")
}

async fn postgres_template() -> String {
    let name = postgres_name();
    on_server(&format!("CREATE DATABASE {name}")).await;
    migrate(&postgres_url(&name)).await;
    name
}

/// Brings a database to the newest schema and lets the plans of the scheduled jobs begin.
async fn migrate(url: &str) {
    let parts = Parts::new();
    let db = parts.connect(settings(url.to_owned())).await;
    migrations::Migrator::up(db.read(), None)
        .await
        .expect("the migrations run");
    let (_, worker, _) = parts.wire(db.clone());
    worker.run_until_idle().await.expect("the schedule can be kept");
    drop(worker);
    db.close().await.expect("nobody else uses the pool");
}

/// The worker of a test, which never works by itself.
pub(crate) fn worker(db: Db, registry: jobs::Registry) -> Worker {
    let settings = WorkerSettings {
        workers: 1,
        poll: std::time::Duration::from_secs(1),
        lease: std::time::Duration::from_mins(1),
    };
    Worker::new(db, registry, settings)
}

/// A name that no other test and no other process uses.
pub(crate) fn postgres_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("palvelutori_{}_{number}", std::process::id())
}

fn server() -> &'static str {
    crate::postgres::postgres_url().expect("asked only where there is a PostgreSQL")
}

fn postgres_url(name: &str) -> String {
    let (start, _) = server().rsplit_once('/').expect("its last segment is a database");
    format!("{start}/{name}")
}

async fn on_server(statement: &str) {
    let server = Database::connect(server()).await.expect("the server answers");
    server
        .execute_unprepared(statement)
        .await
        .expect("the role may create databases");
    server.close().await.expect("nobody else uses the connection");
}
