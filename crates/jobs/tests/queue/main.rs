//! The queue against a real database: a temporary SQLite file, or a fresh database of the PostgreSQL server that
//! `TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

mod stage;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use jobs::{Event, Job, JobError, Plan, Registry, RegistryError, State, Worker, WorkerSettings};
use kernel::{JobId, PageRequest};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use stage::{counting, enqueue, enqueue_many, failing, left, settings, stage, stuck, worker};

#[tokio::test]
async fn a_job_runs_once_and_is_gone() {
    let stage = stage().await;
    let (registry, count) = counting("deed");
    let worker = worker(&stage.one, registry);
    enqueue(&stage.one, || Job::new("deed", &"payload")).await;
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    assert_eq!(worker.run_until_idle().await.unwrap(), 0);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(left(&stage.one).await, []);
}

#[tokio::test]
async fn a_key_keeps_a_deed_single_until_it_is_done() {
    let stage = stage().await;
    let (registry, count) = counting("deed");
    let worker = worker(&stage.one, registry);
    let job = || Job::new("deed", &()).key("same");
    tokio::join!(enqueue(&stage.one, job), enqueue(&stage.two, job));
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    enqueue(&stage.one, job).await;
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_job_waits_for_its_time() {
    let stage = stage().await;
    let (registry, count) = counting("deed");
    let worker = worker(&stage.one, registry);
    let at: DateTime<Utc> = "2026-03-02T10:00:00.5Z".parse().unwrap();
    enqueue(&stage.one, || Job::new("deed", &()).at(at)).await;
    assert_eq!(worker.run_until_idle().await.unwrap(), 0);
    stage.clock.advance(TimeDelta::milliseconds(500));
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_of_two_instances_do_each_job_once() {
    let stage = stage().await;
    enqueue_many(&stage.one, 40).await;
    let (first, one) = counting("deed");
    let (second, two) = counting("deed");
    let (first, second) = (worker(&stage.one, first), worker(&stage.two, second));
    let begun = tokio::join!(
        first.run_until_idle(),
        first.run_until_idle(),
        second.run_until_idle(),
        second.run_until_idle(),
    );
    let begun = [begun.0, begun.1, begun.2, begun.3].map(Result::unwrap);
    assert_eq!(begun.iter().sum::<usize>(), 40);
    assert_eq!(one.load(Ordering::SeqCst) + two.load(Ordering::SeqCst), 40);
    assert_eq!(left(&stage.one).await, []);
}

#[tokio::test]
async fn a_job_of_a_dead_worker_runs_again_after_its_lease() {
    let stage = stage().await;
    enqueue(&stage.one, || Job::new("deed", &())).await;
    let (registry, has_begun) = stuck();
    let dying = worker(&stage.one, registry);
    tokio::select! {
        _ = dying.run_until_idle() => unreachable!("the handler never ends"),
        begun = has_begun => begun.unwrap(),
    }
    let (registry, count) = counting("deed");
    let heir = worker(&stage.two, registry);
    assert_eq!(heir.run_until_idle().await.unwrap(), 0);
    stage.clock.advance(TimeDelta::seconds(59));
    assert_eq!(heir.run_until_idle().await.unwrap(), 0);
    stage.clock.advance(TimeDelta::seconds(1));
    assert_eq!(heir.run_until_idle().await.unwrap(), 1);
    assert_eq!(count.load(Ordering::SeqCst), 1);
    assert_eq!(left(&stage.one).await, []);
}

#[tokio::test]
async fn a_worker_whose_lease_ran_out_records_nothing() {
    let stage = stage().await;
    enqueue(&stage.one, || Job::new("deed", &())).await;
    let (begun, has_begun) = oneshot::channel::<()>();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let once = std::sync::Mutex::new(Some((begun, may_go_on)));
    let mut registry = Registry::new();
    registry
        .on("deed", move |(): ()| {
            let (begun, may_go_on) = once.lock().unwrap().take().unwrap();
            async move {
                begun.send(()).unwrap();
                may_go_on.await?;
                Ok(())
            }
        })
        .unwrap();
    let slow = worker(&stage.one, registry);
    let slow = tokio::spawn(async move { slow.run_until_idle().await.unwrap() });
    has_begun.await.unwrap();

    stage.clock.advance(TimeDelta::minutes(1));
    let heir = worker(&stage.two, failing(|| JobError::temporary("not yet")));
    assert_eq!(heir.run_until_idle().await.unwrap(), 1);
    go_on.send(()).unwrap();
    assert_eq!(slow.await.unwrap(), 1);

    let left = left(&stage.one).await;
    assert_eq!((left[0].state, left[0].attempts), (State::Waiting, 2));
    assert_eq!(left[0].last_error.as_deref(), Some("not yet"));
}

#[tokio::test]
async fn a_living_worker_keeps_its_lease() {
    let stage = stage().await;
    enqueue(&stage.one, || Job::new("deed", &())).await;
    let (registry, has_begun) = stuck();
    let slow = Worker::new(
        stage.one.clone(),
        registry,
        WorkerSettings {
            lease: Duration::from_millis(3),
            ..settings()
        },
    );
    let slow = tokio::spawn(async move { slow.run_until_idle().await });
    has_begun.await.unwrap();
    let before = left(&stage.one).await[0].due_at;
    stage.clock.advance(TimeDelta::days(1));
    let renewed = async {
        while left(&stage.two).await[0].due_at == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewed).await.unwrap();
    let (registry, count) = counting("deed");
    assert_eq!(worker(&stage.two, registry).run_until_idle().await.unwrap(), 0);
    assert_eq!(count.load(Ordering::SeqCst), 0);
    slow.abort();
}

#[tokio::test]
async fn a_clock_that_is_set_back_puts_no_job_off() {
    let stage = stage().await;
    stage.clock.advance(TimeDelta::days(1));
    enqueue(&stage.one, || Job::new("deed", &"failed")).await;
    let mut registry = Registry::new();
    let fail = |_: String| std::future::ready(Err(JobError::temporary("not yet")));
    registry.on("deed", fail).unwrap();
    assert_eq!(worker(&stage.one, registry).run_until_idle().await.unwrap(), 1);
    enqueue(&stage.one, || Job::new("deed", &"prompt")).await;
    let at = "2026-03-03T11:00:00Z".parse().unwrap();
    enqueue(&stage.one, || Job::new("deed", &"planned").at(at)).await;

    stage.clock.advance(TimeDelta::days(-1));
    let (registry, count) = counting("deed");
    assert_eq!(worker(&stage.one, registry).run_until_idle().await.unwrap(), 2);
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert_eq!(left(&stage.one).await[0].payload, "planned");
}

#[tokio::test]
async fn a_poison_job_is_parked_and_can_be_let_go() {
    let stage = stage().await;
    enqueue(&stage.one, || Job::new("deed", &())).await;
    let poisoned = worker(&stage.one, failing(|| panic!("poison")));
    for attempt in 1..=12 {
        assert_eq!(poisoned.run_until_idle().await.unwrap(), 1, "{attempt}");
        assert_eq!(poisoned.run_until_idle().await.unwrap(), 0, "{attempt}");
        stage.clock.advance(TimeDelta::hours(1));
    }
    let page = PageRequest { first: 10, after: None };
    let parked = jobs::dead(stage.one.read(), page).await.unwrap().items;
    assert_eq!(parked.len(), 1);
    assert_eq!(
        (parked[0].state, parked[0].attempts, parked[0].due_at),
        (State::Dead, 12, None)
    );
    assert_eq!(parked[0].last_error.as_deref(), Some("the handler panicked: poison"));
    assert_eq!(poisoned.run_until_idle().await.unwrap(), 0);

    let retry = async |id: JobId| {
        let freed = stage.one.write(async |tx: &Tx| jobs::retry(tx, id).await).await;
        freed.unwrap()
    };
    assert!(retry(parked[0].id).await);
    assert!(!retry(parked[0].id).await);
    let (registry, count) = counting("deed");
    assert_eq!(worker(&stage.one, registry).run_until_idle().await.unwrap(), 1);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_job_that_kills_its_worker_is_parked_as_well() {
    let stage = stage().await;
    enqueue(&stage.one, || Job::new("deed", &())).await;
    for _ in 0..12 {
        let (registry, has_begun) = stuck();
        let dying = worker(&stage.one, registry);
        tokio::select! {
            _ = dying.run_until_idle() => unreachable!("the handler never ends"),
            begun = has_begun => begun.unwrap(),
        }
        stage.clock.advance(TimeDelta::minutes(1));
    }
    let (registry, count) = counting("deed");
    worker(&stage.two, registry).run_until_idle().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0);
    assert_eq!(left(&stage.one).await[0].state, State::Dead);
}

#[tokio::test]
async fn permanent_failures_and_unknown_kinds_show() {
    let stage = stage().await;
    enqueue(&stage.one, || Job::new("deed", &())).await;
    let long = "\u{0}ä".repeat(400);
    let mut registry = failing(|| JobError::permanent("\u{0}ä".repeat(400)));
    registry.on("typed", |_: u64| std::future::ready(Ok(()))).unwrap();
    enqueue(&stage.one, || Job::new("unknown", &())).await;
    enqueue(&stage.one, || Job::new("typed", &"no number")).await;
    assert_eq!(worker(&stage.one, registry).run_until_idle().await.unwrap(), 3);
    let mut left = left(&stage.one).await;
    left.sort_by(|a, b| a.kind.cmp(&b.kind));
    let states: Vec<_> = left.iter().map(|job| (job.kind.as_str(), job.state)).collect();
    assert_eq!(
        states,
        [
            ("deed", State::Dead),
            ("typed", State::Dead),
            ("unknown", State::Waiting)
        ]
    );
    let kept = left[0].last_error.as_deref().unwrap();
    assert_eq!(kept, long.replace('\u{0}', " ").chars().take(500).collect::<String>());
}

#[derive(Serialize, Deserialize)]
struct Happened {
    what: String,
}

impl Event for Happened {
    const KIND: &'static str = "it.happened";
}

#[tokio::test]
async fn each_listener_of_an_event_is_retried_alone() {
    let stage = stage().await;
    let heard = Arc::new(AtomicUsize::new(0));
    let tries = Arc::new(AtomicUsize::new(0));
    let mut registry = Registry::new();
    let count = Arc::clone(&heard);
    registry
        .on_event("good", move |event: Happened| {
            count.fetch_add(event.what.len(), Ordering::SeqCst);
            std::future::ready(Ok(()))
        })
        .unwrap();
    let count = Arc::clone(&tries);
    registry
        .on_event("moody", move |_: Happened| {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            let mood = if first {
                Err(JobError::temporary("moody"))
            } else {
                Ok(())
            };
            std::future::ready(mood)
        })
        .unwrap();
    let event = Happened { what: "abc".into() };
    let published = stage.one.write(async |tx: &Tx| jobs::publish(tx, &event).await).await;
    published.unwrap();
    let worker = worker(&stage.one, registry);
    assert_eq!(worker.run_until_idle().await.unwrap(), 3);
    stage.clock.advance(TimeDelta::seconds(10));
    assert_eq!(worker.run_until_idle().await.unwrap(), 1);
    assert_eq!(heard.load(Ordering::SeqCst), 3);
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    assert_eq!(left(&stage.one).await, []);
}

#[test]
fn a_second_handler_is_refused() {
    let (mut registry, _) = counting("deed");
    let done = |(): ()| std::future::ready(Ok(()));
    let taken = Err(RegistryError::AlreadyHandled("deed".into()));
    assert_eq!(registry.on("deed", done), taken);
    let hear = |_: Happened| std::future::ready(Ok(()));
    registry.on_event("listener", hear).unwrap();
    assert!(registry.on_event("listener", hear).is_err());
    assert!(registry.on(Happened::KIND, done).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_keep_a_plan_once() {
    let stage = stage().await;
    let planned = |registry: Registry| {
        let mut registry = registry;
        registry.schedule("deed", Plan::Daily { hour: 3, minute: 0 }).unwrap();
        registry
    };
    let (first, one) = counting("deed");
    let (second, two) = counting("deed");
    let first = worker(&stage.one, planned(first));
    let second = worker(&stage.two, planned(second));
    let both = async || {
        let begun = tokio::join!(first.run_until_idle(), second.run_until_idle());
        begun.0.unwrap() + begun.1.unwrap()
    };
    assert_eq!(both().await, 0, "a plan begins with its next instant");
    for day in 1..=5 {
        stage.clock.advance(TimeDelta::days(1));
        assert_eq!(both().await, 1, "{day}");
        assert_eq!(both().await, 0, "{day}");
    }
    stage.clock.advance(TimeDelta::days(30));
    assert_eq!(both().await, 1, "what was missed is made up for once");
    stage.clock.advance(TimeDelta::days(-1));
    assert_eq!(both().await, 1, "a clock that was set back does not stop a plan");
    assert_eq!(one.load(Ordering::SeqCst) + two.load(Ordering::SeqCst), 7);
    assert_eq!(left(&stage.one).await, []);
}

#[tokio::test]
async fn shutdown_finishes_the_job_in_hand() {
    let stage = stage().await;
    let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
    let done = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&done);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let mut registry = Registry::new();
    registry
        .on("deed", move |(): ()| {
            begun.send(()).unwrap();
            let (gate, count) = (Arc::clone(&opened), Arc::clone(&count));
            async move {
                gate.acquire().await?.forget();
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        })
        .unwrap();
    let running = Worker::new(
        stage.one.clone(),
        registry,
        WorkerSettings {
            poll: Duration::from_hours(1),
            ..settings()
        },
    );
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        running
            .run(async {
                stopped.await.unwrap();
            })
            .await;
    });
    // The poll is an hour away: only the commit can wake the worker.
    enqueue(&stage.one, || Job::new("deed", &())).await;
    has_begun.recv().await.unwrap();
    stop.send(()).unwrap();
    tokio::task::yield_now().await;
    gate.add_permits(1);
    running.await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    assert_eq!(left(&stage.one).await, []);
}
