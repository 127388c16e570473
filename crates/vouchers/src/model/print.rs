//! The PDF of a decision, as it was first printed.

use chrono::{DateTime, Utc};
use kernel::DecisionId;
use sea_orm::entity::prelude::*;

/// The PDF of a decision. It is made when somebody first asks for it, and never again.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_decision_print")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: DecisionId,
    /// Its bytes.
    pub pdf: Vec<u8>,
    /// SHA-256 of them in hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub printed_at: DateTime<Utc>,
}

/// The decision is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
