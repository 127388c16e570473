//! PostgreSQL restarts or stands still while people book.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database};
use support::postgres::{self, Cluster};
use support::process::{Door, Signal, Site, eventually, signal};
use tokio::time::Instant;

use super::PROGRAM;
use super::storm::{Aftermath, Failure, Storm};
use super::town::Town;

/// Longer than any answer may take: the longest wait for the database, and a moment for a busy machine.
const BOUND: Duration = Duration::from_secs(22);

/// A PostgreSQL of its own, or none where none is installed; elsewhere others would lose theirs.
async fn cluster() -> Option<Cluster> {
    // Says or asserts what is missing.
    postgres::postgres_url()?;
    let cluster = postgres::programs().map(|programs| Cluster::start(&programs))?;
    let server = Database::connect(cluster.url()).await.expect("the server answers");
    // Other tests do without: a commit that was answered would be lost with the server.
    server
        .execute_unprepared("ALTER ROLE postgres SET synchronous_commit = on")
        .await
        .expect("it is the superuser");
    server.close().await.expect("nobody else uses the connection");
    Some(cluster)
}

/// Every failure was told as one that may be repeated, within the bound.
fn told_in_time(aftermath: &Aftermath) {
    assert!(!aftermath.failures.is_empty(), "the fault was noticed");
    let wrong = |failure: &&Failure| failure.code.is_none() || failure.status != Some(503) || failure.after > BOUND;
    let wrong: Vec<_> = aftermath.failures.iter().filter(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_database_is_survived() {
    let Some(cluster) = cluster().await else { return };
    let site = Site::on_server(PROGRAM, &cluster.url()).await;
    let instance = site.serve().await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);
    let storm = Storm::begin(&town, 40);
    for (reached, mode) in [(40, "fast"), (160, "immediate")] {
        storm.acknowledged(reached).await;
        cluster.restart(mode);
        storm.goes_on().await;
    }
    let aftermath = storm.end().await;
    let wrong: Vec<_> = aftermath
        .failures
        .iter()
        .filter(|failure| failure.code.is_none() || failure.after > BOUND)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(instance.stop().await.success());
    site.finish().await;
    cluster.stop();
}

/// The server of a cluster and its backends, standing still until dropped.
struct Stopped(Vec<u32>);

impl Stopped {
    fn stop(folder: &Path) -> Self {
        let pid = std::fs::read_to_string(folder.join("data/postmaster.pid")).expect("it is running");
        let server: u32 = pid
            .lines()
            .next()
            .and_then(|line| line.parse().ok())
            .expect("its first line");
        // Stands still first, so that it begins no further backend.
        signal(server, Signal::Stop);
        let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children"));
        let children = children.expect("the kernel says so");
        let backends = children
            .split_whitespace()
            .map(|pid| pid.parse().expect("a process id"));
        let stopped = Self(std::iter::once(server).chain(backends).collect());
        for process in stopped.0.iter().skip(1) {
            signal(*process, Signal::Stop);
        }
        stopped
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for process in &self.0 {
            signal(*process, Signal::Cont);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_stands_still_is_waited_for_with_a_bound() {
    let Some(cluster) = cluster().await else { return };
    let site = Site::on_server(PROGRAM, &cluster.url()).await;
    let instance = site.serve().await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);
    let storm = Storm::begin(&town, 20);
    storm.acknowledged(40).await;

    let stopped = Stopped::stop(cluster.folder());
    let begun = Instant::now();
    assert_eq!(door.status("/health/ready").await, Some(503));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(door.status("/health/live").await, Some(204));
    storm.failed(1).await;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
    drop(stopped);

    eventually(Duration::from_secs(10), "it is ready again", async || {
        door.status("/health/ready").await == Some(204)
    })
    .await;
    storm.goes_on().await;
    told_in_time(&storm.end().await);
    assert!(instance.stop().await.success());
    site.finish().await;
    cluster.stop();
}
