use std::collections::HashMap;
use std::hash::Hash;

use bookings::accounts::PAYABLE;
use bookings::model::delivery;
use db::Error;
use kernel::{CityId, CompanyId, RunId, StatementId, TypedId};
use ledger::{Difference, Kind};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ExprTrait, QuerySelect};
use sha2::{Digest, Sha256};

use crate::accounts::{CLEARING, PAID};
use crate::model::payment::State;
use crate::model::{file, line, payment, statement};

/// Adds up lines, payments and deliveries anew and answers every statement, account and payment file that disagrees.
/// Run it in one transaction to see one moment.
///
/// - A statement's lines add up to its total without what it brings forward, and its payment is its total.
/// - `run.clearing` holds the payments of the run on which the bank has not decided; `paid` those it has paid.
/// - `provider.payable` holds the voucher shares of all deliveries without the payments that are under way or paid.
pub async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let mut differences = statements(conn).await?;
    let clearing = payments_by(conn, payment::Column::RunId, &[State::Pending, State::Sent]).await?;
    let clearing: HashMap<RunId, i64> = clearing.into_iter().collect();
    let paid: HashMap<CityId, i64> = payments_by(conn, payment::Column::CityId, &[State::Paid]).await?;
    differences.extend(accounts(conn, CLEARING, |_, owner| sum_of(&clearing, &RunId::from_uuid(owner))).await?);
    differences.extend(accounts(conn, PAID, |_, owner| sum_of(&paid, &CityId::from_uuid(owner))).await?);
    differences.extend(payables(conn).await?);
    differences.extend(files(conn).await?);
    Ok(differences)
}

async fn statements(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let lines: HashMap<StatementId, i64> = line::Entity::find()
        .select_only()
        .column(line::Column::StatementId)
        .column_as(total(line::Column::VoucherShareCents), "total")
        .group_by(line::Column::StatementId)
        .into_tuple()
        .all(conn)
        .await?
        .into_iter()
        .collect();
    let payments: HashMap<StatementId, i64> = payments_by(conn, payment::Column::StatementId, &[]).await?;
    let mut differences = Vec::new();
    for row in statement::Entity::find().all(conn).await? {
        let what = format!("lines of {}", row.id);
        differences.extend(difference(what, row.lines_cents.0, sum_of(&lines, &row.id)));
        if let Some(paid) = payments.get(&row.id) {
            differences.extend(difference(format!("payment of {}", row.id), row.total_cents.0, *paid));
        }
    }
    Ok(differences)
}

async fn payables(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let delivered: Vec<(CityId, CompanyId, i64)> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::CityId)
        .column(delivery::Column::CompanyId)
        .column_as(total(delivery::Column::VoucherShareCents), "total")
        .group_by(delivery::Column::CityId)
        .group_by(delivery::Column::CompanyId)
        .into_tuple()
        .all(conn)
        .await?;
    let under_way: Vec<(CityId, CompanyId, i64)> = payment::Entity::find()
        .select_only()
        .column(payment::Column::CityId)
        .column(payment::Column::CompanyId)
        .column_as(total(payment::Column::AmountCents), "total")
        .filter(payment::Column::State.is_in(State::UNDER_WAY))
        .group_by(payment::Column::CityId)
        .group_by(payment::Column::CompanyId)
        .into_tuple()
        .all(conn)
        .await?;
    let mut owed: HashMap<(CityId, CompanyId), i64> = HashMap::new();
    for (city, company, cents) in delivered {
        *owed.entry((city, company)).or_default() += cents;
    }
    for (city, company, cents) in under_way {
        *owed.entry((city, company)).or_default() -= cents;
    }
    accounts(conn, PAYABLE, |city, owner| {
        sum_of(&owed, &(city, CompanyId::from_uuid(owner)))
    })
    .await
}

async fn files(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let files = file::Entity::find().all(conn).await?;
    let broken = files
        .iter()
        .filter(|row| hex::encode(Sha256::digest(&row.content)) != row.sha256);
    Ok(broken
        .map(|row| Difference {
            what: format!("digest of the payment file of {}", row.run_id),
            stored: 1,
            derived: 0,
        })
        .collect())
}

/// Sums of payments in these states, or in all of them, by the values of a column.
async fn payments_by<K>(
    conn: &impl ConnectionTrait,
    key: payment::Column,
    states: &[State],
) -> Result<HashMap<K, i64>, Error>
where
    K: sea_orm::TryGetable + Eq + Hash + Send + Sync,
{
    let mut query = payment::Entity::find();
    if !states.is_empty() {
        query = query.filter(payment::Column::State.is_in(states.iter().copied()));
    }
    let sums: Vec<(K, i64)> = query
        .select_only()
        .column(key)
        .column_as(total(payment::Column::AmountCents), "total")
        .group_by(key)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(sums.into_iter().collect())
}

/// The accounts of a kind that hold something else than `derived` says.
async fn accounts(
    conn: &impl ConnectionTrait,
    kind: Kind,
    derived: impl Fn(CityId, Uuid) -> i64,
) -> Result<Vec<Difference>, Error> {
    let accounts = ledger::account::Entity::find()
        .filter(ledger::account::Column::Kind.eq(kind.name))
        .all(conn)
        .await?;
    Ok(accounts
        .iter()
        .filter_map(|account| {
            let what = format!("balance of {} {}", kind.name, account.id);
            difference(what, account.balance(), derived(account.city_id, account.owner))
        })
        .collect())
}

fn total(column: impl ColumnTrait) -> Expr {
    column.into_expr().sum().cast_as("bigint")
}

fn sum_of<K: Eq + Hash>(sums: &HashMap<K, i64>, key: &K) -> i64 {
    sums.get(key).copied().unwrap_or(0)
}

fn difference(what: String, stored: i64, derived: i64) -> Option<Difference> {
    (stored != derived).then_some(Difference { what, stored, derived })
}
