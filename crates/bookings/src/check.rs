use std::collections::HashMap;

use kernel::{OccurrenceId, TypedId, VoucherId};
use ledger::{Difference, Kind};
use offers::model::occurrence;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, ExprTrait, FromQueryResult, JoinType, QuerySelect};

use crate::Error;
use crate::model::booking::{self, State};
use crate::model::{delivery, visit};

mod corrections;
mod years;

#[derive(FromQueryResult)]
struct Held {
    voucher: VoucherId,
    amount: i64,
}

#[derive(FromQueryResult)]
struct Taken {
    occurrence: OccurrenceId,
    units: i64,
}

/// Compares bookings with what they hold: the reserved money and units of each voucher with its open bookings, the units
/// used with its deliveries, the places taken
/// of each occurrence with its visits, the parts of each price, and deliveries with the states of their bookings.
pub async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let (cents, units) = (booking::Column::VoucherShareCents, booking::Column::Quantity);
    let mut differences = held(conn, vouchers::accounts::RESERVED, cents).await?;
    differences.extend(held(conn, vouchers::accounts::BOOKED_UNITS, units).await?);
    differences.extend(used(conn).await?);
    differences.extend(places(conn).await?);
    differences.extend(shares(conn).await?);
    differences.extend(years::check(conn).await?);
    differences.extend(corrections::check(conn).await?);
    differences.extend(delivered(conn).await?);
    Ok(differences)
}

/// What the accounts of this kind hold is the sum of a column of the open bookings of their vouchers.
async fn held(conn: &impl ConnectionTrait, kind: Kind, column: booking::Column) -> Result<Vec<Difference>, Error> {
    let rows = booking::Entity::find()
        .select_only()
        .column_as(booking::Column::VoucherId, "voucher")
        .column_as(Expr::col(column).sum().cast_as("bigint"), "amount")
        .filter(booking::Column::State.is_in([State::Requested, State::Confirmed]))
        .group_by(booking::Column::VoucherId)
        .into_model::<Held>()
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    compared(conn, kind, rows).await
}

/// The units of a voucher that were used are those of its deliveries.
async fn used(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let to_booking: RelationDef = delivery::Entity::belongs_to(booking::Entity)
        .from(delivery::Column::BookingId)
        .to(booking::Column::Id)
        .into();
    let quantity = Expr::col((delivery::Entity, delivery::Column::Quantity));
    let rows = delivery::Entity::find()
        .select_only()
        .column_as(booking::Column::VoucherId, "voucher")
        .column_as(quantity.sum().cast_as("bigint"), "amount")
        .join(JoinType::InnerJoin, to_booking)
        .group_by(booking::Column::VoucherId)
        .into_model::<Held>()
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    compared(conn, vouchers::accounts::USED_UNITS, rows).await
}

async fn compared(conn: &impl ConnectionTrait, kind: Kind, rows: Vec<Held>) -> Result<Vec<Difference>, Error> {
    let of: HashMap<Uuid, i64> = rows.into_iter().map(|row| (row.voucher.uuid(), row.amount)).collect();
    let accounts = ledger::accounts_of_kind(conn, kind).await?;
    Ok(accounts
        .iter()
        .map(|account| (account, of.get(&account.owner).copied().unwrap_or(0)))
        .filter(|(account, derived)| account.balance() != *derived)
        .map(|(account, derived)| Difference {
            what: format!("{} of {}", kind.name, VoucherId::from_uuid(account.owner)),
            stored: account.balance(),
            derived,
        })
        .collect())
}

async fn places(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let to_booking: RelationDef = visit::Entity::belongs_to(booking::Entity)
        .from(visit::Column::BookingId)
        .to(booking::Column::Id)
        .into();
    let rows = visit::Entity::find()
        .select_only()
        .column_as(visit::Column::OccurrenceId, "occurrence")
        .column_as(
            Expr::col((visit::Entity, visit::Column::Units)).sum().cast_as("bigint"),
            "units",
        )
        .join(JoinType::InnerJoin, to_booking)
        .filter(booking::Column::State.is_in([State::Requested, State::Confirmed, State::Delivered]))
        .group_by(visit::Column::OccurrenceId)
        .into_model::<Taken>()
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    let taken: HashMap<OccurrenceId, i64> = rows.into_iter().map(|row| (row.occurrence, row.units)).collect();
    let occurrences = occurrence::Entity::find()
        .filter(
            Condition::any()
                .add(occurrence::Column::Taken.ne(0))
                .add(occurrence::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(
                    visit::Entity::find().select_only().column(visit::Column::OccurrenceId),
                ))),
        )
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    Ok(occurrences
        .iter()
        .map(|row| (row, i64::from(row.taken), taken.get(&row.id).copied().unwrap_or(0)))
        .filter(|(_, stored, derived)| stored != derived)
        .map(|(row, stored, derived)| Difference {
            what: format!("places of {}", row.id),
            stored,
            derived,
        })
        .collect())
}

async fn shares(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let wrong = Expr::col(booking::Column::VoucherShareCents)
        .add(Expr::col(booking::Column::OwnShareCents))
        .ne(Expr::col(booking::Column::PriceCents));
    let rows = booking::Entity::find()
        .filter(wrong)
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    Ok(rows
        .iter()
        .map(|row| Difference {
            what: format!("shares of {}", row.id),
            stored: row.price_cents.0,
            derived: (row.voucher_share_cents + row.own_share_cents).0,
        })
        .collect())
}

/// A delivered or lately cancelled booking has a delivery, no other has one. A late cancellation that costs nothing has none.
async fn delivered(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let with_delivery = || {
        sea_orm::QueryTrait::into_query(
            delivery::Entity::find()
                .select_only()
                .column(delivery::Column::BookingId),
        )
    };
    let missing = booking::Entity::find()
        .filter(booking::Column::State.eq(State::Delivered))
        .filter(booking::Column::Id.not_in_subquery(with_delivery()))
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    let surplus = booking::Entity::find()
        .filter(booking::Column::State.is_not_in([State::Delivered, State::CancelledLate]))
        .filter(booking::Column::Id.in_subquery(with_delivery()))
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    let difference = |what: &str, row: &booking::Model, stored, derived| Difference {
        what: format!("{what} of {}", row.id),
        stored,
        derived,
    };
    let missing = missing.iter().map(|row| difference("missing delivery", row, 0, 1));
    Ok(missing
        .chain(surplus.iter().map(|row| difference("surplus delivery", row, 1, 0)))
        .collect())
}
