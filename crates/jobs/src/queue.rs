use chrono::{DateTime, TimeDelta, Utc};
use db::{Db, Error, Tx};
use kernel::{JobId, Page, PageRequest};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{Condition, ExprTrait, IntoActiveModel, QueryOrder, QuerySelect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{ActiveModel, Column, Entity, LONGEST_PAUSE, MAX_ATTEMPTS, Model, State, pause_after};
use crate::registry::JobError;
use crate::schedule::CLOCK_WAS_SET_BACK;

/// The longest error that is kept, in characters.
const LONGEST_ERROR: usize = 500;

/// What is to be done, and when.
#[derive(Debug)]
pub struct Job {
    kind: String,
    payload: serde_json::Result<Json>,
    key: Option<String>,
    at: Option<DateTime<Utc>>,
}

impl Job {
    /// A job for the handler of `kind`, to be done at once.
    pub fn new(kind: &'static str, payload: &impl Serialize) -> Self {
        Self {
            kind: kind.to_owned(),
            payload: serde_json::to_value(payload),
            key: None,
            at: None,
        }
    }

    /// Names the deed: while a job of this kind and key is not done, enqueuing it again changes nothing. A key fits
    /// what is done once, such as one mail; it does not fit "look again", which may come while the job is running.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Not before `at`.
    #[must_use]
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }
}

/// What a lower context tells higher ones. Each listener gets it in a job of its own.
pub trait Event: Serialize + DeserializeOwned + Send + 'static {
    /// Its stable name, such as `booking.cancelled`.
    const KIND: &'static str;
}

/// Writes a job in the transaction of what causes it; the workers of this process wake when that is committed.
///
/// # Errors
/// Those of the database, and [`Error::Damaged`] for a payload that is no JSON.
pub async fn enqueue(tx: &Tx, job: Job) -> Result<(), Error> {
    let now = tx.now();
    let row = ActiveModel {
        id: Set(tx.new_id()),
        kind: Set(job.kind),
        payload: Set(job.payload?),
        key: Set(job.key),
        state: Set(State::Waiting),
        due_at: Set(Some(job.at.unwrap_or(now))),
        attempts: Set(0),
        claim: Set(None),
        last_error: Set(None),
        created_at: Set(now),
    };
    let unless_there = OnConflict::columns([Column::Kind, Column::Key]).do_nothing().to_owned();
    Entity::insert(row)
        .on_conflict(unless_there)
        .exec_without_returning(tx.conn())
        .await?;
    tx.wake_workers();
    Ok(())
}

/// Tells everybody who listens to this kind of event, once the transaction is committed.
pub async fn publish<E: Event>(tx: &Tx, event: &E) -> Result<(), Error> {
    enqueue(tx, Job::new(E::KIND, event)).await
}

/// Every job that is not done, oldest first.
pub async fn list(conn: &impl ConnectionTrait, page: PageRequest<JobId>) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find(), Column::Id, page).await
}

/// The jobs that wait for a person, oldest first.
pub async fn dead(conn: &impl ConnectionTrait, page: PageRequest<JobId>) -> Result<Page<Model>, Error> {
    let dead = Entity::find().filter(Column::State.eq(State::Dead));
    db::page(conn, dead, Column::Id, page).await
}

/// Lets a parked job run again, with all its tries. False when there is no parked job of this id.
pub async fn retry(tx: &Tx, id: JobId) -> Result<bool, Error> {
    let changes = ActiveModel {
        state: Set(State::Waiting),
        due_at: Set(Some(tx.now())),
        attempts: Set(0),
        ..Default::default()
    };
    let updated = Entity::update_many()
        .set(changes)
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Dead))
        .exec(tx.conn())
        .await?;
    tx.wake_workers();
    Ok(updated.rows_affected == 1)
}

/// Takes the job that has been due longest, also one whose worker let its lease run out; `None` when none is due.
pub(crate) async fn claim(db: &Db, lease: TimeDelta) -> Result<Option<Model>, Error> {
    db.write(async |tx: &Tx| {
        let now = tx.now();
        let due = Entity::find()
            .filter(Column::DueAt.lte(now))
            .order_by_asc(Column::DueAt)
            .order_by_asc(Column::Id)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(tx.conn())
            .await?;
        let Some(job) = due else { return Ok(None) };
        let attempts = job.attempts.saturating_add(1);
        let mut claimed = job.into_active_model();
        claimed.state = Set(State::Running);
        claimed.due_at = Set(Some(now + lease));
        claimed.attempts = Set(attempts);
        claimed.claim = Set(Some(tx.new_id()));
        Ok(Some(claimed.update(tx.conn()).await?))
    })
    .await
}

/// Makes waiting jobs due that seem to rest longer than a failed or prompt job can: they were written by a clock that
/// has been set back since. Jobs that were given an instant of their own keep it.
pub(crate) async fn wake_after_clock_change(db: &Db) -> Result<(), Error> {
    let too_far = db.clock().now() + CLOCK_WAS_SET_BACK + TimeDelta::seconds(LONGEST_PAUSE);
    let misplaced = Condition::all()
        .add(Column::State.eq(State::Waiting))
        .add(Column::DueAt.gt(too_far))
        .add(
            Condition::any()
                .add(Column::Attempts.gt(0))
                .add(Expr::col(Column::DueAt).lte(Expr::col(Column::CreatedAt))),
        );
    let some = Entity::find().filter(misplaced.clone()).one(db.read()).await?;
    if some.is_none() {
        return Ok(());
    }
    db.write(async |tx: &Tx| {
        let changes = ActiveModel {
            due_at: Set(Some(tx.now())),
            ..Default::default()
        };
        Entity::update_many()
            .set(changes)
            .filter(misplaced.clone())
            .exec(tx.conn())
            .await?;
        tx.wake_workers();
        Ok(())
    })
    .await
}

/// Renews the lease of a claimed job. False when the claim is lost to another worker.
pub(crate) async fn extend(db: &Db, job: &Model, lease: TimeDelta) -> Result<bool, Error> {
    db.write(async |tx: &Tx| {
        let changes = ActiveModel {
            due_at: Set(Some(tx.now() + lease)),
            ..Default::default()
        };
        record(tx, job, changes).await
    })
    .await
}

/// Deletes a claimed job that is done.
pub(crate) async fn finish(db: &Db, job: &Model) -> Result<(), Error> {
    db.write(async |tx: &Tx| {
        delete(tx, job).await?;
        Ok(())
    })
    .await
}

/// Replaces a claimed event by one job for each listener, so that each of them is retried alone.
pub(crate) async fn hand_out(db: &Db, event: &Model, listeners: &[String]) -> Result<(), Error> {
    db.write(async |tx: &Tx| {
        if !delete(tx, event).await? {
            return Ok(());
        }
        for listener in listeners {
            let job = Job {
                kind: listener.clone(),
                payload: Ok(event.payload.clone()),
                key: None,
                at: None,
            };
            enqueue(tx, job).await?;
        }
        Ok(())
    })
    .await
}

/// Puts a claimed job that failed back for later, or parks it when it failed for good or too often.
pub(crate) async fn fail(db: &Db, job: &Model, error: &JobError) -> Result<(), Error> {
    let reason = short(&error.to_string());
    let parked = error.is_permanent() || job.attempts >= MAX_ATTEMPTS;
    if parked {
        tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, reason, "a job is parked");
    } else {
        tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, reason, "a job failed");
    }
    let pause = pause_after(job.attempts, u32::from_le_bytes(db.ids().bytes()));
    db.write(async |tx: &Tx| {
        let changes = ActiveModel {
            state: Set(if parked { State::Dead } else { State::Waiting }),
            due_at: Set((!parked).then(|| tx.now() + pause)),
            claim: Set(None),
            last_error: Set(Some(reason.clone())),
            ..Default::default()
        };
        record(tx, job, changes).await?;
        Ok(())
    })
    .await
}

/// Changes a claimed job. False when the claim is lost, and then nothing changes.
async fn record(tx: &Tx, job: &Model, changes: ActiveModel) -> Result<bool, Error> {
    let updated = Entity::update_many()
        .set(changes)
        .filter(Column::Id.eq(job.id))
        .filter(Column::Claim.eq(job.claim))
        .exec(tx.conn())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Deletes a claimed job. False when the claim is lost, and then nothing changes.
async fn delete(tx: &Tx, job: &Model) -> Result<bool, Error> {
    let deleted = Entity::delete_many()
        .filter(Column::Id.eq(job.id))
        .filter(Column::Claim.eq(job.claim))
        .exec(tx.conn())
        .await?;
    Ok(deleted.rows_affected == 1)
}

/// Cuts a text and drops what PostgreSQL or a terminal would not take.
fn short(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(LONGEST_ERROR)
        .collect()
}
