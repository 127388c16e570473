pub(crate) mod budget;
pub(crate) mod canvas;
pub(crate) mod rulebook;
pub(crate) mod terms;

use db::{Error, Tx};
use kernel::{CityId, Page, PageRequest, PersonId, ProgrammeId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, IntoActiveModel, QuerySelect};

use crate::model::{self, Column, Entity, Model, State};

/// What of the programmes an actor may see: everything in `cities`, elsewhere what is public.
pub(crate) fn visible(cities: &[CityId]) -> Condition {
    Condition::any()
        .add(Column::State.ne(State::Draft))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

/// Everything in a city.
pub(crate) fn in_city(city: CityId) -> Condition {
    Condition::all().add(Column::CityId.eq(city))
}

pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    scope: Condition,
    id: ProgrammeId,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(scope).one(conn).await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ProgrammeId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    city: CityId,
    page: PageRequest<ProgrammeId>,
) -> Result<Page<Model>, Error> {
    db::page(
        conn,
        Entity::find().filter(in_city(city)).filter(scope),
        Column::Id,
        page,
    )
    .await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition, city: CityId) -> Result<u64, Error> {
    Ok(Entity::find().filter(in_city(city)).filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, cities: &[CityId], id: ProgrammeId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn insert(tx: &Tx, programme: Model, first: crate::Budget) -> Result<(), Error> {
    Entity::insert(programme.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    budget::insert(tx, first).await
}

/// Writes a changed programme with the next version.
pub(crate) async fn update(tx: &Tx, programme: Model) -> Result<Model, Error> {
    let id = programme.id;
    let version = programme.version + 1;
    let changed = model::ActiveModel {
        id: Unchanged(id),
        version: Set(version),
        ..programme.into_active_model()
    };
    Ok(changed.reset_all().update(tx.conn()).await?)
}

pub(crate) async fn set_state(
    tx: &Tx,
    programme: &Model,
    state: State,
    published_by: Option<PersonId>,
) -> Result<Model, Error> {
    let change = model::ActiveModel {
        id: Unchanged(programme.id),
        state: Set(state),
        published_by: Set(published_by),
        version: Set(programme.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// The programme, kept from closing until the transaction ends.
pub(crate) async fn keep(tx: &Tx, city: CityId, id: ProgrammeId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.eq(city))
        .lock_shared()
        .one(tx.conn())
        .await?)
}
