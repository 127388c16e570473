//! The queries on rulebooks.

use db::{Error, Tx};
use kernel::{CityId, ProgrammeId, RulebookId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::rulebook::{ActiveModel, Column, Entity, Model, State};

/// What of rulebooks an actor may see: published ones, and drafts in `cities`.
pub(crate) fn visible(cities: &[CityId]) -> Condition {
    Condition::any()
        .add(Column::State.eq(State::Published))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

/// The rulebooks of programmes, oldest first.
pub(crate) async fn of_programmes(
    conn: &impl ConnectionTrait,
    scope: Condition,
    programmes: &[ProgrammeId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ProgrammeId.is_in(programmes.iter().copied()))
        .filter(scope)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[RulebookId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    scope: Condition,
    id: RulebookId,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(scope).one(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, cities: &[CityId], id: RulebookId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// The highest number of a published version of a programme whose row the caller has locked.
pub(crate) async fn last_number(tx: &Tx, programme: ProgrammeId) -> Result<i32, Error> {
    let last: Option<Option<i32>> = Entity::find()
        .select_only()
        .column(Column::Number)
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::Number.is_not_null())
        .order_by_desc(Column::Number)
        .into_tuple()
        .one(tx.conn())
        .await?;
    Ok(last.flatten().unwrap_or(0))
}

pub(crate) async fn insert(tx: &Tx, rulebook: Model) -> Result<(), Error> {
    Entity::insert(rulebook.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Writes a changed draft with the next version.
pub(crate) async fn update(tx: &Tx, rulebook: Model) -> Result<Model, Error> {
    let (id, version) = (rulebook.id, rulebook.version + 1);
    let changed = ActiveModel {
        id: Unchanged(id),
        version: Set(version),
        ..rulebook.into_active_model().reset_all()
    };
    Ok(changed.update(tx.conn()).await?)
}
