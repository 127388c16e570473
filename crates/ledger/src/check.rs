use std::collections::HashMap;

use kernel::{AccountId, TransferId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ExprTrait, FromQueryResult, QuerySelect};

use crate::account::{self, Unit};
use crate::error::Error;
use crate::transfer;

/// Something that ought to be equal and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was compared, with the id of the record.
    pub what: String,
    /// What the record says.
    pub stored: i64,
    /// What the records below it add up to.
    pub derived: i64,
}

#[derive(FromQueryResult)]
struct Moved {
    account: AccountId,
    unit: Unit,
    amount: i64,
}

/// Adds up all transfers anew and answers every account whose debits, credits, unit or floor disagree, and every unit
/// that does not sum to zero. Run it in one transaction to see one moment.
pub async fn check(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let debits = moved(conn, transfer::Column::DebitAccount).await?;
    let credits = moved(conn, transfer::Column::CreditAccount).await?;
    let mut differences = Vec::new();
    let mut sums: HashMap<Unit, i64> = HashMap::new();
    for account in account::Entity::find().all(conn).await? {
        let derived =
            |side: &HashMap<(AccountId, Unit), i64>| side.get(&(account.id, account.unit)).copied().unwrap_or(0);
        let sides = [
            ("debits", account.debits, derived(&debits)),
            ("credits", account.credits, derived(&credits)),
        ];
        for (side, stored, derived) in sides {
            if stored != derived {
                differences.push(Difference {
                    what: format!("{side} of {} {}", account.kind, account.id),
                    stored,
                    derived,
                });
            }
        }
        if let Some(floor) = account.floor.filter(|floor| account.balance() < *floor) {
            let what = format!("floor of {} {}", account.kind, account.id);
            differences.push(Difference {
                what,
                stored: account.balance(),
                derived: floor,
            });
        }
        *sums.entry(account.unit).or_default() += account.balance();
    }
    differences.extend(
        sums.into_iter()
            .filter(|(_, sum)| *sum != 0)
            .map(|(unit, sum)| Difference {
                what: format!("sum of all {unit:?} accounts"),
                stored: sum,
                derived: 0,
            }),
    );
    differences.extend(links(conn).await?);
    Ok(differences)
}

/// A transfer of units that names another names one of money of the same kind about the same record.
async fn links(conn: &impl ConnectionTrait) -> Result<Vec<Difference>, Error> {
    let money = |column: transfer::Column| Expr::col((MONEY, column));
    let same = |column: transfer::Column| money(column).equals((transfer::Entity, column));
    let named = Query::select()
        .expr(Expr::value(1))
        .from_as(transfer::Entity, MONEY)
        .and_where(money(transfer::Column::Id).equals((transfer::Entity, transfer::Column::LinkedTo)))
        .and_where(money(transfer::Column::Unit).eq(Unit::EurCent))
        .and_where(same(transfer::Column::Kind))
        .and_where(same(transfer::Column::Reference))
        .to_owned();
    let wrong = transfer::Entity::find()
        .filter(transfer::Column::LinkedTo.is_not_null())
        .filter(Expr::exists(named).not())
        .all(conn)
        .await?;
    let difference = |transfer: &transfer::Model| Difference {
        what: format!("link of {}", transfer.id),
        stored: 1,
        derived: 0,
    };
    Ok(wrong.iter().map(difference).collect())
}

/// The name of the transfers of money beside those of units.
const MONEY: &str = "money";

async fn moved(conn: &impl ConnectionTrait, side: transfer::Column) -> Result<HashMap<(AccountId, Unit), i64>, Error> {
    let rows = transfer::Entity::find()
        .select_only()
        .column_as(side, "account")
        .column(transfer::Column::Unit)
        .column_as(Expr::col(transfer::Column::Amount).sum().cast_as("bigint"), "amount")
        .group_by(side)
        .group_by(transfer::Column::Unit)
        .into_model::<Moved>()
        .all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.account, row.unit), row.amount))
        .collect())
}

/// One transfer in a fixed form, for the seals.
pub fn canonical(transfer: &transfer::Model) -> (TransferId, String) {
    let text = format!(
        "{}|{}|{:?}|{}|{}|{}|{}|{}|{}|{}",
        transfer.id,
        transfer.city_id,
        transfer.unit,
        transfer.debit_account,
        transfer.credit_account,
        transfer.amount,
        transfer.kind,
        transfer.reference,
        transfer.at.timestamp_micros(),
        transfer.actor,
    );
    (transfer.id, text)
}
