//! A resident's request for rectification of a decision.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Actor, CityId, DecisionId, PersonId, RectificationId, Theme};
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::ruling::Model as Decision;
use crate::policy;

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The resident has sent it.
    Submitted,
    /// She has taken it back.
    Withdrawn,
    /// The city has decided on it; the decision names the one that it is about.
    Decided,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// The resident takes it back.
    Withdraw,
    /// The city decides on it.
    Decide,
}

impl State {
    /// The whole life of a request in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Submitted, Event::Withdraw) => Some(Self::Withdrawn),
            (Self::Submitted, Event::Decide) => Some(Self::Decided),
            (Self::Withdrawn | Self::Decided, _) => None,
        }
    }
}

/// A request for rectification (oikaisuvaatimus; Administrative Procedure Act 434/2003, chapter 7 a; E6).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rectification_request")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RectificationId,
    /// The city that decided and decides on it.
    pub city_id: CityId,
    /// The decision it is about.
    pub decision_id: DecisionId,
    /// The officer who made that decision: another one decides on the request.
    pub decided_by: PersonId,
    /// Whom the decision is about.
    pub resident_id: PersonId,
    /// What should be changed.
    pub demand: String,
    /// Why.
    pub grounds: String,
    /// It came after the last day that the decision names.
    pub late: bool,
    /// How far it has come.
    pub state: State,
    /// Who sent it: the resident or whoever acts for her.
    pub created_by: PersonId,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// A request refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Decides whether rectification of `decision` may be asked for on the civil day `today`; answers whether it is late. A
/// late request is taken too: only the city can decide that it is not examined. Whoever is not satisfied with a
/// decision on a request appeals to a court.
pub fn may_ask(decision: &Decision, today: NaiveDate) -> Result<bool, Refusal> {
    match decision.previous_id {
        None => Ok(today > decision.appeal_until),
        Some(_) => Err(Refusal::State),
    }
}

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

    /// Nobody decides on a request of her own, one that she sent for somebody, or one against her own decision.
    pub fn judge(&self, officer: PersonId) -> Result<(), Refusal> {
        if [self.resident_id, self.created_by, self.decided_by].contains(&officer) {
            Err(Refusal::FourEyes)
        } else {
            Ok(())
        }
    }

    /// Decides whether it may stay unexamined: only when it is late.
    pub fn refuse_unexamined(&self) -> Result<(), Refusal> {
        if self.late { Ok(()) } else { Err(Refusal::State) }
    }

    /// What the actor may do with it now, in the order of [`Event`].
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Event> {
        let officer = policy::GRANT.in_city(actor, self.city_id);
        let decides = officer.is_ok_and(|officer| self.judge(officer).is_ok());
        let own = policy::OWN.own_in(Theme::Applications, actor);
        let asks = own.is_ok_and(|own| own.covers(self.resident_id, self.city_id));
        let may = |event: &Event| match event {
            Event::Withdraw => asks,
            Event::Decide => decides,
        };
        Event::iter()
            .filter(|event| may(event) && self.state.on(*event).is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Lang, ProgrammeId, StaffRole, TypedId, VoucherApplicationId};

    use super::super::ruling::Outcome;
    use super::*;

    fn person(n: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(n))
    }

    fn request(state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: RectificationId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            decision_id: DecisionId::from_uuid(id(3)),
            decided_by: person(4),
            resident_id: person(5),
            demand: String::new(),
            grounds: String::new(),
            late: false,
            state,
            created_by: person(6),
            version: 3,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    fn decision(previous: Option<u128>) -> Decision {
        let id = Uuid::from_u128;
        Decision {
            id: DecisionId::from_uuid(id(3)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(7)),
            application_id: VoucherApplicationId::from_uuid(id(8)),
            previous_id: previous.map(|previous| DecisionId::from_uuid(id(previous))),
            resident_id: person(5),
            outcome: Outcome::Rejected,
            voucher_id: None,
            grounds: String::new(),
            rules_applied: String::new(),
            contact: String::new(),
            appeal_days: 30,
            appeal_until: "2027-02-15".parse().unwrap(),
            lang: Lang::Fi,
            sheet: String::new(),
            html: String::new(),
            sha256: String::new(),
            decided_by: person(4),
            decided_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_first_decision_may_be_asked_about_late_too() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(may_ask(&decision(None), day("2027-02-15")), Ok(false));
        assert_eq!(may_ask(&decision(None), day("2027-02-16")), Ok(true));
        assert_eq!(may_ask(&decision(Some(9)), day("2027-01-12")), Err(Refusal::State));
    }

    #[test]
    fn ends_once_and_for_the_version_that_was_read() {
        for event in Event::iter() {
            assert!(request(State::Submitted).on(event, 3).is_ok());
            assert_eq!(request(State::Submitted).on(event, 2), Err(Refusal::Stale));
            for state in [State::Withdrawn, State::Decided] {
                assert_eq!(request(state).on(event, 3), Err(Refusal::State));
            }
        }
    }

    #[test]
    fn somebody_else_decides() {
        for involved in [4, 5, 6] {
            assert_eq!(
                request(State::Submitted).judge(person(involved)),
                Err(Refusal::FourEyes)
            );
        }
        assert_eq!(request(State::Submitted).judge(person(7)), Ok(()));
        let mut officer = Actor::person(person(7), "r");
        officer
            .staff
            .push((request(State::Submitted).city_id, StaffRole::ProgrammeOfficer));
        assert_eq!(request(State::Submitted).allowed_actions(&officer), [Event::Decide]);
        assert!(request(State::Decided).allowed_actions(&officer).is_empty());
        let resident = Actor::person(person(5), "r");
        assert_eq!(request(State::Submitted).allowed_actions(&resident), [Event::Withdraw]);
    }
}
