use db::{Error, Tx};
use kernel::{Actor, ApprovalId, CityId, CompanyId, HearingId, Page, PageRequest, PersonId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QuerySelect};

use crate::model::hearing::{ActiveModel, Column, Entity, Model, State};
use crate::policy;

/// The hearings an actor may see: those of the cities whose approver she is, and those of her companies.
pub(crate) fn visible(actor: &Actor) -> Condition {
    Condition::any()
        .add(Column::CityId.is_in(policy::REVIEW.cities(actor)))
        .add(Column::CompanyId.is_in(policy::SEE_APPLICATIONS.companies(actor)))
}

/// The hearings of a city, all or those in one state.
pub(crate) fn of_city(city: CityId, state: Option<State>) -> Condition {
    Condition::all()
        .add(Column::CityId.eq(city))
        .add_option(state.map(|state| Column::State.eq(state)))
}

/// The hearings of a company.
pub(crate) fn of_company(company: CompanyId) -> Condition {
    Condition::all().add(Column::CompanyId.eq(company))
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<HearingId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[HearingId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn find_for_update(tx: &Tx, scope: Condition, id: HearingId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// A hearing about an approval, locked after it.
pub(crate) async fn lock(tx: &Tx, approval: ApprovalId, id: HearingId) -> Result<Option<Model>, Error> {
    find_for_update(tx, Condition::all().add(Column::ApprovalId.eq(approval)), id).await
}

/// The hearing about an approval that has not ended; at most one (partial unique index).
pub(crate) async fn open_of(tx: &Tx, approval: ApprovalId) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ApprovalId.eq(approval))
        .filter(Column::State.is_in([State::Open, State::Answered]))
        .one(tx.conn())
        .await?)
}

/// True when the row went in; false when a hearing about the approval is open.
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn set_answer(
    tx: &Tx,
    hearing: &Model,
    state: State,
    signatory: PersonId,
    answer: String,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(hearing.id),
        state: Set(state),
        answer: Set(Some(answer)),
        answered_by: Set(Some(signatory)),
        answered_at: Set(Some(tx.now())),
        version: Set(hearing.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Ends a hearing, by a decision or for a reason.
pub(crate) async fn end(
    tx: &Tx,
    hearing: &Model,
    state: State,
    officer: PersonId,
    outcome: Option<String>,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(hearing.id),
        state: Set(state),
        outcome: Set(outcome),
        ended_by: Set(Some(officer)),
        ended_at: Set(Some(tx.now())),
        version: Set(hearing.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
