//! A company's approval in a programme.

use chrono::{DateTime, Days, NaiveDate, Utc};
use kernel::{Actor, ApplicationId, ApprovalId, CityId, CompanyId, PersonId, ProgrammeId};
use sea_orm::entity::prelude::*;

use super::Refusal;
use super::area::{Area, Municipalities};
use super::item::reminder;
use crate::policy;

/// How an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The company may sell within its days of validity.
    Active,
    /// It may sell, but a requirement is not met: the city looks into it.
    Warned,
    /// No new bookings until the city lifts it; what is booked is delivered (A6).
    BookingsStopped,
    /// No offers and no new bookings until the city lifts it.
    Suspended,
    /// The city has taken it away for good.
    Revoked,
    /// The company has resigned, and its last day has passed (A8).
    Resigned,
    /// Its days are over and a new one has taken its place.
    Expired,
}

/// What happens to an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// A requirement is not met any more (A5), or the city warns (A6).
    Warn,
    /// The requirements are met again.
    Clear,
    /// The city stops new bookings.
    StopBookings,
    /// The city suspends it.
    Suspend,
    /// The city lifts the warning, the stop or the suspension.
    Reinstate,
    /// The city revokes it.
    Revoke,
    /// A new approval takes its place after its last day.
    Expire,
    /// The city notes what is wrong (A6).
    Note,
    /// The city lifts its last decision upon a request for rectification.
    Annul,
    /// The last day of a company that has resigned has passed (A8).
    Resign,
}

impl State {
    /// The whole life of an approval in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        use {Event as E, State as S};
        match (self, event) {
            (stands @ (S::Active | S::Warned | S::BookingsStopped | S::Suspended), E::Note) => Some(stands),
            (S::Active | S::Warned, E::Warn) => Some(S::Warned),
            (S::Warned, E::Clear)
            | (S::Warned | S::BookingsStopped | S::Suspended, E::Reinstate)
            | (S::Warned | S::BookingsStopped | S::Suspended | S::Revoked, E::Annul) => Some(S::Active),
            (S::Active | S::Warned, E::StopBookings) => Some(S::BookingsStopped),
            (S::Active | S::Warned | S::BookingsStopped, E::Suspend) => Some(S::Suspended),
            (S::Active | S::Warned | S::BookingsStopped | S::Suspended, E::Revoke) => Some(S::Revoked),
            (S::Active | S::Warned | S::BookingsStopped | S::Suspended, E::Resign) => Some(S::Resigned),
            (S::Active | S::Warned | S::BookingsStopped | S::Suspended, E::Expire) => Some(S::Expired),
            _ => None,
        }
    }

    /// The states in which the company is approved: it stands in the register and delivers what is booked.
    pub const APPROVED: [Self; 3] = [Self::Active, Self::Warned, Self::BookingsStopped];

    /// The states in which the company may sell.
    pub const SELLING: [Self; 2] = [Self::Active, Self::Warned];

    /// The states in which an approval holds no days any more, so that another one may have them.
    pub const ENDED: [Self; 3] = [Self::Revoked, Self::Resigned, Self::Expired];

    /// True in the states in which the company may sell.
    pub fn sells(self) -> bool {
        Self::SELLING.contains(&self)
    }
}

/// How the lines of a checklist stand on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One was refused or its last day is over.
    Failing,
    /// None fails, and one waits for the city.
    Waiting,
    /// The city has accepted all of them.
    Holding,
}

/// A company's approval in a programme: a decision of one city.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approval")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApprovalId,
    /// The city that decided.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The company.
    pub company_id: CompanyId,
    /// The application it follows from; none where it relies on another city's approval.
    #[sea_orm(unique)]
    pub application_id: Option<ApplicationId>,
    /// The approval of another city that it relies on (T3).
    pub relies_on: Option<ApprovalId>,
    /// How it stands.
    pub state: State,
    /// The first civil day on which it counts.
    pub valid_from: NaiveDate,
    /// The last civil day on which it counts.
    pub valid_until: NaiveDate,
    /// Why the city approved.
    pub grounds: String,
    /// What the company has to keep to, beside the programme's own terms.
    pub conditions: Option<String>,
    /// Where it may serve; none for everywhere.
    pub area: Option<Area>,
    /// In which municipalities it may serve; none for the whole city.
    pub municipalities: Option<Municipalities>,
    /// Since when the nightly check has found a requirement unmet.
    pub failing_since: Option<NaiveDate>,
    /// The approver.
    pub decided_by: PersonId,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// An approval refers to city, programme, company and application by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// True when the company may sell in the programme on the civil day `day`, as far as is known now.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.state.sells() && (self.valid_from..=self.valid_until).contains(&day)
    }

    /// True when its last day lies before `day`.
    pub fn is_over(&self, day: NaiveDate) -> bool {
        self.valid_until < day
    }

    /// How many days before its end a company may apply for the approval that follows it.
    pub const RENEWAL_DAYS: u64 = 180;

    /// True when a company may apply for the approval after this one on the civil day `day`.
    pub fn may_be_renewed(&self, day: NaiveDate) -> bool {
        day + Days::new(Self::RENEWAL_DAYS) >= self.valid_until
    }

    /// The first day after it.
    pub fn next_day(&self) -> NaiveDate {
        self.valid_until.succ_opt().unwrap_or(self.valid_until)
    }

    /// True when it begins after `other` has ended.
    pub fn follows(&self, other: &Self) -> bool {
        self.valid_from > other.valid_until
    }

    /// Of which of [`super::item::REMINDERS`] before its own end it is time on the civil day `day`.
    pub fn reminder(&self, day: NaiveDate) -> Option<i64> {
        reminder(self.valid_until, day)
    }

    /// What the nightly check does with its lines: it warns when one fails, waits for [`Self::DAYS_TO_CURE`] days, then
    /// suspends; a warning of its own it takes back once the city has accepted every line. Between the two the days go
    /// on, so that a company cannot put them off by handing in something anew.
    pub fn recheck(&self, lines: Lines, today: NaiveDate) -> Option<Event> {
        match (self.state, lines, self.failing_since) {
            (State::Active, Lines::Failing, _) => Some(Event::Warn),
            (State::Warned, Lines::Holding, Some(_)) => Some(Event::Clear),
            (State::Warned | State::BookingsStopped, Lines::Failing | Lines::Waiting, Some(since))
                if today >= since + Days::new(Self::DAYS_TO_CURE) =>
            {
                Some(Event::Suspend)
            }
            _ => None,
        }
    }

    /// For how many days a company may sell while a requirement is not met, so that it can bring a new document.
    pub const DAYS_TO_CURE: u64 = 30;

    /// Decides whether `event` may happen at the hand of somebody who read version `expected`.
    pub fn on(&self, event: Event, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(event).ok_or(Refusal::State)?;
        if self.version == expected {
            Ok(next)
        } else {
            Err(Refusal::Stale)
        }
    }

    /// Decides whether `approver` of another city, who read version `expected`, may rely on it on the civil day `today`:
    /// it has to be in force without a warning, and to rest on an application that its own city has examined.
    ///
    /// # Errors
    /// `State` when it is not in force or relies on another one itself, `Stale`, `FourEyes` for whoever decided it or works
    /// for the company.
    pub fn rely(&self, approver: &Actor, expected: i32, today: NaiveDate) -> Result<(), Refusal> {
        let stands = self.state == State::Active && self.in_force(today) && self.relies_on.is_none();
        if !stands {
            return Err(Refusal::State);
        }
        if self.version != expected {
            return Err(Refusal::Stale);
        }
        if approver.signed_in() == Ok(self.decided_by) {
            return Err(Refusal::FourEyes);
        }
        self.judge(approver)
    }

    /// Nobody decides on her own company's approval.
    pub fn judge(&self, approver: &Actor) -> Result<(), Refusal> {
        let of_company = approver
            .companies
            .iter()
            .any(|(company, _)| *company == self.company_id);
        if of_company { Err(Refusal::FourEyes) } else { Ok(()) }
    }

    /// Why the city approved, for its approvers and for those who see the company's applications; nobody else.
    pub fn grounds_for(&self, actor: &Actor) -> Option<&str> {
        let reads = policy::REVIEW.in_city(actor, self.city_id).is_ok()
            || policy::SEE_APPLICATIONS.in_company(actor, self.company_id).is_ok();
        reads.then_some(self.grounds.as_str())
    }

    /// What the actor may do with it now, the lightest first.
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Event> {
        if policy::REVIEW.in_city(actor, self.city_id).is_err() || self.judge(actor).is_err() {
            return Vec::new();
        }
        let by_hand = [
            Event::Note,
            Event::Warn,
            Event::StopBookings,
            Event::Suspend,
            Event::Reinstate,
            Event::Revoke,
        ];
        by_hand
            .into_iter()
            .filter(|event| self.state.on(*event).is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use kernel::{CompanyRole, StaffRole, TypedId};
    use sea_orm::Iterable;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn approval(state: State) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: ApprovalId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            company_id: CompanyId::from_uuid(id(4)),
            application_id: Some(ApplicationId::from_uuid(id(5))),
            relies_on: None,
            state,
            valid_from: day("2027-01-01"),
            valid_until: day("2028-02-29"),
            grounds: "Edellytykset täyttyvät.".into(),
            conditions: None,
            area: None,
            municipalities: None,
            failing_since: None,
            decided_by: PersonId::from_uuid(id(6)),
            decided_at: DateTime::UNIX_EPOCH,
            version: 2,
        }
    }

    #[test]
    fn every_state_and_event_is_decided() {
        use {Event as E, State as S};
        let table = |state| E::iter().map(|event| S::on(state, event)).collect::<Vec<_>>();
        let (stopped, gone, over) = (Some(S::Suspended), Some(S::Revoked), Some(S::Expired));
        let (warned, well) = (Some(S::Warned), Some(S::Active));
        let full = Some(S::BookingsStopped);
        let (annulled, left) = (Some(S::Active), Some(S::Resigned));
        assert_eq!(
            table(S::Active),
            [warned, None, full, stopped, None, gone, over, well, None, left]
        );
        assert_eq!(
            table(S::Warned),
            [warned, well, full, stopped, well, gone, over, warned, annulled, left]
        );
        assert_eq!(
            table(S::BookingsStopped),
            [None, None, None, stopped, well, gone, over, full, annulled, left]
        );
        assert_eq!(
            table(S::Suspended),
            [None, None, None, None, well, gone, over, stopped, annulled, left]
        );
        assert_eq!(
            table(S::Revoked),
            [None, None, None, None, None, None, None, None, annulled, None]
        );
        assert_eq!(table(S::Resigned), [None; 10]);
        assert_eq!(table(S::Expired), [None; 10]);
    }

    #[test]
    fn another_city_relies_on_what_is_in_force_and_examined() {
        let (approval, today) = (approval(State::Active), day("2027-06-01"));
        let approver = Actor::person(PersonId::from_uuid(Uuid::from_u128(7)), "r");
        assert_eq!(approval.rely(&approver, 2, today), Ok(()));
        assert_eq!(approval.rely(&approver, 3, today), Err(Refusal::Stale));
        assert_eq!(approval.rely(&approver, 2, day("2028-03-01")), Err(Refusal::State));
        let decider = Actor::person(approval.decided_by, "r");
        assert_eq!(approval.rely(&decider, 2, today), Err(Refusal::FourEyes));
        for state in State::iter().filter(|state| *state != State::Active) {
            let other = Model {
                state,
                ..approval.clone()
            };
            assert_eq!(other.rely(&approver, 2, today), Err(Refusal::State), "{state:?}");
        }
        let chained = Model {
            relies_on: Some(approval.id),
            ..approval
        };
        assert_eq!(chained.rely(&approver, 2, today), Err(Refusal::State));
    }

    #[test]
    fn an_unmet_requirement_warns_and_suspends_thirty_days_later() {
        let today = day("2027-03-01");
        let mut approval = approval(State::Active);
        assert_eq!(approval.recheck(Lines::Holding, today), None);
        assert_eq!(approval.recheck(Lines::Failing, today), Some(Event::Warn));
        approval.state = State::Warned;
        approval.failing_since = Some(today);
        assert_eq!(approval.recheck(Lines::Failing, day("2027-03-30")), None);
        assert_eq!(
            approval.recheck(Lines::Waiting, day("2027-03-30")),
            None,
            "handed in is not accepted"
        );
        assert_eq!(
            approval.recheck(Lines::Failing, day("2027-03-31")),
            Some(Event::Suspend)
        );
        assert_eq!(
            approval.recheck(Lines::Waiting, day("2027-03-31")),
            Some(Event::Suspend)
        );
        assert_eq!(approval.recheck(Lines::Holding, day("2027-03-31")), Some(Event::Clear));
        approval.state = State::Suspended;
        assert_eq!(approval.recheck(Lines::Holding, day("2027-03-31")), None);
    }

    #[test]
    fn counts_on_its_first_and_last_day_while_active() {
        let active = approval(State::Active);
        assert!(active.in_force(day("2027-01-01")) && active.in_force(day("2028-02-29")));
        assert!(!active.in_force(day("2026-12-31")) && !active.in_force(day("2028-03-01")));
        assert!(active.is_over(day("2028-03-01")) && !active.is_over(day("2028-02-29")));
        for state in [State::Suspended, State::Revoked, State::Resigned, State::Expired] {
            assert!(!approval(state).in_force(day("2027-06-01")), "{state:?}");
        }
    }

    #[test]
    fn is_renewed_from_half_a_year_before_its_end() {
        let approval = approval(State::Active);
        assert!(!approval.may_be_renewed(day("2027-09-01")) && approval.may_be_renewed(day("2027-09-02")));
        assert_eq!(approval.next_day(), day("2028-03-01"));
        let next = Model {
            valid_from: approval.next_day(),
            valid_until: day("2029-02-28"),
            ..approval.clone()
        };
        assert!(next.follows(&approval) && !approval.follows(&next) && !approval.follows(&approval));
        assert_eq!(approval.reminder(day("2027-12-31")), Some(60));
        assert_eq!(approval.reminder(day("2027-12-30")), None);
    }

    #[test]
    fn nobody_decides_on_her_own_company() {
        let approval = approval(State::Active);
        let mut approver = Actor::person(PersonId::from_uuid(Uuid::from_u128(7)), "r");
        assert_eq!(approval.allowed_actions(&approver), []);
        assert_eq!(approval.grounds_for(&approver), None);
        approver.staff.push((approval.city_id, StaffRole::Approver));
        assert_eq!(
            approval.allowed_actions(&approver),
            [
                Event::Note,
                Event::Warn,
                Event::StopBookings,
                Event::Suspend,
                Event::Revoke
            ]
        );
        assert_eq!(approval.grounds_for(&approver), Some("Edellytykset täyttyvät."));
        approver.companies.push((approval.company_id, CompanyRole::Manager));
        assert_eq!(approval.judge(&approver), Err(Refusal::FourEyes));
        assert_eq!(approval.allowed_actions(&approver), []);
    }
}
