//! What a city and a resident write to each other about an application.

use chrono::{DateTime, Utc};
use kernel::{PersonId, VoucherApplicationId};
use sea_orm::entity::prelude::*;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The city asks.
    Question,
    /// The resident answers.
    Answer,
}

/// A message in an application.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_application_message")]
pub struct Model {
    /// The application.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: VoucherApplicationId,
    /// The version of the application that came with it; puts messages in order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Who wrote it.
    pub author_id: PersonId,
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A message refers to its application by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
