//! A role in the staff of a city.

use chrono::{DateTime, Utc};
use kernel::{CityId, PersonId, StaffMemberId, StaffRole};
use sea_orm::entity::prelude::*;

/// How far a role has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// One administrator wants it.
    Proposed,
    /// Another one has confirmed it; it counts.
    Active,
    /// It does not count any more.
    Revoked,
}

/// A person's role in the staff of a city.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_member")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffMemberId,
    /// The city.
    pub city_id: CityId,
    /// The person.
    pub person_id: PersonId,
    /// The role.
    pub role: StaffRole,
    /// How far it has come.
    pub state: State,
    /// The administrator who proposed it; none for the first ones, whom the operator makes.
    pub proposed_by: Option<PersonId>,
    /// When.
    pub proposed_at: DateTime<Utc>,
}

/// Staff refers to cities and persons by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Why a role cannot be confirmed or revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow it.
    State,
    /// Neither who proposed the role nor who gets it may confirm it.
    FourEyes,
}

/// How many administrators the operator gives a city: two persons give each other role.
pub const FIRST_ADMINISTRATORS: u64 = 2;

/// Decides whether the operator may make an administrator of a city that has so many active ones: others are proposed
/// and confirmed by those.
pub fn appoint(active: u64) -> Result<State, Refusal> {
    if active < FIRST_ADMINISTRATORS {
        Ok(State::Active)
    } else {
        Err(Refusal::State)
    }
}

impl Model {
    /// Decides whether `person` may confirm this role.
    pub fn confirm(&self, person: PersonId) -> Result<State, Refusal> {
        match self.state {
            State::Proposed if self.proposed_by == Some(person) || self.person_id == person => Err(Refusal::FourEyes),
            State::Proposed => Ok(State::Active),
            State::Active | State::Revoked => Err(Refusal::State),
        }
    }

    /// Decides whether this role may be revoked.
    pub fn revoke(&self) -> Result<State, Refusal> {
        match self.state {
            State::Proposed | State::Active => Ok(State::Revoked),
            State::Revoked => Err(Refusal::State),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn role(state: State) -> Model {
        let id = |n| Uuid::from_u128(n);
        Model {
            id: StaffMemberId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            person_id: PersonId::from_uuid(id(3)),
            role: StaffRole::Approver,
            state,
            proposed_by: Some(PersonId::from_uuid(id(4))),
            proposed_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_operator_appoints_two() {
        assert_eq!(appoint(0), Ok(State::Active));
        assert_eq!(appoint(1), Ok(State::Active));
        assert_eq!(appoint(2), Err(Refusal::State));
    }

    #[test]
    fn takes_a_third_person_to_confirm() {
        let person = |n| PersonId::from_uuid(Uuid::from_u128(n));
        assert_eq!(role(State::Proposed).confirm(person(4)), Err(Refusal::FourEyes));
        assert_eq!(role(State::Proposed).confirm(person(3)), Err(Refusal::FourEyes));
        assert_eq!(role(State::Proposed).confirm(person(5)), Ok(State::Active));
        assert_eq!(role(State::Active).confirm(person(5)), Err(Refusal::State));
        assert_eq!(role(State::Revoked).revoke(), Err(Refusal::State));
    }
}
