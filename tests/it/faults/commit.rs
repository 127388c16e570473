//! The connection to PostgreSQL breaks at a COMMIT: before it arrives, or after it took effect and before that is told.

use std::sync::Arc;
use std::time::Duration;

use db::Db;
use serde_json::Value;
use support::Kind;
use support::market::key_of;
use support::postgres::postgres_url;
use support::process::{Door, Site, eventually};
use support::proxy::{Fault, Proxy};

use super::PROGRAM;
use super::instances::number;
use super::storm::Storm;
use super::town::{PRICE, Town};

/// How often a key stands for an effect in the database: never or once.
async fn effects(db: &Db, key: &str) -> i64 {
    let sql = "SELECT count(*) AS n FROM idempotency_key WHERE key = ";
    number(db, &format!("{sql}'{}'", key_of(key))).await
}

/// Sends a booking until its outcome is known, which takes no longer than the service takes to heal.
async fn outcome(town: &Town, key: &str) -> Value {
    let mut booking = Value::Null;
    eventually(Duration::from_secs(10), "the outcome is known", async || {
        let answer = town.book(0, key).await.expect("an answer");
        if answer.error_code() == Some("UNAVAILABLE") {
            return false;
        }
        booking = answer.ok().data("/bookOffer/booking").clone();
        true
    })
    .await;
    booking
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_booking_whose_commit_was_cut_off_is_made_once() {
    if postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let proxy = Proxy::before(&site);
    // Nobody else commits.
    let instance = proxy.serve(&site, &["--no-worker"]).await;
    let town = Town::open(&Door::to(&instance)).await;
    let db = site.db().await;
    for (fault, known, effect) in [
        (Fault::CommitLost, false, 0),
        // The key tells what the connection could not.
        (Fault::ConfirmationLost, true, 1),
        (Fault::ConfirmationLostThenRefused, false, 1),
    ] {
        let key = format!("{fault:?}");
        let cuts = proxy.cuts();
        proxy.set(fault);
        let first = town.book(0, &key).await.expect("an answer");
        assert_eq!(proxy.cuts(), cuts + 1, "{key}");
        assert_eq!(effects(&db, &key).await, effect, "{key}");
        let told = (first.status.as_u16(), first.error_code());
        let expected = if known { (200, None) } else { (503, Some("UNAVAILABLE")) };
        assert_eq!(told, expected, "{key}: {first:?}");

        proxy.set(Fault::Nothing);
        let booking = outcome(&town, &key).await;
        assert!(booking["id"].is_string(), "{key}: {booking}");
        if known {
            assert_eq!(*first.data("/bookOffer/booking"), booking, "{key}");
        }
        assert_eq!(outcome(&town, &key).await, booking, "{key}");
    }
    assert_eq!(town.spent().await, 3 * PRICE);
    db.close().await.expect("nobody else uses the pool");
    assert!(instance.stop().await.success());
    site.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_cut_off_in_a_storm_are_made_once() {
    if postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let proxy = Proxy::before(&site);
    let instance = proxy.serve(&site, &[]).await;
    let town = Arc::new(Town::open(&Door::to(&instance)).await);
    let storm = Storm::begin(&town, 10);
    for (fault, cuts) in [
        (Fault::CommitLost, 4),
        (Fault::ConfirmationLost, 4),
        (Fault::ConfirmationLostThenRefused, 1),
    ] {
        storm.goes_on().await;
        proxy.cut(fault, cuts).await;
    }
    storm.goes_on().await;
    let aftermath = storm.end().await;
    // A broken connection to the database is no broken connection to the client.
    let lost: Vec<_> = aftermath
        .failures
        .iter()
        .filter(|failure| failure.status != Some(503))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(!aftermath.failures.is_empty(), "the fault was noticed");
    assert!(instance.stop().await.success());
    site.finish().await;
}
