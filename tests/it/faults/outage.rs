//! PostgreSQL restarts, stands still, is slow, refuses or has no connection left while people book.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database};
use support::Kind;
use support::postgres::{self, Cluster};
use support::process::{Door, Signal, Site, eventually, signal};
use support::proxy::{Fault, Proxy};
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

/// While the database does not answer, the service says that it is not ready, lives, and keeps nobody waiting for ever.
async fn told(door: &Door, storm: &Storm) {
    let begun = Instant::now();
    assert_eq!(door.status("/health/ready").await, Some(503));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(door.status("/health/live").await, Some(204));
    storm.failed(1).await;
    assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
}

/// Once the database answers again, so does the service, by itself.
async fn healed(door: &Door, storm: &Storm) {
    eventually(Duration::from_secs(10), "it is ready again", async || {
        door.status("/health/ready").await == Some(204)
    })
    .await;
    storm.goes_on().await;
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
    told(&door, &storm).await;
    drop(stopped);

    healed(&door, &storm).await;
    told_in_time(&storm.end().await);
    assert!(instance.stop().await.success());
    site.finish().await;
    cluster.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_slow_is_waited_for_and_one_that_refuses_is_not() {
    if postgres::postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let proxy = Proxy::before(&site);
    let instance = proxy.serve(&site, &[]).await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);

    // A booking then takes about a second, and all of them wait for the places of one occurrence.
    proxy.set(Fault::Slow(Duration::from_millis(50)));
    assert_eq!(door.status("/health/ready").await, Some(204));
    let aftermath = Storm::begin(&town, 1).end().await;
    assert!(aftermath.failures.is_empty(), "{:?}", aftermath.failures);

    proxy.set(Fault::Nothing);
    // Its clients begin with the keys of the one before and are answered with its bookings.
    let storm = Storm::begin(&town, 10);
    storm.acknowledged(20).await;
    proxy.set(Fault::Refused);
    told(&door, &storm).await;
    proxy.set(Fault::Nothing);

    healed(&door, &storm).await;
    told_in_time(&storm.end().await);
    assert!(instance.stop().await.success());
    site.finish().await;
}

/// The role of the program in a cluster of ours; unlike the superuser it can run out of connections.
const ROLE: &str = "palvelutori";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_free_connections_is_told_and_survived() {
    let Some(cluster) = cluster().await else { return };
    let server = Database::connect(cluster.url()).await.expect("the server answers");
    let administer = async |statement: String| {
        let done = server.execute_unprepared(&statement).await;
        done.expect("it is the superuser");
    };
    administer(format!("CREATE ROLE {ROLE} LOGIN CREATEDB")).await;
    let site = Site::on_server(PROGRAM, &cluster.url().replace("postgres@", &format!("{ROLE}@"))).await;
    let instance = site.serve().await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);
    let storm = Storm::begin(&town, 10);
    storm.acknowledged(20).await;

    administer(format!("ALTER ROLE {ROLE} CONNECTION LIMIT 0")).await;
    administer(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'"
    ))
    .await;
    told(&door, &storm).await;
    administer(format!("ALTER ROLE {ROLE} CONNECTION LIMIT -1")).await;

    healed(&door, &storm).await;
    told_in_time(&storm.end().await);
    assert!(instance.stop().await.success());
    server.close().await.expect("nobody else uses the connection");
    site.finish().await;
    cluster.stop();
}
