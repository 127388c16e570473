//! The queries on requests for rectification.

use db::{Error, Tx};
use kernel::{CityId, DecisionId, Own, Page, PageRequest, RectificationId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::rectification::{ActiveModel, Column, Entity, Model, State};

/// The requests an actor may see: her own and those to `cities`.
pub(crate) fn visible(own: Own, cities: &[CityId]) -> Condition {
    Condition::any()
        .add(of_resident(own))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

pub(crate) fn of_resident(own: Own) -> Condition {
    Condition::all()
        .add(Column::ResidentId.eq(own.person))
        .add_option(own.city.map(|city| Column::CityId.eq(city)))
}

pub(crate) fn in_cities(cities: &[CityId]) -> Condition {
    Condition::all().add(Column::CityId.is_in(cities.iter().copied()))
}

/// The requests to a city, all or those in a state.
pub(crate) fn queue(city: CityId, state: Option<State>) -> Condition {
    Condition::all()
        .add(Column::CityId.eq(city))
        .add_option(state.map(|state| Column::State.eq(state)))
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[RectificationId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

/// The requests in the scope about `decisions`, oldest first.
pub(crate) async fn about(
    conn: &impl ConnectionTrait,
    scope: Condition,
    decisions: &[DecisionId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::DecisionId.is_in(decisions.iter().copied()))
        .filter(scope)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<RectificationId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, scope: Condition, id: RectificationId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// True when the row went in; false when there is a request about the decision that was not taken back (partial unique
/// index).
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Writes a state with the next version.
pub(crate) async fn set_state(tx: &Tx, request: &Model, state: State) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(request.id),
        state: Set(state),
        version: Set(request.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
