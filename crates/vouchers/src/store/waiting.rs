//! The queries on the waiting list.

use chrono::NaiveDate;
use db::{Error, Tx};
use kernel::{Cents, CityId, ProgrammeId, VoucherApplicationId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, ExprTrait, OnConflict, Query};
use sea_orm::{Condition, IntoActiveModel, Iterable, JoinType, QueryOrder, QuerySelect, QueryTrait};

use crate::model::application;
use crate::model::waiting::{ActiveModel, Column, Entity, Model};

/// Gives an application its place, or another one. The caller has locked the application.
pub(crate) async fn put(tx: &Tx, place: Model) -> Result<(), Error> {
    let columns = Column::iter().filter(|column| !matches!(column, Column::ApplicationId));
    Entity::insert(place.into_active_model())
        .on_conflict(
            OnConflict::column(Column::ApplicationId)
                .update_columns(columns)
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The place of an application that the caller has locked or found with a scope.
pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    application: VoucherApplicationId,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(application).one(conn).await?)
}

/// The places of those of `ids` that lie in the scope of applications.
pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[VoucherApplicationId],
) -> Result<Vec<Model>, Error> {
    let readable = application::Entity::find()
        .select_only()
        .column(application::Column::Id)
        .filter(application::Column::Id.is_in(ids.iter().copied()))
        .filter(scope);
    Ok(Entity::find()
        .filter(Column::ApplicationId.in_subquery(readable.into_query()))
        .all(conn)
        .await?)
}

/// How many wait before each of `ids`, which the caller may see and which wait.
pub(crate) async fn ahead_of(
    conn: &impl ConnectionTrait,
    ids: &[VoucherApplicationId],
) -> Result<Vec<(VoucherApplicationId, i64)>, Error> {
    let (me, ahead) = (Alias::new("me"), Alias::new("ahead"));
    let of = |table: &Alias, column: Column| Expr::col((table.clone(), column));
    let mine = |column| (me.clone(), column);
    let same = || of(&ahead, Column::Priority).equals(mine(Column::Priority));
    let before = of(&ahead, Column::ApplicationId).lt(of(&me, Column::ApplicationId));
    let more_urgent = of(&ahead, Column::Priority).gt(of(&me, Column::Priority));
    let comes_before = Condition::all()
        .add(of(&ahead, Column::ProgrammeId).equals(mine(Column::ProgrammeId)))
        .add(of(&ahead, Column::BudgetId).is_null())
        .add(more_urgent.or(same().and(before)));
    let query = Query::select()
        .column(mine(Column::ApplicationId))
        .expr(of(&ahead, Column::ApplicationId).count())
        .from_as(Entity, me.clone())
        .join_as(JoinType::LeftJoin, Entity, ahead.clone(), comes_before)
        .and_where(of(&me, Column::ApplicationId).is_in(ids.iter().copied()))
        .group_by_col(mine(Column::ApplicationId))
        .take();
    let rows = conn.query_all(&query).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}

/// Writes what is to be granted, by the terms of another day.
pub(crate) async fn set_cents(tx: &Tx, application: VoucherApplicationId, cents: Cents) -> Result<(), Error> {
    let change = ActiveModel {
        application_id: Unchanged(application),
        cents: Set(cents),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

/// Writes an offer.
pub(crate) async fn set_offer(tx: &Tx, place: &Model) -> Result<(), Error> {
    let change = ActiveModel {
        application_id: Unchanged(place.application_id),
        budget_id: Set(place.budget_id),
        offered_until: Set(place.offered_until),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

/// Takes an application off the list.
pub(crate) async fn delete(tx: &Tx, application: VoucherApplicationId) -> Result<(), Error> {
    Entity::delete_by_id(application).exec(tx.conn()).await?;
    Ok(())
}

fn waiting(programme: ProgrammeId) -> Select<Entity> {
    Entity::find()
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::BudgetId.is_null())
        .order_by_desc(Column::Priority)
        .order_by_asc(Column::ApplicationId)
}

/// True when somebody waits for money of a programme.
pub(crate) async fn somebody_waits(conn: &impl ConnectionTrait, programme: ProgrammeId) -> Result<bool, Error> {
    Ok(first(conn, programme, None).await?.is_some())
}

/// The first who waits for money of a programme and needs no more than `free` cents, where that is said.
pub(crate) async fn first(
    conn: &impl ConnectionTrait,
    programme: ProgrammeId,
    free: Option<Cents>,
) -> Result<Option<Model>, Error> {
    let mut query = waiting(programme);
    if let Some(free) = free {
        query = query.filter(Column::Cents.lte(free));
    }
    Ok(query.one(conn).await?)
}

/// The programmes of a city for whose money somebody waits.
pub(crate) async fn programmes(conn: &impl ConnectionTrait, city: CityId) -> Result<Vec<ProgrammeId>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::ProgrammeId)
        .distinct()
        .filter(Column::CityId.eq(city))
        .filter(Column::BudgetId.is_null())
        .into_tuple()
        .all(conn)
        .await?)
}

/// Offers of a city whose time was over before `today`, a chunk.
pub(crate) async fn overdue(conn: &impl ConnectionTrait, city: CityId, today: NaiveDate) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::OfferedUntil.lt(today))
        .order_by_asc(Column::ApplicationId)
        .limit(500)
        .all(conn)
        .await?)
}

/// What is set aside, for the check.
pub(crate) async fn offered(conn: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    Ok(Entity::find().filter(Column::BudgetId.is_not_null()).all(conn).await?)
}

/// How many places there are, and how many applications are on the list; for the check.
pub(crate) async fn counts(conn: &impl ConnectionTrait) -> Result<(u64, u64), Error> {
    use application::State::{Offered, Waiting};
    let queued = application::Entity::find().filter(application::Column::State.is_in([Waiting, Offered]));
    Ok((Entity::find().count(conn).await?, queued.count(conn).await?))
}
