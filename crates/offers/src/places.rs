//! The places of an occurrence, taken and given back by bookings in their own transaction.
//!
//! Both are single relative updates: a rival waits at the row and is judged by what the first one left.

use db::{Error, Tx};
use kernel::OccurrenceId;
use sea_orm::ExprTrait;
use sea_orm::entity::prelude::*;

use crate::model::occurrence::{Column, Entity, State};

/// Takes `units` places of an open occurrence, at least one. False when fewer are left or it is called off.
pub async fn take(tx: &Tx, occurrence: OccurrenceId, units: i32) -> Result<bool, Error> {
    if units < 1 {
        return Ok(false);
    }
    let left = Expr::col(Column::Capacity).sub(Expr::col(Column::Taken));
    let taken = Entity::update_many()
        .col_expr(Column::Taken, Expr::col(Column::Taken).add(units))
        .filter(Column::Id.eq(occurrence))
        .filter(Column::State.eq(State::Open))
        .filter(left.gte(units))
        .exec(tx.conn())
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Gives `units` places back that were taken before. More than were taken is a fault of the caller, which a CHECK of
/// the table refuses.
pub async fn give_back(tx: &Tx, occurrence: OccurrenceId, units: i32) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Taken, Expr::col(Column::Taken).sub(units))
        .filter(Column::Id.eq(occurrence))
        .exec(tx.conn())
        .await?;
    Ok(())
}
