//! Compares what the years of a budget keep with the bookings they keep it for.

use std::collections::HashMap;

use kernel::{BudgetId, Cents, TypedId, VoucherId};
use ledger::Difference;
use sea_orm::entity::prelude::*;
use sea_orm::{ExprTrait, JoinType, QuerySelect};

use crate::Error;
use crate::model::booking::{Column, Entity, State};
use crate::model::delivery;

/// What each voucher's own year keeps is what its open bookings of other years hold, and the cash committed of each
/// overcommitted budget is what its bookings hold and its deliveries were paid.
pub(super) async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let mut differences = carried(conn).await?;
    differences.extend(committed(conn).await?);
    Ok(differences)
}

async fn carried(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let accounts = ledger::accounts_of_kind(conn, vouchers::accounts::CARRIED).await?;
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(VoucherId, Cents)> = Entity::find()
        .select_only()
        .columns([Column::VoucherId, Column::VoucherShareCents])
        .filter(Column::State.is_in([State::Requested, State::Confirmed]))
        .filter(Expr::col(Column::BudgetId).ne(Expr::col(Column::FundingId)))
        .into_tuple()
        .all(conn)
        .await
        .map_err(db::Error::from)?;
    let mut open: HashMap<Uuid, Cents> = HashMap::new();
    for (voucher, share) in rows {
        let held = open.entry(voucher.uuid()).or_default();
        *held = *held + share;
    }
    let derived = |owner: &Uuid| open.get(owner).map_or(0, |cents| cents.0);
    Ok(accounts
        .iter()
        .map(|account| (account, derived(&account.owner)))
        .filter(|(account, derived)| account.balance() != *derived)
        .map(|(account, derived)| Difference {
            what: format!("carried of {}", VoucherId::from_uuid(account.owner)),
            stored: account.balance(),
            derived,
        })
        .collect())
}

async fn committed(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let accounts = ledger::accounts_of_kind(conn, programmes::accounts::COMMITTED).await?;
    let mut differences = Vec::new();
    for account in accounts {
        let budget = BudgetId::from_uuid(account.owner);
        let derived = held_of(conn, budget).await? + paid_of(conn, budget).await?;
        if account.balance() != derived {
            differences.push(Difference {
                what: format!("cash committed of {budget}"),
                stored: account.balance(),
                derived,
            });
        }
    }
    Ok(differences)
}

async fn held_of(conn: &impl ConnectionTrait, budget: BudgetId) -> Result<i64, Error> {
    let sum: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Expr::col(Column::VoucherShareCents).sum().cast_as("bigint"), "cents")
        .filter(Column::BudgetId.eq(budget))
        .filter(Column::State.is_in([State::Requested, State::Confirmed]))
        .into_tuple()
        .one(conn)
        .await
        .map_err(db::Error::from)?;
    Ok(sum.flatten().unwrap_or(0))
}

async fn paid_of(conn: &impl ConnectionTrait, budget: BudgetId) -> Result<i64, Error> {
    let to_booking: RelationDef = delivery::Entity::belongs_to(Entity)
        .from(delivery::Column::BookingId)
        .to(Column::Id)
        .into();
    let share = Expr::col((delivery::Entity, delivery::Column::VoucherShareCents));
    let sum: Option<Option<i64>> = delivery::Entity::find()
        .select_only()
        .column_as(share.sum().cast_as("bigint"), "cents")
        .join(JoinType::InnerJoin, to_booking)
        .filter(Column::BudgetId.eq(budget))
        .into_tuple()
        .one(conn)
        .await
        .map_err(db::Error::from)?;
    Ok(sum.flatten().unwrap_or(0))
}
