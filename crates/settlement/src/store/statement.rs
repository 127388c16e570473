use chrono::{DateTime, Utc};
use db::{Error, Tx};
use kernel::{Cents, CityId, CompanyId, LineId, Page, PageRequest, RunId, StatementId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, ExprTrait, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use super::CHUNK;
use crate::model::line;
use crate::model::run::Model as Run;
use crate::model::statement::{Column, Entity, Model, counter};

/// What of the statements an actor may see: all of `cities`, and of `companies` those of confirmed runs.
pub(crate) fn visible(cities: &[CityId], companies: &[CompanyId]) -> Condition {
    Condition::any().add(Column::CityId.is_in(cities.iter().copied())).add(
        Column::CompanyId
            .is_in(companies.iter().copied())
            .and(Column::RunId.in_subquery(super::run::public_runs())),
    )
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[StatementId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

/// How many statements runs have and what they add up to.
pub(crate) async fn totals(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    runs: &[RunId],
) -> Result<Vec<(RunId, i64, Cents)>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::RunId)
        .column_as(Column::Id.count(), "count")
        .column_as(Column::TotalCents.into_expr().sum().cast_as("bigint"), "total")
        .filter(Column::RunId.is_in(runs.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .group_by(Column::RunId)
        .into_tuple()
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<StatementId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

/// The statements of a run in the order of companies, in which their accounts are locked.
pub(crate) async fn of_run(tx: &Tx, run: &Run) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::RunId.eq(run.id))
        .filter(Column::CityId.eq(run.city_id))
        .order_by_asc(Column::CompanyId)
        .all(tx.conn())
        .await?)
}

/// The last number given in the city and year, locked until the transaction ends.
pub(crate) async fn last_number(tx: &Tx, city: CityId, year: i32) -> Result<i32, Error> {
    let first = counter::ActiveModel {
        city_id: Set(city),
        year: Set(year),
        last: Set(0),
    };
    counter::Entity::insert(first)
        .on_conflict(
            OnConflict::columns([counter::Column::CityId, counter::Column::Year])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    let row = counter::Entity::find_by_id((city, year))
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    Ok(row.map_or(0, |row| row.last))
}

pub(crate) async fn set_last_number(tx: &Tx, city: CityId, year: i32, last: i32) -> Result<(), Error> {
    counter::Entity::update_many()
        .col_expr(counter::Column::Last, Expr::val(last))
        .filter(counter::Column::CityId.eq(city).and(counter::Column::Year.eq(year)))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn insert(tx: &Tx, statements: &[Model]) -> Result<(), Error> {
    for rows in statements.chunks(CHUNK) {
        Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

/// True when every line went in; false when another run has taken one of the deliveries (partial unique index).
pub(crate) async fn insert_lines(tx: &Tx, lines: &[line::Model]) -> Result<bool, Error> {
    for rows in lines.chunks(CHUNK) {
        let inserted = line::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
        if usize::try_from(inserted) != Ok(rows.len()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Frees the deliveries of a cancelled run.
pub(crate) async fn void_lines(tx: &Tx, run: RunId, now: DateTime<Utc>) -> Result<(), Error> {
    line::Entity::update_many()
        .col_expr(line::Column::VoidedAt, Expr::val(now))
        .filter(line::Column::RunId.eq(run))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn lines(
    conn: &impl ConnectionTrait,
    scope: Condition,
    statement: StatementId,
    page: PageRequest<LineId>,
) -> Result<Page<line::Model>, Error> {
    db::page(conn, lines_of(scope, statement), line::Column::Id, page).await
}

pub(crate) async fn count_lines(
    conn: &impl ConnectionTrait,
    scope: Condition,
    statement: StatementId,
) -> Result<u64, Error> {
    Ok(lines_of(scope, statement).count(conn).await?)
}

pub(crate) async fn all_lines(
    conn: &impl ConnectionTrait,
    scope: Condition,
    statement: StatementId,
) -> Result<Vec<line::Model>, Error> {
    Ok(lines_of(scope, statement)
        .order_by_asc(line::Column::Day)
        .order_by_asc(line::Column::Id)
        .all(conn)
        .await?)
}

/// The lines of a statement if it lies in the scope.
fn lines_of(scope: Condition, statement: StatementId) -> Select<line::Entity> {
    let visible = Entity::find_by_id(statement)
        .select_only()
        .column(Column::Id)
        .filter(scope);
    line::Entity::find().filter(line::Column::StatementId.in_subquery(visible.into_query()))
}
