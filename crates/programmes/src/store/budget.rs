//! The queries on budgets and their changes.

use db::{Error, Tx};
use kernel::{BasisPoints, BudgetChangeId, BudgetId, Cents, CityId, PersonId, ProgrammeId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::budget::{ActiveModel, Column, Entity, Model, change};

pub(crate) async fn of_programmes(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    programmes: &[ProgrammeId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ProgrammeId.is_in(programmes.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .order_by_asc(Column::FiscalYear)
        .all(conn)
        .await?)
}

/// The budget of a programme that the caller has found in its scope, for a year.
pub(crate) async fn of_year(
    conn: &impl ConnectionTrait,
    programme: ProgrammeId,
    year: i32,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::FiscalYear.eq(year))
        .one(conn)
        .await?)
}

/// The budget if it is one of the city's.
pub(crate) async fn find(conn: &impl ConnectionTrait, city: CityId, id: BudgetId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(Column::CityId.eq(city)).one(conn).await?)
}

pub(crate) async fn insert(tx: &Tx, budget: Model) -> Result<(), Error> {
    Entity::insert(budget.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn set_amount(tx: &Tx, id: BudgetId, amount: Cents, overcommit: BasisPoints) -> Result<(), Error> {
    let change = ActiveModel {
        id: Unchanged(id),
        amount_cents: Set(amount),
        overcommit_bp: Set(overcommit),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn insert_change(tx: &Tx, row: change::Model) -> Result<(), Error> {
    change::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// A change in one of `cities`, without a lock; who decides on it locks its programme first.
pub(crate) async fn find_change(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    id: BudgetChangeId,
) -> Result<Option<change::Model>, Error> {
    Ok(change::Entity::find_by_id(id)
        .filter(change::Column::CityId.is_in(cities.iter().copied()))
        .one(conn)
        .await?)
}

pub(crate) async fn find_change_for_update(
    tx: &Tx,
    cities: &[CityId],
    id: BudgetChangeId,
) -> Result<Option<change::Model>, Error> {
    Ok(change::Entity::find_by_id(id)
        .filter(change::Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// The changes of a programme's budgets, newest first, at most 100.
pub(crate) async fn changes(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    programme: ProgrammeId,
) -> Result<Vec<change::Model>, Error> {
    Ok(change::Entity::find()
        .filter(change::Column::ProgrammeId.eq(programme))
        .filter(change::Column::CityId.is_in(cities.iter().copied()))
        .order_by_desc(change::Column::Id)
        .limit(100)
        .all(conn)
        .await?)
}

pub(crate) async fn set_change_state(
    tx: &Tx,
    row: &change::Model,
    state: change::State,
    confirmed_by: Option<PersonId>,
) -> Result<change::Model, Error> {
    let change = change::ActiveModel {
        id: Unchanged(row.id),
        state: Set(state),
        confirmed_by: Set(confirmed_by),
        version: Set(row.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
