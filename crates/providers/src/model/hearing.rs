//! A hearing of a company before a decision that burdens it.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Actor, ApprovalId, CityId, CompanyId, HearingId, PersonId};
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::sanction::Step;

/// How many days a company has to answer where the officer says nothing else.
pub const DAYS: i32 = 14;
/// The fewest days it may be given.
pub const LEAST_DAYS: i32 = 7;
/// The most.
pub const MOST_DAYS: i32 = 60;

/// How far a hearing has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The company may answer.
    Open,
    /// It has.
    Answered,
    /// A decision has followed.
    Decided,
    /// The city has ended it without one.
    Closed,
}

/// What happens to a hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// A signatory answers.
    Answer,
    /// The city decides.
    Decide,
    /// The city ends it without a decision.
    Close,
}

impl State {
    /// The whole life of a hearing in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        use {Event as E, State as S};
        match (self, event) {
            // Once; whatever comes before the decision is read, also after the day that was set.
            (S::Open, E::Answer) => Some(S::Answered),
            (S::Open | S::Answered, E::Decide) => Some(S::Decided),
            (S::Open | S::Answered, E::Close) => Some(S::Closed),
            _ => None,
        }
    }
}

/// A hearing (kuuleminen, 434/2003 34 §): what the city means to decide and why, and what the company says to it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hearing")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HearingId,
    /// The city that hears.
    pub city_id: CityId,
    /// The approval it is about.
    pub approval_id: ApprovalId,
    /// The company that is heard.
    pub company_id: CompanyId,
    /// The heaviest that may follow.
    pub step: Step,
    /// Why.
    pub grounds: String,
    /// The last day on which the city waits for an answer.
    pub answer_by: NaiveDate,
    /// How far it has come.
    pub state: State,
    /// The officer who opened it.
    pub opened_by: PersonId,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// What the company says.
    pub answer: Option<String>,
    /// The signatory who answered.
    pub answered_by: Option<PersonId>,
    /// When.
    pub answered_at: Option<DateTime<Utc>>,
    /// Why it ended without a decision.
    pub outcome: Option<String>,
    /// The officer who ended it.
    pub ended_by: Option<PersonId>,
    /// When.
    pub ended_at: Option<DateTime<Utc>>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A hearing refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether `event` may happen at the hand of somebody who read version `expected`.
    pub fn on(&self, event: Event, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(event).ok_or(Refusal::State)?;
        if self.version == expected {
            Ok(next)
        } else {
            Err(Refusal::Stale)
        }
    }

    /// Decides whether `step` may follow from it on the civil day `today` at the hand of `officer`, who read version
    /// `expected`. A revocation needs a second officer beside the one who opened the hearing.
    ///
    /// # Errors
    /// `NotHeard` while the company may still answer, or for something heavier than it was heard about; `FourEyes`,
    /// `State`, `Stale`.
    pub fn decide(&self, step: Step, officer: PersonId, expected: i32, today: NaiveDate) -> Result<State, Refusal> {
        let next = self.on(Event::Decide, expected)?;
        let heard = self.state == State::Answered || today > self.answer_by;
        if !heard || step > self.step {
            Err(Refusal::NotHeard)
        } else if step == Step::Revocation && officer == self.opened_by {
            Err(Refusal::FourEyes)
        } else {
            Ok(next)
        }
    }

    /// True while the company may still answer to something at least as heavy as `step`.
    pub fn covers(&self, step: Step) -> bool {
        self.state == State::Open && self.step >= step
    }

    /// Nobody closes the hearing of her own company.
    pub fn judge(&self, officer: &Actor) -> Result<(), Refusal> {
        if officer.companies.iter().any(|(company, _)| *company == self.company_id) {
            Err(Refusal::FourEyes)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;
    use sea_orm::Iterable;

    use super::*;

    fn hearing(step: Step, state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: HearingId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            approval_id: ApprovalId::from_uuid(id(3)),
            company_id: CompanyId::from_uuid(id(4)),
            step,
            grounds: "Valituksia.".into(),
            answer_by: "2027-03-15".parse().unwrap(),
            state,
            opened_by: PersonId::from_uuid(id(5)),
            opened_at: DateTime::UNIX_EPOCH,
            answer: None,
            answered_by: None,
            answered_at: None,
            outcome: None,
            ended_by: None,
            ended_at: None,
            version: 1,
        }
    }

    #[test]
    fn every_state_and_event_is_decided() {
        use State as S;
        let table = |state| Event::iter().map(|event| S::on(state, event)).collect::<Vec<_>>();
        let (decided, closed) = (Some(S::Decided), Some(S::Closed));
        assert_eq!(table(S::Open), [Some(S::Answered), decided, closed]);
        assert_eq!(table(S::Answered), [None, decided, closed]);
        assert_eq!(table(S::Decided), [None; 3]);
        assert_eq!(table(S::Closed), [None; 3]);
    }

    #[test]
    fn a_decision_waits_for_the_answer_or_the_last_day() {
        let officer = PersonId::from_uuid(Uuid::from_u128(6));
        let decide =
            |of: Step, state, step, day: &str| hearing(of, state).decide(step, officer, 1, day.parse().unwrap());
        let (warning, stop) = (Step::Warning, Step::BookingsStop);
        assert_eq!(decide(stop, State::Open, stop, "2027-03-15"), Err(Refusal::NotHeard));
        assert_eq!(decide(stop, State::Open, stop, "2027-03-16"), Ok(State::Decided));
        assert_eq!(decide(stop, State::Answered, warning, "2027-03-02"), Ok(State::Decided));
        assert_eq!(
            decide(warning, State::Answered, stop, "2027-03-16"),
            Err(Refusal::NotHeard)
        );
        assert_eq!(decide(stop, State::Closed, stop, "2027-03-16"), Err(Refusal::State));
    }

    #[test]
    fn a_revocation_takes_two_officers() {
        let heard = hearing(Step::Revocation, State::Answered);
        let today = heard.answer_by;
        let second = PersonId::from_uuid(Uuid::from_u128(6));
        let decide = |step, officer| heard.decide(step, officer, 1, today);
        assert_eq!(decide(Step::Revocation, heard.opened_by), Err(Refusal::FourEyes));
        assert_eq!(decide(Step::Revocation, second), Ok(State::Decided));
        assert_eq!(decide(Step::Suspension, heard.opened_by), Ok(State::Decided));
    }
}
