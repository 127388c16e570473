use db::{Error, Tx};
use kernel::{CityId, Page, PageRequest, PaymentId, RunId, StatementId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};

use super::CHUNK;
use crate::model::payment::{self, Column, Entity, Model, State};
use crate::model::run::Model as Run;
use crate::model::statement;

/// The failed payments of a city that no run pays again yet, locked in the order of ids.
pub(crate) async fn failed_for_update(tx: &Tx, city: CityId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::State.is_in(State::FAILED))
        .filter(Column::CarriedTo.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?)
}

/// The payments of a run in the order of companies.
pub(crate) async fn of_run(conn: &impl ConnectionTrait, run: &Run) -> Result<Vec<Model>, Error> {
    Ok(of_run_in(&[run.city_id], run.id)
        .order_by_asc(Column::CompanyId)
        .all(conn)
        .await?)
}

/// The payments of a run, locked, in the order of companies, in which their accounts are locked too.
pub(crate) async fn of_run_for_update(tx: &Tx, run: &Run) -> Result<Vec<Model>, Error> {
    Ok(of_run_in(&[run.city_id], run.id)
        .order_by_asc(Column::CompanyId)
        .lock_exclusive()
        .all(tx.conn())
        .await?)
}

/// Notes that a statement pays these payments again.
pub(crate) async fn carry(tx: &Tx, payments: &[PaymentId], statement: StatementId) -> Result<(), Error> {
    for ids in payments.chunks(CHUNK) {
        Entity::update_many()
            .col_expr(Column::CarriedTo, Expr::val(statement))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Lets the payments that a cancelled run would have paid again wait for another one.
pub(crate) async fn uncarry(tx: &Tx, run: RunId) -> Result<(), Error> {
    let statements = Query::select()
        .column(statement::Column::Id)
        .from(statement::Entity)
        .and_where(statement::Column::RunId.eq(run))
        .take();
    Entity::update_many()
        .col_expr(Column::CarriedTo, Expr::val(Option::<StatementId>::None))
        .filter(Column::CarriedTo.in_subquery(statements))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn insert(tx: &Tx, payments: &[Model]) -> Result<(), Error> {
    for rows in payments.chunks(CHUNK) {
        Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

/// The payment of a city by the id that the bank knows, locked.
pub(crate) async fn find_for_update(tx: &Tx, city: CityId, end_to_end_id: &str) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::EndToEndId.eq(end_to_end_id))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn set_state(tx: &Tx, id: PaymentId, state: State, reason: Option<String>) -> Result<(), Error> {
    let change = payment::ActiveModel {
        id: Unchanged(id),
        state: Set(state),
        reason: Set(reason),
        ..Default::default()
    };
    Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Marks every payment of a run as handed to the bank.
pub(crate) async fn set_sent(tx: &Tx, run: RunId) -> Result<(), Error> {
    let change = payment::ActiveModel {
        state: Set(State::Sent),
        ..Default::default()
    };
    Entity::update_many()
        .set(change)
        .filter(Column::RunId.eq(run))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The states that occur among the payments of a run, each once.
pub(crate) async fn states_of_run(tx: &Tx, run: &Run) -> Result<Vec<State>, Error> {
    Ok(of_run_in(&[run.city_id], run.id)
        .select_only()
        .column(Column::State)
        .distinct()
        .into_tuple()
        .all(tx.conn())
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    run: RunId,
    page: PageRequest<PaymentId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, of_run_in(cities, run), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, cities: &[CityId], run: RunId) -> Result<u64, Error> {
    Ok(of_run_in(cities, run).count(conn).await?)
}

fn of_run_in(cities: &[CityId], run: RunId) -> Select<Entity> {
    Entity::find()
        .filter(Column::RunId.eq(run))
        .filter(Column::CityId.is_in(cities.iter().copied()))
}

/// The payments of those of `statements` that lie in `scope`, a condition on statements.
pub(crate) async fn of_statements(
    conn: &impl ConnectionTrait,
    scope: Condition,
    statements: &[StatementId],
) -> Result<Vec<Model>, Error> {
    let seen = Query::select()
        .column(statement::Column::Id)
        .from(statement::Entity)
        .and_where(statement::Column::Id.is_in(statements.iter().copied()))
        .cond_where(scope)
        .take();
    Ok(Entity::find()
        .filter(Column::StatementId.in_subquery(seen))
        .all(conn)
        .await?)
}
