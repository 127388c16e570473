//! The stored account.

use kernel::{AccountId, Cents, CityId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What an account counts. Both accounts of a transfer count the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    /// Euros in cents.
    EurCent,
    /// Visits in thousandths.
    VisitMilli,
    /// Minutes.
    Minute,
}

/// A kind of account: its name and the lowest balance it may have, declared by the context that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// A stable name such as `voucher.available`.
    pub name: &'static str,
    /// The lowest balance; `None` where the outside world stands behind the account.
    pub floor: Option<i64>,
}

/// An account of one owner in one city. At most one exists for each city, kind, owner and unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Its id; accounts are locked in this order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// The tenant.
    pub city_id: CityId,
    /// What it counts.
    pub unit: Unit,
    /// The name of its kind.
    pub kind: String,
    /// The record it belongs to, opaque here.
    pub owner: Uuid,
    /// All that was ever taken from it, in its unit.
    pub debits: i64,
    /// All that was ever put into it, in its unit.
    pub credits: i64,
    /// The lowest balance it may have.
    pub floor: Option<i64>,
}

/// Accounts are referred to by transfers only.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What it holds, in its unit; negative where money came from, such as an appropriation.
    pub fn balance(&self) -> i64 {
        self.credits - self.debits
    }

    /// What a euro account holds.
    pub fn cents(&self) -> Cents {
        Cents(self.balance())
    }

    /// True when `amount` may be taken from it.
    pub fn covers(&self, amount: i64) -> bool {
        self.floor
            .is_none_or(|floor| self.balance().saturating_sub(amount) >= floor)
    }
}
