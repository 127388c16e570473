use db::{Error, Tx};
use kernel::{CityId, Page, PageRequest, PersonId, TaskId, VoucherId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QuerySelect};

use crate::model::task::{ActiveModel, Column, Entity, Kind, Model, State};

/// Writes a task about a voucher.
pub(crate) async fn open(tx: &Tx, city: CityId, kind: Kind, voucher: VoucherId) -> Result<(), Error> {
    Entity::insert(draft(tx, city, kind, voucher).into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Writes a task about a voucher unless there is an open one of its kind.
pub(crate) async fn open_once(tx: &Tx, city: CityId, kind: Kind, voucher: VoucherId) -> Result<(), Error> {
    Entity::insert(draft(tx, city, kind, voucher).into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn draft(tx: &Tx, city: CityId, kind: Kind, voucher: VoucherId) -> Model {
    Model {
        id: tx.new_id(),
        city_id: city,
        kind,
        voucher_id: voucher,
        state: State::Open,
        created_at: tx.now(),
        closed_by: None,
        closed_at: None,
        outcome: None,
        version: 1,
    }
}

/// Those of `vouchers` that have a task to arrange the service otherwise.
pub(crate) async fn vouchers_among(
    conn: &impl ConnectionTrait,
    vouchers: &[VoucherId],
) -> Result<Vec<VoucherId>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::VoucherId)
        .filter(Column::VoucherId.is_in(vouchers.iter().copied()))
        .filter(Column::Kind.eq(Kind::ArrangeOtherwise))
        .into_tuple()
        .all(conn)
        .await?)
}

fn listed(city: CityId, state: Option<State>) -> Select<Entity> {
    let query = Entity::find().filter(Column::CityId.eq(city));
    match state {
        Some(state) => query.filter(Column::State.eq(state)),
        None => query,
    }
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    city: CityId,
    state: Option<State>,
    page: PageRequest<TaskId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, listed(city, state), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, city: CityId, state: Option<State>) -> Result<u64, Error> {
    Ok(listed(city, state).count(conn).await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    ids: &[TaskId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .all(conn)
        .await?)
}

pub(crate) async fn find_for_update(tx: &Tx, cities: &[CityId], id: TaskId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn set_closed(
    tx: &Tx,
    task: &Model,
    state: State,
    officer: PersonId,
    outcome: String,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(task.id),
        state: Set(state),
        closed_by: Set(Some(officer)),
        closed_at: Set(Some(tx.now())),
        outcome: Set(Some(outcome)),
        version: Set(task.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
