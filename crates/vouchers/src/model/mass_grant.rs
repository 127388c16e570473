//! A list from which many vouchers are granted: one officer drafts it, another confirms it, a job grants row by row (E4).

pub mod row;

use chrono::{DateTime, Utc};
use kernel::{CityId, MassGrantId, PersonId, ProgrammeId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;

/// How far a list has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Its rows are read and whole; nothing is granted.
    Draft,
    /// It was given up before it was confirmed.
    Cancelled,
    /// Another officer has confirmed it; a job grants its rows.
    Granting,
    /// Every row is granted or refused.
    Done,
}

/// A list of residents and what each of them is granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "mass_grant")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MassGrantId,
    /// The city that grants.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// How far it has come.
    pub state: State,
    /// How many rows it has.
    pub total: i32,
    /// The SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// The officer who sent it in.
    pub drafted_by: PersonId,
    /// When.
    pub drafted_at: DateTime<Utc>,
    /// The officer who confirmed it, who decides on its vouchers.
    pub confirmed_by: Option<PersonId>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A list refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether `officer`, who read version `expected`, may confirm it: not who drafted it.
    pub fn confirm(&self, officer: PersonId, expected: i32) -> Result<State, Refusal> {
        self.expect(State::Draft, expected)?;
        if officer == self.drafted_by {
            return Err(Refusal::FourEyes);
        }
        Ok(State::Granting)
    }

    /// Decides whether an officer who read version `expected` may give it up.
    pub fn cancel(&self, expected: i32) -> Result<State, Refusal> {
        self.expect(State::Draft, expected).map(|()| State::Cancelled)
    }

    /// Decides whether an officer who read version `expected` may let it try again the rows that the budget did not cover.
    pub fn resume(&self, expected: i32) -> Result<State, Refusal> {
        self.expect(State::Done, expected).map(|()| State::Granting)
    }

    fn expect(&self, state: State, version: i32) -> Result<(), Refusal> {
        if self.state != state {
            return Err(Refusal::State);
        }
        if self.version == version {
            Ok(())
        } else {
            Err(Refusal::Stale)
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    #[test]
    fn another_officer_confirms_it_once() {
        let person = |n| PersonId::from_uuid(Uuid::from_u128(n));
        let list = |state| Model {
            id: MassGrantId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            programme_id: ProgrammeId::from_uuid(Uuid::from_u128(3)),
            state,
            total: 1,
            sha256: String::new(),
            drafted_by: person(4),
            drafted_at: DateTime::UNIX_EPOCH,
            confirmed_by: None,
            version: 1,
        };
        assert_eq!(list(State::Draft).confirm(person(5), 1), Ok(State::Granting));
        assert_eq!(list(State::Draft).confirm(person(4), 1), Err(Refusal::FourEyes));
        assert_eq!(list(State::Draft).confirm(person(5), 2), Err(Refusal::Stale));
        assert_eq!(list(State::Granting).confirm(person(5), 1), Err(Refusal::State));
        assert_eq!(list(State::Done).cancel(1), Err(Refusal::State));
        assert_eq!(list(State::Done).resume(1), Ok(State::Granting));
    }
}
