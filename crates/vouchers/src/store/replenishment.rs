//! The queries on replenishments.

use chrono::{DateTime, NaiveDate, Utc};
use db::{Error, Tx};
use kernel::{BudgetId, CityId, ProgrammeId, VoucherId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::{ExprTrait, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::replenishment::{Column, Entity, Model};
use crate::model::{self, Model as Voucher, State, Worth};

/// Vouchers in use of a programme that were granted before `since` and filled for no period that reaches `today`, a chunk above
/// `after`; each is judged under its lock.
pub(crate) async fn waiting(
    conn: &impl ConnectionTrait,
    programme: ProgrammeId,
    since: DateTime<Utc>,
    today: NaiveDate,
    after: Option<VoucherId>,
) -> Result<Vec<VoucherId>, Error> {
    let filled = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Expr::col(Column::VoucherId.as_column_ref()).equals((model::Entity, model::Column::Id)))
        .filter(Column::EndsOn.gte(today));
    let mut query = model::Entity::find()
        .select_only()
        .column(model::Column::Id)
        .filter(model::Column::ProgrammeId.eq(programme))
        .filter(model::Column::State.eq(State::Active))
        .filter(model::Column::ValidUntil.gte(today))
        .filter(model::Column::GrantedAt.lt(since))
        .filter(Expr::exists(filled.into_query()).not());
    if let Some(after) = after {
        query = query.filter(model::Column::Id.gt(after));
    }
    Ok(query
        .order_by_asc(model::Column::Id)
        .limit(500)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The latest replenishment of a voucher whose row the caller has locked.
pub(crate) async fn latest(tx: &Tx, voucher: VoucherId) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::VoucherId.eq(voucher))
        .order_by_desc(Column::StartsOn)
        .one(tx.conn())
        .await?)
}

/// The replenishments of vouchers of `cities` that the caller has been shown, in the order of months.
pub(crate) async fn of_vouchers(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    vouchers: &[VoucherId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::VoucherId.is_in(vouchers.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .order_by_asc(Column::StartsOn)
        .all(conn)
        .await?)
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Adds what came to a voucher, which `budget` funds from now on.
pub(crate) async fn fill(tx: &Tx, voucher: &Voucher, came: Worth, budget: BudgetId) -> Result<(), Error> {
    let change = model::ActiveModel {
        id: Unchanged(voucher.id),
        value_cents: Set(voucher.value_cents + came.cents),
        quantity: Set((voucher.worth() + came).quantity),
        budget_id: Set(budget),
        version: Set(voucher.version + 1),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}
