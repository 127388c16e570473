//! Several processes on one PostgreSQL.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use db::Db;
use futures_util::future::join_all;
use kernel::PageRequest;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use support::Kind;
use support::postgres::postgres_url;
use support::process::{Caller, Door, Instance, Signal, Site, eventually};

use super::PROGRAM;
use super::storm::Storm;
use super::town::{PRICE, Town};

/// What a statement that answers one number `n` answers.
pub(super) async fn number(db: &Db, sql: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = db.read().query_one_raw(statement).await.expect("it can be asked");
    row.expect("one row").try_get("", "n").expect("a number")
}

/// Returns when nothing waits to be done, apart from what the schedule has planned for later.
async fn idle(db: &Db) {
    let everything = PageRequest {
        first: 100,
        after: None,
    };
    eventually(Duration::from_mins(1), "every job is done", async || {
        let jobs = jobs::list(db.read(), everything).await.expect("the queue can be read");
        jobs.items.is_empty()
    })
    .await;
}

/// How often each mail lies in the folder, by its Message-ID.
fn mails(site: &Site) -> BTreeMap<String, usize> {
    let mut mails = BTreeMap::new();
    let folder = fs::read_dir(site.folder().join("var/mail")).expect("mails were sent");
    for file in folder.flatten() {
        let text = fs::read_to_string(file.path()).expect("a mail is text");
        let id = text.lines().find(|line| line.starts_with("Message-ID:"));
        *mails.entry(id.expect("each mail has one").to_owned()).or_default() += 1;
    }
    mails
}

/// Each mail of the outbox has left once.
async fn each_mail_left_once(site: &Site, db: &Db, at_least: i64) {
    let written = number(db, "SELECT count(*) AS n FROM mail").await;
    assert!(written >= at_least, "{written} mails");
    let mails = mails(site);
    assert_eq!(i64::try_from(mails.len()).expect("few"), written);
    assert!(mails.values().all(|times| *times == 1), "{mails:?}");
    let repeated = number(db, "SELECT count(*) AS n FROM mail WHERE sent_at IS NULL").await;
    assert_eq!(repeated, 0, "mails that have not left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_spends_of_one_voucher_end_with_an_empty_one() {
    if postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let (first, second) = (site.serve().await, site.serve().await);
    let (here, there) = (Door::to(&first), Door::to(&second));
    let town = Town::open(&here).await;
    // The voucher is worth a whole number of bookings of ten places.
    let resident = &town.residents[0];
    let possible = usize::try_from(resident.granted / (PRICE * 10)).expect("not negative");
    let elsewhere = Caller::signed_in(&there, "aino@example.org").await;
    let watching = async {
        let mut least = i64::MAX;
        for _ in 0..20 {
            least = least.min(resident.available().await);
        }
        least
    };
    let spends = join_all((0..possible + 24).map(|number| {
        let caller = if number % 2 == 0 { &resident.caller } else { &elsewhere };
        let town = &town;
        async move { town.book_units(caller, 10, &format!("parallel-{number}")).await }
    }));
    let (answers, least) = tokio::join!(spends, watching);
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
    assert_eq!(won, possible);
    for lost in answers.iter().filter(|answer| !answer.user_errors().is_empty()) {
        assert_eq!(lost.user_errors(), ["INSUFFICIENT_BALANCE"]);
    }
    assert_eq!(resident.available().await, 0);
    assert!(least >= 0, "a balance of {least} was seen");

    // A definite refusal keeps no key, an acknowledged request keeps its answer, on either instance.
    let again = town.book_units(&elsewhere, 10, "parallel-0").await.expect("an answer");
    let known = answers[0].user_errors().is_empty();
    assert_eq!(again.user_errors().is_empty(), known);
    assert_eq!(again.data("/bookOffer/booking"), answers[0].data("/bookOffer/booking"));
    for instance in [first, second] {
        assert!(instance.stop().await.success());
    }
    site.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_in_parallel_books_once() {
    if postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let (first, second) = (site.serve().await, site.serve().await);
    let (here, there) = (Door::to(&first), Door::to(&second));
    let town = Town::open(&here).await;
    let elsewhere = Caller::signed_in(&there, "aino@example.org").await;
    let answers = join_all((0..12).map(|number| {
        let caller = if number % 2 == 0 {
            &town.residents[0].caller
        } else {
            &elsewhere
        };
        town.book_units(caller, 1, "the-same-key")
    }))
    .await;
    let bookings: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.expect("an answer").ok().data("/bookOffer/booking").clone())
        .collect();
    assert!(bookings.iter().all(|booking| *booking == bookings[0]), "{bookings:?}");
    assert_eq!(town.spent().await, PRICE);
    let other = town.book_units(&elsewhere, 2, "the-same-key").await.expect("an answer");
    assert_eq!(other.user_errors(), ["KEY_REUSED"]);
    for instance in [first, second] {
        assert!(instance.stop().await.success());
    }
    site.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_send_each_mail_once() {
    if postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let instance = Instance::listening(site.command(&["serve", "--no-worker"])).await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);
    let workers = [(); 2].map(|()| Instance::working(site.command(&["worker"])));
    Storm::begin(&town, 10).end().await;
    let db = site.db().await;
    idle(&db).await;
    each_mail_left_once(&site, &db, 80).await;
    db.close().await.expect("nobody else uses the pool");
    for process in workers.into_iter().chain([instance]) {
        assert!(process.stop().await.success());
    }
    site.finish().await;
}

/// The lease lasts a minute; instead of waiting for it, the test ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_stands_still_is_replaced() {
    const IN_HAND: &str = "SELECT count(*) AS n FROM job WHERE state = 'RUNNING'";
    if postgres_url().is_none() {
        return;
    }
    let site = Site::new(PROGRAM, Kind::Postgres).await;
    let instance = Instance::listening(site.command(&["serve", "--no-worker"])).await;
    let door = Door::to(&instance);
    let town = Arc::new(Town::open(&door).await);
    let db = site.db().await;
    Storm::begin(&town, 10).end().await;
    let stuck = Instance::working(site.command(&["worker"]));
    eventually(
        Duration::from_mins(1),
        "it stands still with a job in hand",
        async || {
            stuck.signal(Signal::Stop);
            let caught = number(&db, IN_HAND).await > 0;
            if !caught {
                stuck.signal(Signal::Cont);
            }
            caught
        },
    )
    .await;
    db.read()
        .execute_unprepared("UPDATE job SET due_at = now() - interval '1 second' WHERE state = 'RUNNING'")
        .await
        .expect("leases can be ended");
    let other = Instance::working(site.command(&["worker"]));
    idle(&db).await;
    stuck.signal(Signal::Cont);
    for process in [stuck, other, instance] {
        assert!(process.stop().await.success());
    }
    each_mail_left_once(&site, &db, 80).await;
    db.close().await.expect("nobody else uses the pool");
    site.finish().await;
}
