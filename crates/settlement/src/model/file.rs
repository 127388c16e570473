//! Payment files as they were handed out.

use chrono::{DateTime, Utc};
use kernel::{CityId, RunId};
use sea_orm::entity::prelude::*;

/// The payment file of a run (maksuaineisto). It is stored when it is made, so that every download has the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_file")]
pub struct Model {
    /// The run.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: RunId,
    /// The city that pays.
    pub city_id: CityId,
    /// A name for the file.
    pub name: String,
    /// The file: ISO 20022 `pain.001.001.09` in UTF-8.
    pub content: String,
    /// SHA-256 of the content in hexadecimal.
    pub sha256: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A file refers to its run by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
