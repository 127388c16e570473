//! How an approval stood at which time.

use chrono::{DateTime, Utc};
use kernel::{ApprovalId, PersonId};
use sea_orm::entity::prelude::*;

use super::approval;

/// The time during which an approval stood in one state. The register of a past day is read from these, and they show
/// who decided what and why.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approval_period")]
pub struct Model {
    /// The approval.
    #[sea_orm(primary_key, auto_increment = false)]
    pub approval_id: ApprovalId,
    /// The version of the approval that began it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// The state.
    pub state: approval::State,
    /// Why the city decided so.
    pub reason: String,
    /// Who decided; none where a job did.
    pub decided_by: Option<PersonId>,
    /// When it began.
    pub from_at: DateTime<Utc>,
    /// When the next one began; none for the present one.
    pub until_at: Option<DateTime<Utc>>,
}

/// A period refers to its approval by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
