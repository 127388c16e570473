use bookings::model::delivery;
use chrono::NaiveDate;
use db::{Error, Tx};
use kernel::{CityId, CompanyId, DeliveryId, Page, PageRequest, RunId};
use providers::model::company;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ExprTrait, IntoActiveModel, QueryOrder, QuerySelect};

use super::CHUNK;
use crate::model::line;
use crate::model::plan::Payee;
use crate::model::run::{self, Column, Entity, Model, State};
use crate::model::statement::set_aside;

/// True when the run went in; false when the city has one of this month already (partial unique index).
pub(crate) async fn insert(tx: &Tx, run: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(run.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn find(conn: &impl ConnectionTrait, cities: &[CityId], id: RunId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .one(conn)
        .await?)
}

pub(crate) async fn by_ids(conn: &impl ConnectionTrait, cities: &[CityId], ids: &[RunId]) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .all(conn)
        .await?)
}

pub(crate) async fn find_for_update(tx: &Tx, city: CityId, id: RunId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.eq(city))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<RunId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(Column::CityId.eq(city)), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::CityId.eq(city)).count(conn).await?)
}

/// The run of a payment file.
pub(crate) async fn find_by_message(
    conn: &impl ConnectionTrait,
    city: CityId,
    message_id: &str,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::MessageId.eq(message_id))
        .one(conn)
        .await?)
}

/// Writes a changed run with the next version.
pub(crate) async fn update(tx: &Tx, run: Model) -> Result<Model, Error> {
    let change = run::ActiveModel {
        id: Unchanged(run.id),
        state: Set(run.state),
        confirmed_by: Set(run.confirmed_by),
        message_id: Set(run.message_id),
        version: Set(run.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Every delivery of a city up to `until` that no run has taken, in the order of ids.
pub(crate) async fn unsettled(tx: &Tx, city: CityId, until: NaiveDate) -> Result<Vec<delivery::Model>, Error> {
    let mut found: Vec<delivery::Model> = Vec::new();
    loop {
        let chunk = unsettled_after(tx, city, until, found.last().map(|row| row.id)).await?;
        let last = chunk.len() < CHUNK;
        found.extend(chunk);
        if last {
            return Ok(found);
        }
    }
}

async fn unsettled_after(
    tx: &Tx,
    city: CityId,
    until: NaiveDate,
    after: Option<DeliveryId>,
) -> Result<Vec<delivery::Model>, Error> {
    let taken = Query::select()
        .expr(Expr::val(1))
        .from(line::Entity)
        .and_where(Expr::col((line::Entity, line::Column::DeliveryId)).equals((delivery::Entity, delivery::Column::Id)))
        .and_where(line::Column::Kind.eq(line::Kind::Original))
        .and_where(line::Column::VoidedAt.is_null())
        .take();
    let mut query = delivery::Entity::find()
        .filter(delivery::Column::CityId.eq(city))
        .filter(delivery::Column::Day.lte(until))
        .filter(Expr::exists(taken).not());
    if let Some(after) = after {
        query = query.filter(delivery::Column::Id.gt(after));
    }
    let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    Ok(query
        .order_by_asc(delivery::Column::Id)
        .limit(limit)
        .all(tx.conn())
        .await?)
}

/// Companies as they are now.
pub(crate) async fn payees(tx: &Tx, ids: &[CompanyId]) -> Result<Vec<Payee>, Error> {
    let mut payees = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows = company::Entity::find()
            .filter(company::Column::Id.is_in(ids.iter().copied()))
            .all(tx.conn())
            .await?;
        payees.extend(rows.into_iter().map(|row| Payee {
            id: row.id,
            business_id: row.business_id,
            name: row.name,
            iban: row.iban,
        }));
    }
    Ok(payees)
}

pub(crate) async fn insert_set_aside(tx: &Tx, rows: Vec<set_aside::Model>) -> Result<(), Error> {
    for rows in rows.chunks(CHUNK) {
        set_aside::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

pub(crate) async fn set_aside(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    runs: &[RunId],
) -> Result<Vec<set_aside::Model>, Error> {
    Ok(set_aside::Entity::find()
        .filter(set_aside::Column::RunId.is_in(runs.iter().copied()))
        .filter(set_aside::Column::CityId.is_in(cities.iter().copied()))
        .order_by_asc(set_aside::Column::CompanyId)
        .all(conn)
        .await?)
}

/// What a company sees of runs: those that are confirmed and not cancelled.
pub(crate) fn public_runs() -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::State.is_in(State::PUBLIC))
        .take()
}
