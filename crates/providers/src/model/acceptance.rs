//! That a company has accepted a version of a rulebook.

use chrono::{DateTime, Utc};
use kernel::{CityId, CompanyId, PersonId, ProgrammeId, RulebookId};
use sea_orm::entity::prelude::*;

/// A signatory's word that her company keeps a version of a programme's rulebook (sitoutuminen sääntökirjaan, P2). It is
/// never taken back: who wants to leave resigns from the programme.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rulebook_acceptance")]
pub struct Model {
    /// The company.
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: CompanyId,
    /// The version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rulebook_id: RulebookId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The number of the version: who has accepted a later one need not go back to it.
    pub number: i32,
    /// The signatory.
    pub accepted_by: PersonId,
    /// When.
    pub accepted_at: DateTime<Utc>,
}

/// An acceptance refers to its records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
