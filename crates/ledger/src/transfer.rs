//! The stored transfer. Rows are written once; the database refuses to change or delete them.

use chrono::{DateTime, Utc};
use kernel::{AccountId, CityId, TransferId};
use sea_orm::entity::prelude::*;

use crate::account::Unit;

/// A movement of an amount from one account to another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfer")]
pub struct Model {
    /// Its id, in the order of time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferId,
    /// The tenant.
    pub city_id: CityId,
    /// What both accounts count.
    pub unit: Unit,
    /// The account the amount leaves.
    pub debit_account: AccountId,
    /// The account the amount enters.
    pub credit_account: AccountId,
    /// How much, above zero, in the unit.
    pub amount: i64,
    /// Why, as the posting context calls it, such as `booking.reserve`.
    pub kind: String,
    /// The record it is about, opaque here.
    pub reference: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a person's id, or the name of a job.
    pub actor: String,
    /// The transfer of the money with which these visits or minutes went; none for money, and where no money went with
    /// them. It follows from the sealed columns, so the seal does not cover it.
    pub linked_to: Option<TransferId>,
}

/// Transfers refer to accounts by id; the database checks it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
