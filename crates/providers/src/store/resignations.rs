use db::{Error, Tx};
use kernel::{Actor, ApprovalId, CityId, Page, PageRequest, PersonId, ResignationId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::resignation::{ActiveModel, Column, Entity, Model, State};
use crate::policy;

/// The resignations an actor may see: those in the cities whose approver she is, and those of her companies.
pub(crate) fn visible(actor: &Actor) -> Condition {
    Condition::any()
        .add(Column::CityId.is_in(policy::REVIEW.cities(actor)))
        .add(Column::CompanyId.is_in(policy::SEE_APPLICATIONS.companies(actor)))
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<ResignationId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(Column::CityId.eq(city)), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::CityId.eq(city)).count(conn).await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ResignationId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

/// Those of `approvals` that lie in the scope, oldest first.
pub(crate) async fn of_approvals(
    conn: &impl ConnectionTrait,
    scope: Condition,
    approvals: &[ApprovalId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ApprovalId.is_in(approvals.iter().copied()))
        .filter(scope)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// The notice about an approval that the caller has locked; at most one (partial unique index).
pub(crate) async fn open_of(tx: &Tx, approval: ApprovalId) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ApprovalId.eq(approval))
        .filter(Column::State.eq(State::Notice))
        .one(tx.conn())
        .await?)
}

/// Every notice with its city, for a job; there are few, and each is judged under its lock.
pub(crate) async fn noticed(conn: &impl ConnectionTrait) -> Result<Vec<(ResignationId, CityId)>, Error> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::Id, Column::CityId])
        .filter(Column::State.eq(State::Notice))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// A resignation in a city; for a job, which locks its approval before it.
pub(crate) async fn find_for_job(tx: &Tx, city: CityId, id: ResignationId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.eq(city))
        .one(tx.conn())
        .await?)
}

/// A resignation in a city, locked after its approval.
pub(crate) async fn lock(tx: &Tx, city: CityId, id: ResignationId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.eq(city))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn end(
    tx: &Tx,
    resignation: &Model,
    state: State,
    taken_back_by: Option<PersonId>,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(resignation.id),
        state: Set(state),
        taken_back_by: Set(taken_back_by),
        ended_at: Set(Some(tx.now())),
        version: Set(resignation.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
