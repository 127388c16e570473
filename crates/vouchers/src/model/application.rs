//! A resident's application for a voucher.

use chrono::{DateTime, Utc};
use kernel::{Actor, CityId, PersonId, ProgrammeId, Theme, VoucherApplicationId};
use programmes::value::Assessment;
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;

use super::Refusal;
use crate::policy;

/// How far an application has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The resident has sent it.
    Submitted,
    /// The city wants to know more.
    InfoRequested,
    /// The resident has answered.
    InfoProvided,
    /// The city has granted a voucher.
    Granted,
    /// The city has said no.
    Rejected,
    /// The resident has taken it back.
    Withdrawn,
    /// The budget does not carry it: it is on the waiting list (E8).
    Waiting,
    /// Money came back and is set aside for it, until the resident accepts or her time is over.
    Offered,
    /// The resident has not answered an offer in time.
    Lapsed,
}

/// What happens to an application at somebody's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// The city asks a question.
    RequestInformation,
    /// The resident answers it.
    ProvideInformation,
    /// The city grants a voucher.
    Grant,
    /// The city rejects.
    Reject,
    /// The resident withdraws; an offer is declined by that.
    Withdraw,
    /// The city puts it on the waiting list, or gives it another place there.
    Waitlist,
    /// The resident accepts an offer from the waiting list.
    Accept,
}

/// What the waiting list does to an application by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Turn {
    /// Money came back: it is offered to the resident.
    Offer,
    /// The resident has not answered in time.
    Lapse,
    /// It cannot be offered any more: an officer looks at it anew.
    SendBack,
}

impl State {
    /// The whole life of an application in one table, but for the waiting list, whose turns stand in [`Self::turns`].
    pub fn on(self, event: Event) -> Option<Self> {
        use {Event as E, State as S};
        match (self, event) {
            (S::Submitted | S::InfoProvided, E::RequestInformation) => Some(S::InfoRequested),
            (S::InfoRequested, E::ProvideInformation) => Some(S::InfoProvided),
            // A question may stay without an answer.
            (S::Submitted | S::InfoRequested | S::InfoProvided, E::Grant) | (S::Offered, E::Accept) => Some(S::Granted),
            (S::Submitted | S::InfoRequested | S::InfoProvided | S::Waiting, E::Reject) => Some(S::Rejected),
            (S::Submitted | S::InfoRequested | S::InfoProvided | S::Waiting, E::Waitlist) => Some(S::Waiting),
            (S::Submitted | S::InfoRequested | S::InfoProvided | S::Waiting | S::Offered, E::Withdraw) => {
                Some(S::Withdrawn)
            }
            _ => None,
        }
    }

    /// Where the waiting list brings an application.
    pub fn turns(self, turn: Turn) -> Option<Self> {
        match (self, turn) {
            (Self::Waiting, Turn::Offer) => Some(Self::Offered),
            (Self::Offered, Turn::Lapse) => Some(Self::Lapsed),
            (Self::Waiting, Turn::SendBack) => Some(Self::Submitted),
            _ => None,
        }
    }

    /// True while it has a place on the waiting list.
    pub fn is_queued(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }
}

/// A resident's application for a voucher of a programme (hakemus, E1).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_application")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VoucherApplicationId,
    /// The city that decides.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// For whom the voucher is meant.
    pub resident_id: PersonId,
    /// How far it has come.
    pub state: State,
    /// Why a voucher is asked for, in the resident's words.
    pub statement: String,
    /// What she tells of her situation, where the value rule of the programme reads it.
    pub assessment: Option<Assessment>,
    /// She has accepted expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
    /// Who sent it: the resident or whoever acts for her.
    pub created_by: PersonId,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// An application refers to city, programme and persons by id.
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

    /// Guardians may consent to it as long as a voucher may come of it: also while it waits, or after a rejection, which a
    /// request for rectification can turn.
    pub fn takes_consent(&self) -> Result<(), Refusal> {
        match self.state {
            State::Waiting | State::Offered | State::Rejected => Ok(()),
            _ => self.is_open(),
        }
    }

    /// Files may come with it until it is decided.
    pub fn is_open(&self) -> Result<(), Refusal> {
        match self.state {
            State::Submitted | State::InfoRequested | State::InfoProvided => Ok(()),
            _ => Err(Refusal::State),
        }
    }

    /// Where it comes when the city grants a voucher on a request for rectification of its rejection. That is done to the
    /// request, not to the application.
    pub fn granted_on_request(&self) -> Result<State, Refusal> {
        match self.state {
            State::Rejected => Ok(State::Granted),
            _ => Err(Refusal::State),
        }
    }

    /// Nobody handles an application of her own or one that she sent for somebody.
    pub fn judge(&self, officer: PersonId) -> Result<(), Refusal> {
        if officer == self.resident_id || officer == self.created_by {
            Err(Refusal::FourEyes)
        } else {
            Ok(())
        }
    }

    /// How many whole days it has waited at `now` since it was sent.
    pub fn age_days(&self, now: DateTime<Utc>) -> i64 {
        (now - self.created_at).num_days().max(0)
    }

    /// What the actor may do with it now, in the order of [`Event`].
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Event> {
        let officer = policy::GRANT.in_city(actor, self.city_id);
        let decides = officer.is_ok_and(|officer| self.judge(officer).is_ok());
        let own = policy::OWN.own_in(Theme::Applications, actor);
        let applies = own.is_ok_and(|own| own.covers(self.resident_id, self.city_id));
        let may = |event: &Event| match event {
            Event::RequestInformation | Event::Grant | Event::Reject | Event::Waitlist => decides,
            Event::ProvideInformation | Event::Withdraw | Event::Accept => applies,
        };
        Event::iter()
            .filter(|event| may(event) && self.state.on(*event).is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{StaffRole, TypedId};

    use super::*;

    fn application(state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: VoucherApplicationId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            resident_id: PersonId::from_uuid(id(4)),
            state,
            statement: "Haluan uida.".into(),
            assessment: None,
            accepts_without_income: false,
            created_by: PersonId::from_uuid(id(4)),
            version: 2,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_decided_or_withdrawn_stays_so() {
        for state in [State::Granted, State::Rejected, State::Withdrawn, State::Lapsed] {
            assert!(Turn::iter().all(|turn| state.turns(turn).is_none()), "{state:?}");
            for event in Event::iter() {
                assert_eq!(
                    application(state).on(event, 2),
                    Err(Refusal::State),
                    "{state:?} {event:?}"
                );
            }
        }
    }

    #[test]
    fn a_question_waits_for_one_answer() {
        let asked = State::Submitted.on(Event::RequestInformation).unwrap();
        assert_eq!(asked.on(Event::RequestInformation), None);
        assert_eq!(asked.on(Event::ProvideInformation), Some(State::InfoProvided));
        assert_eq!(State::Submitted.on(Event::ProvideInformation), None);
        assert_eq!(application(asked).on(Event::Withdraw, 1), Err(Refusal::Stale));
    }

    #[test]
    fn who_waits_is_offered_once_and_answers_or_not() {
        let waiting = State::Submitted.on(Event::Waitlist).unwrap();
        assert_eq!(waiting.on(Event::Waitlist), Some(State::Waiting));
        assert_eq!((waiting.on(Event::Grant), waiting.on(Event::Accept)), (None, None));
        assert_eq!(waiting.turns(Turn::SendBack), Some(State::Submitted));
        let offered = waiting.turns(Turn::Offer).unwrap();
        assert_eq!((offered.turns(Turn::Offer), offered.on(Event::Waitlist)), (None, None));
        assert_eq!(offered.on(Event::Accept), Some(State::Granted));
        assert_eq!(offered.on(Event::Withdraw), Some(State::Withdrawn));
        assert_eq!(offered.turns(Turn::Lapse), Some(State::Lapsed));
    }

    #[test]
    fn an_officer_decides_on_others_only() {
        let own = application(State::Submitted);
        let mut resident = Actor::person(own.resident_id, "r");
        resident.staff.push((own.city_id, StaffRole::ProgrammeOfficer));
        assert_eq!(own.judge(own.resident_id), Err(Refusal::FourEyes));
        assert_eq!(own.allowed_actions(&resident), [Event::Withdraw]);
        let mut officer = Actor::person(PersonId::from_uuid(Uuid::from_u128(9)), "r");
        officer.staff.push((own.city_id, StaffRole::ProgrammeOfficer));
        let all = [Event::RequestInformation, Event::Grant, Event::Reject, Event::Waitlist];
        assert_eq!(own.allowed_actions(&officer), all);
    }

    #[test]
    fn its_age_is_counted_in_whole_days() {
        let hours = |hours| DateTime::UNIX_EPOCH + chrono::Duration::hours(hours);
        let sent = application(State::Submitted);
        assert_eq!((sent.age_days(hours(23)), sent.age_days(hours(49))), (0, 2));
    }
}
