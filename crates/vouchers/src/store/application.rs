//! The queries on applications, their messages and decisions.

use chrono::{DateTime, Utc};
use db::{Error, Tx};
use kernel::{CityId, DecisionId, Own, Page, PageRequest, ProgrammeId, VoucherApplicationId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::application::{ActiveModel, Column, Entity, Model, State};
use crate::model::{message, print as prints, ruling};

/// The applications an actor may see: her own and those to `cities`.
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

/// The applications to a city that pass the filters.
pub(crate) fn queue(
    city: CityId,
    programme: Option<ProgrammeId>,
    state: Option<State>,
    sent_by: Option<DateTime<Utc>>,
) -> Condition {
    Condition::all()
        .add(Column::CityId.eq(city))
        .add_option(programme.map(|programme| Column::ProgrammeId.eq(programme)))
        .add_option(state.map(|state| Column::State.eq(state)))
        .add_option(sent_by.map(|sent_by| Column::CreatedAt.lte(sent_by)))
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[VoucherApplicationId],
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
    page: PageRequest<VoucherApplicationId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(
    tx: &Tx,
    scope: Condition,
    id: VoucherApplicationId,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// True when the row went in; false when the resident has an open application to the programme (partial unique index).
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Writes a state with the next version.
pub(crate) async fn set_state(tx: &Tx, application: &Model, state: State) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(application.id),
        state: Set(state),
        version: Set(application.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

pub(crate) async fn insert_message(tx: &Tx, row: message::Model) -> Result<(), Error> {
    message::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The messages of those of `ids` that lie in the scope, oldest first.
pub(crate) async fn messages(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[VoucherApplicationId],
) -> Result<Vec<message::Model>, Error> {
    let readable = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope);
    Ok(message::Entity::find()
        .filter(message::Column::ApplicationId.in_subquery(readable.into_query()))
        .order_by_asc(message::Column::ApplicationId)
        .order_by_asc(message::Column::Version)
        .all(conn)
        .await?)
}

pub(crate) async fn insert_decision(tx: &Tx, row: ruling::Model) -> Result<(), Error> {
    ruling::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The decisions an actor may see: those about her and those of `cities`.
pub(crate) fn decisions_visible(own: Own, cities: &[CityId]) -> Condition {
    Condition::any()
        .add(decisions_of(own))
        .add(ruling::Column::CityId.is_in(cities.iter().copied()))
}

pub(crate) fn decisions_of(own: Own) -> Condition {
    Condition::all()
        .add(ruling::Column::ResidentId.eq(own.person))
        .add_option(own.city.map(|city| ruling::Column::CityId.eq(city)))
}

pub(crate) async fn decisions_by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[DecisionId],
) -> Result<Vec<ruling::Model>, Error> {
    Ok(ruling::Entity::find()
        .filter(ruling::Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

/// A decision that a request in the actor's scope names.
pub(crate) async fn decision(conn: &impl ConnectionTrait, id: DecisionId) -> Result<Option<ruling::Model>, Error> {
    Ok(ruling::Entity::find_by_id(id).one(conn).await?)
}

/// The decisions in the scope on applications, in the order of time.
pub(crate) async fn decisions_on(
    conn: &impl ConnectionTrait,
    scope: Condition,
    applications: &[VoucherApplicationId],
) -> Result<Vec<ruling::Model>, Error> {
    Ok(ruling::Entity::find()
        .filter(ruling::Column::ApplicationId.is_in(applications.iter().copied()))
        .filter(scope)
        .order_by_asc(ruling::Column::Id)
        .all(conn)
        .await?)
}

pub(crate) async fn page_of_decisions(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<DecisionId>,
) -> Result<Page<ruling::Model>, Error> {
    db::page(conn, ruling::Entity::find().filter(scope), ruling::Column::Id, page).await
}

pub(crate) async fn count_decisions(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(ruling::Entity::find().filter(scope).count(conn).await?)
}

/// The PDF of a decision that the actor may see, once it was made.
pub(crate) async fn print(conn: &impl ConnectionTrait, id: DecisionId) -> Result<Option<prints::Model>, Error> {
    Ok(prints::Entity::find_by_id(id).one(conn).await?)
}

/// Keeps the PDF of a decision unless there is one.
pub(crate) async fn insert_print(tx: &Tx, row: prints::Model) -> Result<(), Error> {
    prints::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}
