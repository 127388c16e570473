//! The program ends in the middle of bookings: killed, or asked to stop.

use std::sync::Arc;
use std::time::Duration;

use support::process::{Door, Site};
use tokio::time::Instant;

use super::storm::Storm;
use super::town::Town;
use super::{PROGRAM, kinds};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_no_acknowledged_booking() {
    for kind in kinds() {
        let site = Site::new(PROGRAM, kind).await;
        let instance = site.serve().await;
        let door = Door::to(&instance);
        let town = Arc::new(Town::open(&door).await);
        let storm = Storm::begin(&town, 30);
        storm.acknowledged(40).await;
        instance.kill().await;
        storm.failed(1).await;
        let second = site.serve().await;
        door.lead_to(&second);
        storm.goes_on().await;
        storm.acknowledged(120).await;
        second.kill().await;
        let third = site.serve().await;
        door.lead_to(&third);
        storm.goes_on().await;
        storm.end().await;
        assert!(third.stop().await.success());
        site.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_to_stop_finishes_what_is_in_hand() {
    for kind in kinds() {
        let site = Site::new(PROGRAM, kind).await;
        let instance = site.serve().await;
        let door = Door::to(&instance);
        let town = Arc::new(Town::open(&door).await);
        let storm = Storm::begin(&town, 20);
        storm.acknowledged(40).await;
        let asked = Instant::now();
        let status = instance.stop().await;
        assert!(status.success(), "{status}");
        assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
        let next = site.serve().await;
        door.lead_to(&next);
        storm.goes_on().await;
        let aftermath = storm.end().await;
        // Whoever is in hand is answered; whoever comes later finds nobody.
        let answered: Vec<_> = aftermath
            .failures
            .iter()
            .filter(|failure| failure.code.is_some())
            .collect();
        assert!(answered.is_empty(), "{answered:?}");
        assert!(next.stop().await.success());
        site.finish().await;
    }
}
