//! The disk takes no more while bookings are committed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use support::process::{Door, Instance, Site};
use support::{Kind, say, setting};

use super::PROGRAM;
use super::storm::Storm;
use super::town::Town;

/// How many tries fail before the fault ends; many of them fail inside COMMIT.
const FAILURES: usize = 60;

/// No file grows beyond a size: writes fail with EFBIG, in the middle of a transaction too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_cannot_be_written_are_not_acknowledged() {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let first = site.serve().await;
    let door = Door::to(&first);
    let town = Arc::new(Town::open(&door).await);
    assert!(first.stop().await.success());

    // The log of SQLite reaches this size, in blocks of 512 bytes, before it is written back at a thousand pages.
    let script = "trap '' XFSZ; ulimit -f 3000; exec \"$@\"";
    let full = Instance::listening(site.command_in_shell(script, &["serve"])).await;
    door.lead_to(&full);
    let storm = Storm::begin(&town, 100);
    storm.failed(FAILURES).await;
    // Orderly, so that it can write what it believes to have.
    full.stop().await;

    let roomy = site.serve().await;
    door.lead_to(&roomy);
    storm.goes_on().await;
    storm.end().await;
    assert!(roomy.stop().await.success());
    site.finish().await;
}

/// Writes until there is no room left.
fn fill(file: &Path) {
    let mut file = fs::File::create(file).expect("the folder can be written");
    let block = [7; 4096];
    while file.write_all(&block).is_ok() {}
}

/// The same on a disk that is really full, three times, without a restart in between. It needs a small disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing() {
    let Some(disk) = setting("SMALL_DISK") else {
        say("not run: a_full_disk_loses_nothing, SMALL_DISK names no disk; scripts/disk-full.sh makes one and runs it");
        return;
    };
    let folder = tempfile::tempdir_in(disk).expect("the disk can be written");
    let site = Site::in_folder(PROGRAM, folder).await;
    let instance = site.serve().await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);
    let storm = Storm::begin(&town, 100);
    let filler = site.folder().join("filler");
    for time in 1..=3 {
        storm.acknowledged(100 * time).await;
        fill(&filler);
        storm.failed(FAILURES * time).await;
        fs::remove_file(&filler).expect("it is there");
        storm.goes_on().await;
    }
    storm.acknowledged(500).await;
    instance.kill().await;
    let next = site.serve().await;
    door.lead_to(&next);
    storm.end().await;
    assert!(next.stop().await.success());
    site.finish().await;
}
