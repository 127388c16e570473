use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use bookings::accounts::PAYABLE;
use bookings::model::delivery;
use db::Error;
use kernel::{CityId, LineId, RunId, StatementId};
use ledger::{Difference, Kind};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ExprTrait, JoinType, QuerySelect, Select};
use sha2::{Digest, Sha256};

use crate::accounts::{CLEARING, PAID};
use crate::bank::pain001::control_sum;
use crate::model::payment::State;
use crate::model::{file, line, payment, run, statement};

/// Sums in cents by the city and owner of an account.
type Balances = HashMap<(CityId, Uuid), i64>;

/// Adds up lines, payments and deliveries anew and answers every statement, account and payment file that disagrees.
/// Run it in one transaction to see one moment.
///
/// - A line has the voucher share of its delivery. A statement's lines add up to its total without what it brings
///   forward, the failed payments it carries to what it brings forward, and its payment is its total.
/// - `run.clearing` holds the payments of the run on which the bank has not decided; `paid` those it has paid.
/// - `provider.payable` holds the voucher shares of all deliveries without the payments that are under way or paid.
/// - A payment file has its digest and orders what the payments of its run add up to.
pub async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let mut differences = lines(conn).await?;
    differences.extend(statements(conn).await?);
    let clearing = payments_by_owner(conn, payment::Column::RunId, &[State::Pending, State::Sent]).await?;
    differences.extend(accounts(conn, CLEARING, clearing).await?);
    let paid = payments_by_owner(conn, payment::Column::CityId, &[State::Paid]).await?;
    differences.extend(accounts(conn, PAID, paid).await?);
    differences.extend(accounts(conn, PAYABLE, owed(conn).await?).await?);
    differences.extend(files(conn).await?);
    Ok(differences)
}

/// Lines whose voucher share is not that of their delivery.
async fn lines(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let delivery = line::Entity::belongs_to(delivery::Entity)
        .from(line::Column::DeliveryId)
        .to(delivery::Column::Id)
        .into();
    let delivered = Expr::col((delivery::Entity, delivery::Column::VoucherShareCents));
    let settled = Expr::col((line::Entity, line::Column::VoucherShareCents));
    let wrong: Vec<(LineId, i64, Option<i64>)> = line::Entity::find()
        .select_only()
        .column(line::Column::Id)
        .column(line::Column::VoucherShareCents)
        .column_as(delivered.clone(), "delivered")
        .join(JoinType::LeftJoin, delivery)
        .filter(line::Column::Kind.eq(line::Kind::Original))
        .filter(delivered.clone().is_null().or(settled.ne(delivered)))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(wrong
        .into_iter()
        .map(|(id, stored, delivered)| Difference {
            what: format!("share of {id}"),
            stored,
            derived: delivered.unwrap_or(0),
        })
        .collect())
}

async fn statements(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let lines = line::Entity::find()
        .select_only()
        .column(line::Column::StatementId)
        .column_as(total(line::Column::VoucherShareCents), "total")
        .group_by(line::Column::StatementId);
    let lines: HashMap<StatementId, i64> = sums(conn, lines).await?;
    let payments: HashMap<StatementId, i64> = payments_by(conn, payment::Column::StatementId, &[]).await?;
    let carried: HashMap<Option<StatementId>, i64> =
        payments_by(conn, payment::Column::CarriedTo, &State::FAILED).await?;
    let cancelled: Vec<RunId> = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::State.eq(run::State::Cancelled))
        .into_tuple()
        .all(conn)
        .await?;
    let cancelled: HashSet<_> = cancelled.into_iter().collect();
    let mut differences = Vec::new();
    for row in statement::Entity::find().all(conn).await? {
        let what = format!("lines of {}", row.id);
        differences.extend(difference(what, row.lines_cents.0, sum_of(&lines, &row.id)));
        if let Some(paid) = payments.get(&row.id) {
            differences.extend(difference(format!("payment of {}", row.id), row.total_cents.0, *paid));
        }
        // A cancelled run has let go of the payments that its statements name.
        if !cancelled.contains(&row.run_id) {
            let what = format!("brought forward on {}", row.id);
            let carried = sum_of(&carried, &Some(row.id));
            differences.extend(difference(what, row.brought_forward_cents.0, carried));
        }
    }
    Ok(differences)
}

/// What cities owe companies: the voucher shares of deliveries that no payment under way or paid covers.
async fn owed(conn: &impl ConnectionTrait) -> Result<Balances, Error> {
    let delivered = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::CityId)
        .column(delivery::Column::CompanyId)
        .column_as(total(delivery::Column::VoucherShareCents), "total")
        .group_by(delivery::Column::CityId)
        .group_by(delivery::Column::CompanyId);
    let mut owed = balances(conn, delivered).await?;
    for (company, cents) in payments_by_owner(conn, payment::Column::CompanyId, &State::UNDER_WAY).await? {
        *owed.entry(company).or_default() -= cents;
    }
    Ok(owed)
}

async fn files(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let with_bank = [State::Sent, State::Paid, State::Rejected, State::Returned];
    let mut ordered: HashMap<RunId, i64> = payments_by(conn, payment::Column::RunId, &with_bank).await?;
    let mut differences = Vec::new();
    for row in file::Entity::find().all(conn).await? {
        let payments = ordered.remove(&row.run_id).unwrap_or(0);
        let what = format!("sum of the payment file of {}", row.run_id);
        differences.extend(difference(what, control_sum(&row.content).unwrap_or(0), payments));
        if hex::encode(Sha256::digest(&row.content)) != row.sha256 {
            differences.push(Difference {
                what: format!("digest of the payment file of {}", row.run_id),
                stored: 1,
                derived: 0,
            });
        }
    }
    differences.extend(ordered.into_iter().map(|(run, derived)| Difference {
        what: format!("missing payment file of {run}"),
        stored: 0,
        derived,
    }));
    Ok(differences)
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
    let query = payments_in(states)
        .select_only()
        .column(key)
        .column_as(total(payment::Column::AmountCents), "total")
        .group_by(key);
    sums(conn, query).await
}

/// Sums of payments in these states by city and by the column that names the owner of an account.
async fn payments_by_owner(
    conn: &impl ConnectionTrait,
    owner: payment::Column,
    states: &[State],
) -> Result<Balances, Error> {
    let query = payments_in(states)
        .select_only()
        .column(payment::Column::CityId)
        .column_as(owner, "owner")
        .column_as(total(payment::Column::AmountCents), "total")
        .group_by(payment::Column::CityId)
        .group_by(owner);
    balances(conn, query).await
}

fn payments_in(states: &[State]) -> Select<payment::Entity> {
    let query = payment::Entity::find();
    if states.is_empty() {
        return query;
    }
    query.filter(payment::Column::State.is_in(states.iter().copied()))
}

async fn sums<K, E: EntityTrait>(conn: &impl ConnectionTrait, query: Select<E>) -> Result<HashMap<K, i64>, Error>
where
    K: sea_orm::TryGetable + Eq + Hash + Send + Sync,
{
    let rows: Vec<(K, i64)> = query.into_tuple().all(conn).await?;
    Ok(rows.into_iter().collect())
}

async fn balances<E: EntityTrait>(conn: &impl ConnectionTrait, query: Select<E>) -> Result<Balances, Error> {
    let rows: Vec<(CityId, Uuid, i64)> = query.into_tuple().all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(city, owner, cents)| ((city, owner), cents))
        .collect())
}

/// The accounts of a kind that hold something else than `derived` says, and those that ought to hold something and do
/// not exist.
async fn accounts(conn: &impl ConnectionTrait, kind: Kind, mut derived: Balances) -> Result<Vec<Difference>, Error> {
    let accounts = ledger::account::Entity::find()
        .filter(ledger::account::Column::Kind.eq(kind.name))
        .all(conn)
        .await?;
    let mut differences = Vec::new();
    for account in accounts {
        let what = format!("balance of {} {}", kind.name, account.id);
        let cents = derived.remove(&(account.city_id, account.owner)).unwrap_or(0);
        differences.extend(difference(what, account.balance(), cents));
    }
    differences.extend(derived.into_iter().filter_map(|((city, owner), cents)| {
        let what = format!("missing account {} of {owner} in {city}", kind.name);
        difference(what, 0, cents)
    }));
    Ok(differences)
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
