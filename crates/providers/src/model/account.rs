//! A change of the account that a company is paid to, by two persons (A10).

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{AccountChangeId, CompanyId, PersonId};
use sea_orm::entity::prelude::*;

use super::Refusal;

/// For how long a proposal waits for a second person.
pub const WAITS: TimeDelta = TimeDelta::days(30);

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// A second person has to confirm it.
    Proposed,
    /// Runs that are made from now on pay to this account.
    Confirmed,
    /// It was taken back.
    Withdrawn,
    /// Nobody has confirmed it in time, and another one was proposed.
    Expired,
}

/// An account that one person has proposed for a company. At most one waits for each company.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_change")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountChangeId,
    /// The company.
    pub company_id: CompanyId,
    /// The account (IBAN), without spaces.
    pub iban: String,
    /// The company's contact address when it was proposed: it hears of the end as well, whatever has happened to the
    /// contact address meanwhile.
    pub told: String,
    /// How far it has come.
    pub state: State,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// Until when it can be confirmed.
    pub expires_at: DateTime<Utc>,
    /// Who confirmed it or took it back.
    pub ended_by: Option<PersonId>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A change refers to company and persons by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// True while it waits for a second person.
    pub fn waits(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Proposed && now < self.expires_at
    }

    /// Decides whether somebody who read version `expected` may confirm it at `now`; `near` says that she is the one
    /// who proposed it, or stands near to that one.
    ///
    /// # Errors
    /// `State` when it has ended, `TooLate` after [`WAITS`], `Stale`, `FourEyes`.
    pub fn confirm(&self, near: bool, expected: i32, now: DateTime<Utc>) -> Result<State, Refusal> {
        if self.state != State::Proposed {
            Err(Refusal::State)
        } else if !self.waits(now) {
            Err(Refusal::TooLate)
        } else if self.version != expected {
            Err(Refusal::Stale)
        } else if near {
            Err(Refusal::FourEyes)
        } else {
            Ok(State::Confirmed)
        }
    }

    /// Decides whether somebody who read version `expected` may take it back; whoever may propose may do so.
    ///
    /// # Errors
    /// `State` when it has ended, `Stale`.
    pub fn withdraw(&self, expected: i32) -> Result<State, Refusal> {
        if self.state != State::Proposed {
            Err(Refusal::State)
        } else if self.version != expected {
            Err(Refusal::Stale)
        } else {
            Ok(State::Withdrawn)
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn proposed() -> Model {
        let id = Uuid::from_u128;
        Model {
            id: AccountChangeId::from_uuid(id(1)),
            company_id: CompanyId::from_uuid(id(2)),
            iban: "FI4250001510000023".into(),
            told: "info@siivous.example.fi".into(),
            state: State::Proposed,
            proposed_by: PersonId::from_uuid(id(3)),
            proposed_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH + WAITS,
            ended_by: None,
            ended_at: None,
            version: 1,
        }
    }

    #[test]
    fn is_confirmed_by_another_person_in_time() {
        let (change, now) = (proposed(), DateTime::UNIX_EPOCH);
        assert_eq!(change.confirm(false, 1, now), Ok(State::Confirmed));
        assert_eq!(change.confirm(true, 1, now), Err(Refusal::FourEyes));
        assert_eq!(change.confirm(false, 2, now), Err(Refusal::Stale));
        assert!(change.waits(now + WAITS - TimeDelta::microseconds(1)) && !change.waits(now + WAITS));
        assert_eq!(change.confirm(false, 1, now + WAITS), Err(Refusal::TooLate));
    }

    #[test]
    fn what_has_ended_stays_so() {
        assert_eq!(proposed().withdraw(1), Ok(State::Withdrawn));
        assert_eq!(proposed().withdraw(2), Err(Refusal::Stale));
        for state in [State::Confirmed, State::Withdrawn, State::Expired] {
            let ended = Model { state, ..proposed() };
            assert_eq!(
                ended.confirm(false, 1, DateTime::UNIX_EPOCH),
                Err(Refusal::State),
                "{state:?}"
            );
            assert_eq!(ended.withdraw(1), Err(Refusal::State), "{state:?}");
        }
    }
}
