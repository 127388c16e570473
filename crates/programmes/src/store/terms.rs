//! The queries on terms.

use chrono::NaiveDate;
use db::{Error, Tx};
use kernel::{CityId, PersonId, ProgrammeId, TermsId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::terms::{ActiveModel, Column, Entity, Model, State};

/// What of terms an actor may see: published ones, and drafts in `cities`.
pub(crate) fn visible(cities: &[CityId]) -> Condition {
    Condition::any()
        .add(Column::State.eq(State::Published))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

/// Terms in the order of their periods.
pub(crate) async fn of_programmes(
    conn: &impl ConnectionTrait,
    scope: Condition,
    programmes: &[ProgrammeId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ProgrammeId.is_in(programmes.iter().copied()))
        .filter(scope)
        .order_by_asc(Column::ValidFrom)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// Every terms of a programme whose row the caller has read or locked in its scope.
pub(crate) async fn of_programme(conn: &impl ConnectionTrait, programme: ProgrammeId) -> Result<Vec<Model>, Error> {
    of_programmes(conn, Condition::all(), &[programme]).await
}

/// The published terms of a city that are in force on a civil day.
pub(crate) async fn in_force(conn: &impl ConnectionTrait, city: CityId, day: NaiveDate) -> Result<Vec<Model>, Error> {
    let goes_on = Condition::any()
        .add(Column::ValidUntil.is_null())
        .add(Column::ValidUntil.gte(day));
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::State.eq(State::Published))
        .filter(Column::ValidFrom.lte(day))
        .filter(goes_on)
        .all(conn)
        .await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[TermsId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn find(conn: &impl ConnectionTrait, cities: &[CityId], id: TermsId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .one(conn)
        .await?)
}

pub(crate) async fn find_for_update(tx: &Tx, cities: &[CityId], id: TermsId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn insert(tx: &Tx, terms: Model) -> Result<(), Error> {
    Entity::insert(terms.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Writes changed terms with the next version.
pub(crate) async fn update(tx: &Tx, terms: Model) -> Result<Model, Error> {
    let (id, version) = (terms.id, terms.version + 1);
    let changed = ActiveModel {
        id: Unchanged(id),
        version: Set(version),
        ..terms.into_active_model().reset_all()
    };
    Ok(changed.update(tx.conn()).await?)
}

pub(crate) async fn publish(tx: &Tx, terms: &Model, officer: PersonId) -> Result<Model, Error> {
    let published = Model {
        state: State::Published,
        published_by: Some(officer),
        ..terms.clone()
    };
    update(tx, published).await
}
