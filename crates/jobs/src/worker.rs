use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use db::{Db, Error};
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::model::{MAX_ATTEMPTS, Model};
use crate::queue;
use crate::registry::{Handler, JobError, Registry, Route};
use crate::schedule;

/// How a process works on jobs.
#[derive(Clone, Copy, Debug)]
pub struct WorkerSettings {
    /// Jobs worked on at the same time.
    pub workers: usize,
    /// How often an idle worker looks for jobs that other processes enqueued or whose time has come.
    pub poll: Duration,
    /// For how long a worker has a job to itself. A living worker renews it, so it says how soon the jobs of a dead
    /// one run again; at most an hour.
    pub lease: Duration,
}

/// Takes jobs out of the queue and does them.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    registry: Arc<Registry>,
    settings: WorkerSettings,
}

impl Worker {
    /// A worker on the queue in `db`.
    pub fn new(db: Db, registry: Registry, settings: WorkerSettings) -> Self {
        Self {
            db,
            registry: Arc::new(registry),
            settings,
        }
    }

    /// Works until `shutdown` is ready, then finishes the jobs in hand. Dropped earlier, it leaves them to whoever
    /// comes after their lease.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for _ in 0..self.settings.workers {
            tasks.spawn(self.clone().work(stopped.clone()));
        }
        tasks.spawn(self.clone().watch_the_clock(stopped));
        shutdown.await;
        stop.send_replace(true);
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker ended unexpectedly");
            }
        }
    }

    /// Does everything that is due, one after the other, and answers how many jobs were begun; handing an event to
    /// its listeners counts as one. For tests and for commands that clear the queue.
    pub async fn run_until_idle(&self) -> Result<usize, Error> {
        self.keep_time().await?;
        let mut begun = 0;
        while self.do_next().await? {
            begun += 1;
        }
        Ok(begun)
    }

    async fn work(self, mut stopped: watch::Receiver<bool>) {
        let committed = self.db.committed();
        while !*stopped.borrow() {
            // Listens before it looks: a job committed in between is not overheard.
            let mut wake = std::pin::pin!(committed.notified());
            wake.as_mut().enable();
            match self.do_next().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the queue of jobs cannot be read or written"),
            }
            tokio::select! {
                () = wake => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                // An error means that `run` was dropped; this task ends with it.
                _ = stopped.changed() => {}
            }
        }
    }

    async fn watch_the_clock(self, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            if let Err(error) = self.keep_time().await {
                tracing::warn!(%error, "scheduled jobs cannot be enqueued");
            }
            tokio::select! {
                () = tokio::time::sleep(self.settings.poll) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    async fn keep_time(&self) -> Result<(), Error> {
        queue::wake_after_clock_change(&self.db).await?;
        schedule::enqueue_due(&self.db, &self.registry.schedules).await
    }

    /// Does one job. False when none is due.
    async fn do_next(&self) -> Result<bool, Error> {
        let Some(job) = queue::claim(&self.db, self.lease()).await? else {
            return Ok(false);
        };
        match self.registry.route(&job.kind) {
            // A job that takes its process down records no failure, so its tries are counted here.
            _ if job.attempts > MAX_ATTEMPTS => {
                let error = JobError::permanent("its worker disappeared at the last try");
                queue::fail(&self.db, &job, &error).await?;
            }
            None => {
                let error = JobError::temporary(format!("this version has no handler for {}", job.kind));
                queue::fail(&self.db, &job, &error).await?;
            }
            Some(Route::Listeners(listeners)) => queue::hand_out(&self.db, &job, listeners).await?,
            Some(Route::Handler(handler)) => self.handle(&job, handler).await?,
        }
        Ok(true)
    }

    async fn handle(&self, job: &Model, handler: &Handler) -> Result<(), Error> {
        let work = AssertUnwindSafe(async { handler(job.payload.clone()).await }).catch_unwind();
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = self.keep_lease(job) => {
                tracing::warn!(job = %job.id, kind = job.kind, "a job was lost to another worker");
                return Ok(());
            }
        };
        match outcome {
            Ok(Ok(())) => queue::finish(&self.db, job).await,
            Ok(Err(error)) => queue::fail(&self.db, job, &error).await,
            Err(panic) => queue::fail(&self.db, job, &JobError::temporary(said(panic.as_ref()))).await,
        }
    }

    /// Renews the lease of a job; returns when the job has gone to another worker.
    async fn keep_lease(&self, job: &Model) {
        let mut timer = tokio::time::interval((self.settings.lease / 3).max(Duration::from_millis(1)));
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        timer.tick().await;
        loop {
            timer.tick().await;
            match queue::extend(&self.db, job, self.lease()).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, job = %job.id, "a lease cannot be renewed"),
            }
        }
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.settings.lease).unwrap_or(TimeDelta::days(1))
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("no text"))
}
