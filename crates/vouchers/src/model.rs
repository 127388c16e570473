//! The stored voucher and the pure decisions on it.

pub mod application;
pub mod attachment;
pub mod consent;
pub mod decision;
pub mod income_review;
pub mod mass_grant;
pub mod message;
pub mod number;
pub mod print;
pub mod rectification;
pub mod replenishment;
pub mod ruling;
pub mod task;
pub mod waiting;

use std::ops::{Add, Sub};

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{BudgetId, Cents, CityId, PersonId, ProgrammeId, VoucherId, field};
use programmes::model::unit::MAX_QUANTITY;
use programmes::value::{Assessment, Valuation};
use programmes::{Programme, Unit};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::model::decision::Decision;
use crate::model::income_review::{Dated, History};
use crate::model::number::Number;

/// How far a voucher has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It can be used on the days it is valid.
    Active,
    /// Its last day has passed.
    Expired,
    /// An officer took it back.
    Revoked,
    /// Its resident refused it before it was used (rule L5).
    Declined,
    /// An officer has suspended it: no new bookings, those that are made go on.
    Suspended,
}

/// What happens to a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its last day has passed.
    Expire,
    /// An officer takes it back.
    Revoke,
    /// Its resident refuses it.
    Decline,
    /// An officer suspends it.
    Suspend,
    /// An officer ends the suspension.
    Reinstate,
}

impl State {
    /// The whole life of a voucher in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Active | Self::Suspended, Event::Expire) => Some(Self::Expired),
            (Self::Active | Self::Suspended, Event::Revoke) => Some(Self::Revoked),
            (Self::Active, Event::Decline) => Some(Self::Declined),
            (Self::Active, Event::Suspend) => Some(Self::Suspended),
            (Self::Suspended, Event::Reinstate) => Some(Self::Active),
            _ => None,
        }
    }

    /// True while its money is its own: what bookings give back returns to it and not to the programme.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }
}

/// A resident's voucher: a decision of the city with a value, a time and grounds. Personal, never cash.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "voucher")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VoucherId,
    /// The city that granted it.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The budget it was funded from.
    pub budget_id: BudgetId,
    /// Whose it is.
    pub resident_id: PersonId,
    /// What it was given in all, in cents: its value where the rule makes one sum, else the amount that the officer granted,
    /// up to which it pays the value of each visit; once more for each month for which it was filled anew.
    pub value_cents: Cents,
    /// What it gets for each coming month, in cents, where it is filled anew and that was decided anew; else as much as for the
    /// month before.
    pub refill_cents: Option<Cents>,
    /// In what it was granted.
    #[serde(default)]
    pub unit: Unit,
    /// How much it was given in all in that unit, in thousandths of a visit or in minutes; zero in euros.
    #[serde(default)]
    pub quantity: i64,
    /// The first civil day of use.
    pub valid_from: NaiveDate,
    /// The last civil day of use.
    pub valid_until: NaiveDate,
    /// How far it has come.
    pub state: State,
    /// Why it was granted: the grounds of the decision.
    pub grounds: String,
    /// The officer who decided.
    pub granted_by: PersonId,
    /// When.
    pub granted_at: DateTime<Utc>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// The resident's situation by which each visit is valued; none where the rule makes one sum and nothing was raised.
    pub assessment: Option<Assessment>,
    /// The situations that came after, each by a review of the income (V7).
    pub assessments: Option<History>,
    /// What a unit was worth when it was granted and why; none in vouchers from before there were rules.
    pub valuation: Option<Valuation>,
    /// Why the value was raised, where it was (Act 569/2009, 8 §).
    pub raise_reason: Option<String>,
    /// What its resident tells a company; none in vouchers from before there were numbers, until a job gives them one.
    pub number: Option<Number>,
    /// The city's own key of the grant, where it came from a list; no two vouchers of a programme share one.
    pub grant_key: Option<String>,
}

/// A voucher refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Money with the units that go with it: what a voucher is given, holds or gives back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// In cents.
    pub cents: Cents,
    /// In thousandths of a visit or in minutes; zero where it is granted in euros.
    pub quantity: i64,
}

impl Worth {
    /// Money alone.
    pub fn of_cents(cents: Cents) -> Self {
        Self { cents, quantity: 0 }
    }
}

impl Add for Worth {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            cents: self.cents + other.cents,
            quantity: self.quantity.saturating_add(other.quantity),
        }
    }
}

impl Sub for Worth {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            cents: self.cents - other.cents,
            quantity: self.quantity.saturating_sub(other.quantity),
        }
    }
}

/// Why nothing can be granted, spent or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state of the voucher or of the programme does not allow it.
    State,
    /// Somebody changed the voucher since it was read.
    Stale,
    /// The programme's time is over.
    TooLate,
    /// The voucher is for another programme or another day.
    NotEligible,
    /// Nobody decides on vouchers of her own, or of somebody near to her.
    FourEyes,
    /// Bookings hold money of the voucher, or it has paid for something.
    InUse,
}

/// Decides whether somebody may decide on the voucher of a resident to whom she is `near`: the same person, or one of the
/// two may act for the other.
pub fn may_decide(near: bool) -> Result<(), Refusal> {
    if near { Err(Refusal::FourEyes) } else { Ok(()) }
}

/// Decides whether vouchers of `programme` may be granted, or asked for, on the civil day `today`: while it is published
/// and not over.
pub fn may_grant_today(programme: &Programme, today: NaiveDate) -> Result<(), Refusal> {
    if programme.state != programmes::State::Published {
        return Err(Refusal::State);
    }
    if today > programme.valid_until {
        return Err(Refusal::TooLate);
    }
    Ok(())
}

impl Model {
    /// What it was given in all.
    pub fn worth(&self) -> Worth {
        Worth {
            cents: self.value_cents,
            quantity: self.quantity,
        }
    }

    /// Decides whether this voucher may pay for a service of `programme` on the civil day `day`.
    pub fn may_pay(&self, programme: ProgrammeId, day: NaiveDate) -> Result<(), Refusal> {
        let right_day = (self.valid_from..=self.valid_until).contains(&day);
        if self.state == State::Active && self.programme_id == programme && right_day {
            Ok(())
        } else {
            Err(Refusal::NotEligible)
        }
    }

    /// The situation by which a visit on a civil day is valued; none where the rule makes one sum and nothing was raised.
    pub fn assessment_on(&self, day: NaiveDate) -> Option<&Assessment> {
        let later = self.assessments.as_ref().and_then(|history| history.on(day));
        later.map(|dated| &dated.assessment).or(self.assessment.as_ref())
    }

    /// The situations in the order of days, each with its first civil day; that of the grant is the first.
    pub fn assessments(&self) -> impl Iterator<Item = (NaiveDate, &Assessment)> {
        let granted = self.assessment.iter().map(|assessment| (self.valid_from, assessment));
        let later = self.assessments.iter().flat_map(|history| &history.0);
        granted.chain(later.map(|dated| (dated.from, &dated.assessment)))
    }

    /// The situations in the order of days as a history, that of the grant first.
    pub(crate) fn history(&self) -> History {
        let granted = self.assessment.iter().map(|assessment| Dated {
            from: self.valid_from,
            assessment: assessment.clone(),
            review: None,
        });
        let later = self.assessments.iter().flat_map(|history| history.0.clone());
        History(granted.chain(later).collect())
    }

    /// True while it can be used on some day from the civil day `today` on.
    pub fn is_in_use(&self, today: NaiveDate) -> bool {
        self.state == State::Active && today <= self.valid_until
    }

    /// Decides whether an officer who read version `expected` may take it back.
    pub fn revoke(&self, expected: i32) -> Result<State, Refusal> {
        self.change(Event::Revoke, expected)
    }

    /// Decides whether its resident, who read version `expected`, may refuse it (E5): only while nothing of it was used,
    /// so that all that it got is `available` or has `lapsed`.
    pub fn decline(&self, expected: i32, available: Worth, lapsed: Worth) -> Result<State, Refusal> {
        let next = self.change(Event::Decline, expected)?;
        if available + lapsed == self.worth() {
            Ok(next)
        } else {
            Err(Refusal::InUse)
        }
    }

    /// Decides whether an officer who read version `expected` may suspend it.
    pub fn suspend(&self, expected: i32) -> Result<State, Refusal> {
        self.change(Event::Suspend, expected)
    }

    /// Decides whether an officer who read version `expected` may end its suspension.
    pub fn reinstate(&self, expected: i32) -> Result<State, Refusal> {
        self.change(Event::Reinstate, expected)
    }

    fn change(&self, event: Event, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(event).ok_or(Refusal::State)?;
        if self.version == expected {
            Ok(next)
        } else {
            Err(Refusal::Stale)
        }
    }

    /// The voucher by a decision that was made anew in favour of its resident; it may not become worse for her.
    pub fn amended(&self, decision: Decision) -> Result<Self, Error> {
        if !self.state.is_alive() {
            return Err(Refusal::State.into());
        }
        self.is_raised_by(&decision, self.worth())?;
        Ok(Self {
            value_cents: decision.worth.cents,
            quantity: decision.worth.quantity,
            assessment: decision.assessment,
            valuation: Some(decision.valuation),
            raise_reason: decision.raise_reason,
            version: self.version + 1,
            ..self.clone()
        })
    }

    /// Checks that a decision gives no less than it had `before`, and no less for a unit.
    pub(crate) fn is_raised_by(&self, decision: &Decision, before: Worth) -> Result<(), Error> {
        field::number(
            "quantity",
            decision.worth.quantity,
            before.quantity,
            MAX_QUANTITY.into(),
        )?;
        field::cents("amount", decision.worth.cents, before.cents, Cents::MAX_INPUT)?;
        let before = self.valuation.as_ref().map_or(Cents::ZERO, |before| before.value);
        field::cents("assessment", decision.valuation.value, before, Cents::MAX_INPUT)?;
        Ok(())
    }

    /// Its last day when its resident moves away on `moved_on`, decided on the civil day `today`: the day of moving, but
    /// no day that has passed (T4). `None` when it ends by then anyway.
    pub fn ends_by_moving(&self, moved_on: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
        let last = moved_on.max(today);
        (self.state.is_alive() && last < self.valid_until).then_some(last)
    }

    /// Decides whether it expires on the civil day `today`; `None` when it does not.
    pub fn expire(&self, today: NaiveDate) -> Option<State> {
        (today > self.valid_until)
            .then(|| self.state.on(Event::Expire))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn voucher(state: State) -> Model {
        let id = Uuid::from_u128;
        let day = |text: &str| text.parse().unwrap();
        Model {
            id: VoucherId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            budget_id: BudgetId::from_uuid(id(4)),
            resident_id: PersonId::from_uuid(id(5)),
            value_cents: Cents(10_000),
            refill_cents: None,
            unit: Unit::Eur,
            quantity: 0,
            valid_from: day("2027-01-01"),
            valid_until: day("2027-06-30"),
            state,
            grounds: "Ikä".into(),
            granted_by: PersonId::from_uuid(id(6)),
            granted_at: DateTime::UNIX_EPOCH,
            version: 1,
            assessment: None,
            assessments: None,
            valuation: None,
            raise_reason: None,
            number: None,
            grant_key: None,
        }
    }

    #[test]
    fn is_refused_only_while_it_is_whole() {
        let active = voucher(State::Active);
        let cents = |cents| Worth::of_cents(Cents(cents));
        let none = Worth::default();
        assert_eq!(active.decline(1, cents(10_000), none), Ok(State::Declined));
        assert_eq!(active.decline(1, cents(4_000), cents(6_000)), Ok(State::Declined));
        assert_eq!(active.decline(1, cents(9_999), none), Err(Refusal::InUse));
        assert_eq!(active.decline(2, cents(10_000), none), Err(Refusal::Stale));
        let in_visits = Model {
            unit: Unit::Visit,
            quantity: 3_000,
            ..voucher(State::Active)
        };
        let visits = |quantity| Worth {
            quantity,
            ..cents(10_000)
        };
        assert_eq!(in_visits.decline(1, visits(3_000), none), Ok(State::Declined));
        assert_eq!(in_visits.decline(1, visits(2_000), none), Err(Refusal::InUse));
        let suspended = voucher(State::Suspended);
        assert_eq!(suspended.decline(1, cents(10_000), none), Err(Refusal::State));
    }

    #[test]
    fn a_suspension_ends_by_a_hand_that_is_not_near() {
        let suspended = voucher(State::Suspended);
        assert_eq!(suspended.reinstate(1), Ok(State::Active));
        assert_eq!((may_decide(false), may_decide(true)), (Ok(()), Err(Refusal::FourEyes)));
        assert_eq!(suspended.suspend(1), Err(Refusal::State));
        assert_eq!(voucher(State::Active).suspend(1), Ok(State::Suspended));
    }

    #[test]
    fn moving_away_ends_it_on_that_day_and_never_in_the_past() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let ends = |state, moved_on, today| voucher(state).ends_by_moving(day(moved_on), day(today));
        let (march, april) = ("2027-03-01", "2027-04-01");
        assert_eq!(ends(State::Active, april, march), Some(day(april)));
        assert_eq!(ends(State::Suspended, march, april), Some(day(april)));
        assert_eq!(ends(State::Active, "2027-06-30", march), None);
        assert_eq!(ends(State::Expired, april, march), None);
    }

    #[test]
    fn pays_for_its_programme_on_its_days_only() {
        let programme = |n| ProgrammeId::from_uuid(Uuid::from_u128(n));
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let active = voucher(State::Active);
        assert_eq!(active.may_pay(programme(3), day("2027-06-30")), Ok(()));
        assert_eq!(
            active.may_pay(programme(3), day("2027-07-01")),
            Err(Refusal::NotEligible)
        );
        assert_eq!(
            active.may_pay(programme(3), day("2026-12-31")),
            Err(Refusal::NotEligible)
        );
        assert_eq!(
            active.may_pay(programme(9), day("2027-06-30")),
            Err(Refusal::NotEligible)
        );
        assert_eq!(
            voucher(State::Revoked).may_pay(programme(3), day("2027-02-01")),
            Err(Refusal::NotEligible)
        );
    }

    #[test]
    fn expires_the_day_after_its_last() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(voucher(State::Active).expire(day("2027-06-30")), None);
        assert_eq!(voucher(State::Active).expire(day("2027-07-01")), Some(State::Expired));
        assert_eq!(voucher(State::Revoked).expire(day("2027-07-01")), None);
    }
}
