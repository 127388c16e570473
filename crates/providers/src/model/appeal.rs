//! A request for rectification of a decision.

use chrono::{DateTime, Utc};
use kernel::{Actor, CityId, CompanyId, PersonId, SanctionId};
use sea_orm::entity::prelude::*;

use super::{Refusal, sanction};

/// How far a request has come, or how it was ruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// An officer has to rule.
    Open,
    /// The decision stays as it is.
    Upheld,
    /// The decision is lifted.
    Lifted,
    /// The request is not examined.
    Dismissed,
}

/// A company's request for rectification (oikaisuvaatimus, 434/2003 49 b §) of a decision; at most one for each.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sanction_appeal")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sanction_id: SanctionId,
    /// The city that rules.
    pub city_id: CityId,
    /// The company that asks.
    pub company_id: CompanyId,
    /// What it asks for and why.
    pub text: String,
    /// The signatory.
    pub filed_by: PersonId,
    /// When.
    pub filed_at: DateTime<Utc>,
    /// How far it has come.
    pub state: State,
    /// The grounds of the ruling.
    pub grounds: Option<String>,
    /// The officer who ruled.
    pub ruled_by: Option<PersonId>,
    /// When.
    pub ruled_at: Option<DateTime<Utc>>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A request refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether `officer`, who read version `expected`, may rule on it: once, and another one than who decided.
    ///
    /// # Errors
    /// `FourEyes` for the officer who decided and for those who work for the company, `State` when it is ruled, `Stale`.
    pub fn rule(&self, decision: &sanction::Model, officer: &Actor, expected: i32) -> Result<(), Refusal> {
        let own = officer
            .signed_in()
            .ok()
            .is_some_and(|officer| decision.decided_by == Some(officer));
        let of_company = officer.companies.iter().any(|(company, _)| *company == self.company_id);
        if own || of_company {
            Err(Refusal::FourEyes)
        } else if self.state != State::Open {
            Err(Refusal::State)
        } else if self.version != expected {
            Err(Refusal::Stale)
        } else {
            Ok(())
        }
    }
}
