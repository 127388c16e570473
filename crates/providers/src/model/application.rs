//! A company's application to a programme.

use chrono::{DateTime, Utc};
use kernel::{Actor, ApplicationId, CityId, CompanyId, PersonId, ProgrammeId};
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;

use super::Refusal;
use crate::policy;

/// How far an application has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The company prepares it; the city does not see it.
    Draft,
    /// A signatory has submitted it.
    Submitted,
    /// The city wants to know more.
    InfoRequested,
    /// The company has answered.
    InfoProvided,
    /// The city has said yes; an approval follows from it.
    Approved,
    /// The city has said no.
    Rejected,
    /// The company has taken it back.
    Withdrawn,
}

/// What happens to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// A signatory submits the draft.
    Submit,
    /// The city asks a question.
    RequestInformation,
    /// The company answers it.
    ProvideInformation,
    /// The city approves.
    Approve,
    /// The city rejects.
    Reject,
    /// The company withdraws.
    Withdraw,
}

impl State {
    /// The whole life of an application in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        use {Event as E, State as S};
        match (self, event) {
            (S::Draft, E::Submit) => Some(S::Submitted),
            (S::Submitted | S::InfoProvided, E::RequestInformation) => Some(S::InfoRequested),
            (S::InfoRequested, E::ProvideInformation) => Some(S::InfoProvided),
            (S::Submitted | S::InfoProvided, E::Approve) => Some(S::Approved),
            // A question may stay without an answer.
            (S::Submitted | S::InfoRequested | S::InfoProvided, E::Reject) => Some(S::Rejected),
            (S::Draft | S::Submitted | S::InfoRequested | S::InfoProvided, E::Withdraw) => Some(S::Withdrawn),
            _ => None,
        }
    }

    /// True while the company may complete its checklist: until it is refused or withdrawn, and on after the approval,
    /// because insurances and permits are renewed.
    pub fn takes_evidence(self) -> bool {
        !matches!(self, Self::Rejected | Self::Withdrawn)
    }

    /// True while the city may judge what the company has shown.
    pub fn is_reviewed(self) -> bool {
        self.takes_evidence() && self != Self::Draft
    }
}

/// A company's application to a programme (hakeutuminen).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_application")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApplicationId,
    /// The city that decides.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The company.
    pub company_id: CompanyId,
    /// How far it has come.
    pub state: State,
    /// What the company says for itself.
    pub statement: String,
    /// The signatory who submitted it; of a draft, who prepared it.
    pub created_by: PersonId,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was submitted; of a draft, when it was begun.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// An application refers to city, programme and company by id.
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

    /// Nobody decides on her own application or her own company's.
    pub fn judge(&self, approver: &Actor) -> Result<(), Refusal> {
        let own = approver.signed_in() == Ok(self.created_by);
        let of_company = approver
            .companies
            .iter()
            .any(|(company, _)| *company == self.company_id);
        if own || of_company {
            Err(Refusal::FourEyes)
        } else {
            Ok(())
        }
    }

    /// What the actor may do with it now, in the order of [`Event`].
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Event> {
        let reviews = policy::REVIEW.in_city(actor, self.city_id).is_ok() && self.judge(actor).is_ok();
        let applies = policy::APPLY.in_company(actor, self.company_id).is_ok();
        let may = |event: &Event| match event {
            Event::RequestInformation | Event::Approve | Event::Reject => reviews,
            Event::Submit | Event::ProvideInformation | Event::Withdraw => applies,
        };
        Event::iter()
            .filter(|event| may(event) && self.state.on(*event).is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{CompanyRole, StaffRole, TypedId};

    use super::*;

    fn application(state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: ApplicationId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            company_id: CompanyId::from_uuid(id(4)),
            state,
            statement: "Siivoamme.".into(),
            created_by: PersonId::from_uuid(id(5)),
            version: 3,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_state_and_event_is_decided() {
        use {Event as E, State as S};
        let table = |state| E::iter().map(|event| S::on(state, event)).collect::<Vec<_>>();
        let (asked, told) = (Some(S::InfoRequested), Some(S::InfoProvided));
        let (yes, no, gone) = (Some(S::Approved), Some(S::Rejected), Some(S::Withdrawn));
        assert_eq!(table(S::Draft), [Some(S::Submitted), None, None, None, None, gone]);
        assert_eq!(table(S::Submitted), [None, asked, None, yes, no, gone]);
        assert_eq!(table(S::InfoRequested), [None, None, told, None, no, gone]);
        assert_eq!(table(S::InfoProvided), [None, asked, None, yes, no, gone]);
        for end in [S::Approved, S::Rejected, S::Withdrawn] {
            assert_eq!(table(end), [None; 6], "{end:?}");
        }
    }

    #[test]
    fn is_changed_by_who_has_read_it_only() {
        let application = application(State::Submitted);
        assert_eq!(application.on(Event::Approve, 3), Ok(State::Approved));
        assert_eq!(application.on(Event::Approve, 2), Err(Refusal::Stale));
        assert_eq!(application.on(Event::ProvideInformation, 3), Err(Refusal::State));
    }

    #[test]
    fn offers_each_side_its_own_actions() {
        let application = application(State::Submitted);
        let person = |n| Actor::person(PersonId::from_uuid(Uuid::from_u128(n)), "r");
        let mut signatory = person(5);
        signatory
            .companies
            .push((application.company_id, CompanyRole::Signatory));
        assert_eq!(application.allowed_actions(&signatory), [Event::Withdraw]);
        let mut approver = person(6);
        approver.staff.push((application.city_id, StaffRole::Approver));
        let decisions = [Event::RequestInformation, Event::Approve, Event::Reject];
        assert_eq!(application.allowed_actions(&approver), decisions);
        approver.companies.push((application.company_id, CompanyRole::Recorder));
        assert_eq!(application.judge(&approver), Err(Refusal::FourEyes));
        assert_eq!(application.allowed_actions(&approver), []);
        assert_eq!(application.allowed_actions(&person(7)), []);
    }
}
