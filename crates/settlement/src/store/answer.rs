use db::{Error, Tx};
use kernel::{AnswerId, CityId, Page, PageRequest, RunId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use super::CHUNK;
use crate::model::answer::{self, Column, Effect, Entity, Model, State, entry};
use crate::model::payment;

/// True when the answer went in; false when the city has taken the same bytes in already.
pub(crate) async fn insert(tx: &Tx, answer: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(answer.into_active_model())
        .on_conflict(
            OnConflict::columns([Column::CityId, Column::Sha256])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn insert_entries(tx: &Tx, entries: &[entry::Model]) -> Result<(), Error> {
    for rows in entries.chunks(CHUNK) {
        entry::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

pub(crate) async fn find_by_bytes(
    conn: &impl ConnectionTrait,
    city: CityId,
    sha256: &str,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::Sha256.eq(sha256))
        .one(conn)
        .await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    ids: &[AnswerId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .all(conn)
        .await?)
}

/// The answer whatever its city, for the job that was enqueued with it.
pub(crate) async fn find_for_job(conn: &impl ConnectionTrait, id: AnswerId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<AnswerId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(Column::CityId.eq(city)), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::CityId.eq(city)).count(conn).await?)
}

/// The entries of an answer of one of `cities` after the place `after`, at most `first`.
pub(crate) async fn entries(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    answer: AnswerId,
    after: i32,
    first: u64,
) -> Result<Vec<entry::Model>, Error> {
    let scope = Entity::find_by_id(answer)
        .select_only()
        .column(Column::Id)
        .filter(Column::CityId.is_in(cities.iter().copied()));
    Ok(entry::Entity::find()
        .filter(entry::Column::AnswerId.in_subquery(scope.into_query()))
        .filter(entry::Column::Line.gt(after))
        .order_by_asc(entry::Column::Line)
        .limit(first)
        .all(conn)
        .await?)
}

/// The entry of an answer, locked, if it has had no effect yet.
pub(crate) async fn open_entry_for_update(tx: &Tx, answer: &Model, line: i32) -> Result<Option<entry::Model>, Error> {
    Ok(entry::Entity::find_by_id((answer.id, line))
        .filter(entry::Column::Effect.is_null())
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn set_effect(tx: &Tx, entry: &entry::Model, effect: Effect) -> Result<(), Error> {
    let change = entry::ActiveModel {
        effect: Set(Some(effect)),
        ..Default::default()
    };
    entry::Entity::update_many()
        .set(change)
        .filter(entry::Column::AnswerId.eq(entry.answer_id))
        .filter(entry::Column::Line.eq(entry.line))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The runs whose payments an answer names, in the order of ids.
pub(crate) async fn runs(tx: &Tx, answer: &Model) -> Result<Vec<RunId>, Error> {
    let named = Query::select()
        .column(entry::Column::EndToEndId)
        .from(entry::Entity)
        .and_where(entry::Column::AnswerId.eq(answer.id))
        .take();
    Ok(payment::Entity::find()
        .select_only()
        .column(payment::Column::RunId)
        .distinct()
        .filter(payment::Column::CityId.eq(answer.city_id))
        .filter(payment::Column::EndToEndId.in_subquery(named))
        .order_by_asc(payment::Column::RunId)
        .into_tuple()
        .all(tx.conn())
        .await?)
}

/// Notes that every entry has had its effect. False when that was noted before.
pub(crate) async fn set_applied(tx: &Tx, id: AnswerId) -> Result<bool, Error> {
    let change = answer::ActiveModel {
        state: Set(State::Applied),
        ..Default::default()
    };
    let changed = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Received))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected == 1)
}
