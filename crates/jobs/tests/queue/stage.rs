//! What the tests share: two instances on one database, and handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use db::{Db, Settings, Tx};
use jobs::{Job, JobError, Registry, Worker, WorkerSettings};
use kernel::{Ids, MockClock, PageRequest};
use sea_orm::{ConnectionTrait, Database};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Two instances on one database and one clock.
pub(crate) struct Stage {
    pub(crate) one: Db,
    pub(crate) two: Db,
    pub(crate) clock: MockClock,
    _folder: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "the one setting of these tests")]
async fn url(folder: &TempDir) -> String {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        return format!("sqlite://{}/test.db", folder.path().display());
    };
    let name = folder
        .path()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .replace('.', "jobs_");
    let admin = Database::connect(&server).await.unwrap();
    let create = format!("CREATE DATABASE \"{name}\"");
    admin.execute_unprepared(&create).await.unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    format!("{start}/{name}")
}

pub(crate) async fn stage() -> Stage {
    let folder = TempDir::new().unwrap();
    let clock = MockClock::at("2026-03-02T10:00:00Z".parse().unwrap());
    let settings = Settings {
        url: url(&folder).await,
        max_connections: 4,
        synchronous: db::Synchronous::Normal,
    };
    let connect = async |seed| {
        let ids = Ids::seeded(Arc::new(clock.clone()), seed);
        Db::connect(&settings, Arc::new(clock.clone()), ids).await.unwrap()
    };
    let (one, two) = (connect(1).await, connect(2).await);
    migrations::Migrator::up(one.read(), None).await.unwrap();
    Stage {
        one,
        two,
        clock,
        _folder: folder,
    }
}

pub(crate) fn settings() -> WorkerSettings {
    WorkerSettings {
        workers: 2,
        poll: Duration::from_millis(20),
        lease: Duration::from_mins(1),
    }
}

pub(crate) fn worker(db: &Db, registry: Registry) -> Worker {
    Worker::new(db.clone(), registry, settings())
}

pub(crate) async fn enqueue(db: &Db, job: impl Fn() -> Job + Clone) {
    db.write(async |tx: &Tx| jobs::enqueue(tx, job()).await).await.unwrap();
}

pub(crate) async fn left(db: &Db) -> Vec<jobs::Model> {
    let page = PageRequest {
        first: 100,
        after: None,
    };
    jobs::list(db.read(), page).await.unwrap().items
}

/// A handler that counts how often it was called.
pub(crate) fn counting(kind: &str) -> (Registry, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let mut registry = Registry::new();
    let seen = Arc::clone(&count);
    let handler = move |_: serde_json::Value| {
        seen.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(()))
    };
    registry.on(kind, handler).unwrap();
    (registry, count)
}

/// A handler that always fails.
pub(crate) fn failing(error: fn() -> JobError) -> Registry {
    let mut registry = Registry::new();
    registry
        .on("deed", move |(): ()| std::future::ready(Err(error())))
        .unwrap();
    registry
}

/// A handler that tells when it has begun and never ends by itself.
pub(crate) fn stuck() -> (Registry, oneshot::Receiver<()>) {
    let (begun, has_begun) = oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let mut registry = Registry::new();
    registry
        .on("deed", move |(): ()| {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            std::future::pending()
        })
        .unwrap();
    (registry, has_begun)
}

pub(crate) async fn enqueue_many(db: &Db, count: usize) {
    db.write(async |tx: &Tx| -> Result<(), db::Error> {
        for number in 0..count {
            jobs::enqueue(tx, Job::new("deed", &number)).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
}
