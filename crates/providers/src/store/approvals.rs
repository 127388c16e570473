use chrono::{DateTime, NaiveDate, Utc};
use db::{Error, Tx};
use kernel::{Actor, ApplicationId, ApprovalId, CityId, CompanyId, Page, PageRequest, ProgrammeId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, ExprTrait, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::approval::{ActiveModel, Column, Entity, Model, State};
use crate::model::period;
use crate::policy;

/// The approvals an actor may see: those of companies that are approved are public, the others are for the company and the city's approvers.
pub(crate) fn visible(actor: &Actor) -> Condition {
    Condition::any()
        .add(Column::State.is_in(State::APPROVED))
        .add(readable(actor))
}

/// The approvals of which an actor may read the history.
pub(crate) fn readable(actor: &Actor) -> Condition {
    Condition::any()
        .add(Column::CityId.is_in(policy::REVIEW.cities(actor)))
        .add(Column::CompanyId.is_in(policy::SEE_APPLICATIONS.companies(actor)))
}

/// The approvals of a city that were in force on the civil day `day`, as it stood at the instant `at`.
pub(crate) fn in_force(city: CityId, programme: Option<ProgrammeId>, day: NaiveDate, at: DateTime<Utc>) -> Condition {
    active(day, at)
        .add(Column::CityId.eq(city))
        .add_option(programme.map(|programme| Column::ProgrammeId.eq(programme)))
}

/// Approvals that cover the civil day `day` and counted at `at`.
fn active(day: NaiveDate, at: DateTime<Utc>) -> Condition {
    let active = period::Entity::find()
        .select_only()
        .column(period::Column::ApprovalId)
        .filter(period::Column::State.is_in(State::APPROVED))
        .filter(period::Column::FromAt.lte(at))
        .filter(period::Column::UntilAt.is_null().or(period::Column::UntilAt.gt(at)));
    Condition::all()
        .add(Column::ValidFrom.lte(day))
        .add(Column::ValidUntil.gte(day))
        .add(Column::Id.in_subquery(active.into_query()))
}

pub(crate) async fn was_in_force(
    tx: &Tx,
    company: CompanyId,
    programme: ProgrammeId,
    day: NaiveDate,
    at: DateTime<Utc>,
) -> Result<bool, Error> {
    let found = Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .filter(active(day, at))
        .count(tx.conn())
        .await?;
    Ok(found > 0)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ApprovalId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn of_applications(
    conn: &impl ConnectionTrait,
    scope: Condition,
    applications: &[ApplicationId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ApplicationId.is_in(applications.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<ApprovalId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, scope: Condition, id: ApprovalId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn find_in_force_shared(
    tx: &Tx,
    company: CompanyId,
    programme: ProgrammeId,
    day: NaiveDate,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::State.is_in(State::SELLING))
        .filter(Column::ValidFrom.lte(day))
        .filter(Column::ValidUntil.gte(day))
        .lock_shared()
        .one(tx.conn())
        .await?)
}

/// The first and last days of the approvals of a company in a programme that count, in their order.
pub(crate) async fn covered(
    conn: &impl ConnectionTrait,
    company: CompanyId,
    programme: ProgrammeId,
) -> Result<Vec<(NaiveDate, NaiveDate)>, Error> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::ValidFrom, Column::ValidUntil])
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::State.is_in(State::APPROVED))
        .order_by_asc(Column::ValidFrom)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Locks the approvals of a company in a programme in share mode, in the order of ids.
pub(crate) async fn lock_shared(tx: &Tx, company: CompanyId, programme: ProgrammeId) -> Result<(), Error> {
    Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .order_by_asc(Column::Id)
        .lock_shared()
        .all(tx.conn())
        .await?;
    Ok(())
}

/// The approvals by which a company may sell, whatever their days.
pub(crate) async fn active_of(conn: &impl ConnectionTrait, company: CompanyId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::State.is_in(State::SELLING))
        .all(conn)
        .await?)
}

/// The approvals of a company in a programme that have not ended by a decision, locked in the order of ids, oldest days
/// first: one, or the present one and the next. They share no day (a trigger is the last guard).
pub(crate) async fn open(tx: &Tx, company: CompanyId, programme: ProgrammeId) -> Result<Vec<Model>, Error> {
    let mut rows = Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::State.is_not_in(State::ENDED))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    rows.sort_by_key(|row| row.valid_from);
    Ok(rows)
}

/// The same as they are read now; for a job that has locked one of them.
pub(crate) async fn standing(
    conn: &impl ConnectionTrait,
    company: CompanyId,
    programme: ProgrammeId,
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::State.is_not_in(State::ENDED))
        .order_by_asc(Column::ValidFrom)
        .all(conn)
        .await?)
}

/// The approvals of other cities that rely on this one and have not ended; for a job.
pub(crate) async fn relying_on(conn: &impl ConnectionTrait, id: ApprovalId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ReliesOn.eq(id))
        .filter(Column::State.is_not_in(State::ENDED))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// How many approvals a job reads at once.
const PAGE: u64 = 500;

/// The approvals that count, in the order of ids after `after`, at most a page of them; for a job.
pub(crate) async fn approved(conn: &impl ConnectionTrait, after: Option<ApprovalId>) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::State.is_in(State::APPROVED))
        .filter(Condition::all().add_option(after.map(|after| Column::Id.gt(after))))
        .order_by_asc(Column::Id)
        .limit(PAGE)
        .all(conn)
        .await?)
}

/// The approval of any city, for the job that an event about it enqueued.
pub(crate) async fn find_for_job(conn: &impl ConnectionTrait, id: ApprovalId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// An approval of a city, locked; for a job, and where a record found with a scope leads to it.
pub(crate) async fn lock(tx: &Tx, city: CityId, id: ApprovalId) -> Result<Option<Model>, Error> {
    find_for_update(tx, Condition::all().add(Column::CityId.eq(city)), id).await
}

/// Notes since when a requirement of an approval that the caller has locked is not met.
pub(crate) async fn set_failing_since(tx: &Tx, id: ApprovalId, since: Option<NaiveDate>) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(id),
        failing_since: Set(since),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Moves the last day of an approval that the caller has locked.
pub(crate) async fn set_valid_until(tx: &Tx, id: ApprovalId, last: NaiveDate) -> Result<(), Error> {
    let change = ActiveModel {
        id: Unchanged(id),
        valid_until: Set(last),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

/// True when the row went in, with its first period; false when its application has led to one already.
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<bool, Error> {
    let first = period::Model {
        approval_id: row.id,
        version: row.version,
        state: row.state,
        reason: row.grounds.clone(),
        decided_by: Some(row.decided_by),
        from_at: row.decided_at,
        until_at: None,
    };
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    if inserted == 1 {
        period::Entity::insert(first.into_active_model())
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(inserted == 1)
}

/// Ends the present period, begins `next` and writes its state with the next version.
pub(crate) async fn begin(tx: &Tx, approval: &Model, next: period::Model) -> Result<Model, Error> {
    let ended = period::ActiveModel {
        until_at: Set(Some(next.from_at)),
        ..Default::default()
    };
    period::Entity::update_many()
        .set(ended)
        .filter(period::Column::ApprovalId.eq(approval.id))
        .filter(period::Column::UntilAt.is_null())
        .exec(tx.conn())
        .await?;
    let change = ActiveModel {
        id: Unchanged(approval.id),
        state: Set(next.state),
        version: Set(next.version),
        ..Default::default()
    };
    period::Entity::insert(next.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(change.update(tx.conn()).await?)
}

/// How a locked approval stood before its version `version`.
pub(crate) async fn state_before(tx: &Tx, id: ApprovalId, version: i32) -> Result<Option<State>, Error> {
    let found = period::Entity::find_by_id((id, version - 1)).one(tx.conn()).await?;
    Ok(found.map(|period| period.state))
}

/// The periods of those of `ids` that lie in the scope, oldest first.
pub(crate) async fn periods(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ApprovalId],
) -> Result<Vec<period::Model>, Error> {
    let readable = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope);
    Ok(period::Entity::find()
        .filter(period::Column::ApprovalId.in_subquery(readable.into_query()))
        .order_by_asc(period::Column::ApprovalId)
        .order_by_asc(period::Column::Version)
        .all(conn)
        .await?)
}
