//! The stored programme and the pure decisions on it.

pub mod budget;
pub mod canvas;
pub mod organiser;
pub mod parameters;
pub mod rulebook;
pub mod terms;
pub mod unit;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{BasisPoints, Cents, CityId, FieldError, LocalizedText, PersonId, ProgrammeId, field};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How far a programme has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// One officer writes it; residents and companies do not see it.
    Draft,
    /// Another officer has published it: companies apply, vouchers are granted.
    Published,
    /// No new approvals or vouchers; bookings run to their end.
    Closed,
}

/// What happens to a programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An officer publishes it.
    Publish,
    /// An officer closes it.
    Close,
}

impl State {
    /// The whole life of a programme in one table.
    pub fn on(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Draft, Event::Publish) => Some(Self::Published),
            (Self::Published, Event::Close) => Some(Self::Closed),
            _ => None,
        }
    }
}

/// A voucher programme of a city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProgrammeId,
    /// The city that grants and pays.
    pub city_id: CityId,
    /// Its name.
    pub name: LocalizedText,
    /// What residents get and who may have it.
    pub description: LocalizedText,
    /// The class of service, a code of the national service classification (PTV) such as `P25`.
    pub service_class: String,
    /// In what its vouchers are granted.
    #[serde(default)]
    pub unit: Unit,
    /// The unit of the city that is responsible for it.
    #[serde(default)]
    pub organiser: Option<Organiser>,
    /// For whom it is, in words; what is decided by facts stands in the conditions of its terms.
    #[serde(default)]
    pub target_group: Option<LocalizedText>,
    /// Of the first terms, for the binary before this one; read nowhere. One cent where they have no flat value, so
    /// that the binary before grants next to nothing.
    pub value_cents: Cents,
    /// Of the first terms, for the binary before this one; read nowhere. In cents.
    pub price_ceiling_cents: Cents,
    /// The first civil day on which a voucher of the programme can be used.
    pub valid_from: NaiveDate,
    /// The last civil day on which a voucher of the programme can be used.
    pub valid_until: NaiveDate,
    /// Of the first terms, for the binary before this one; read nowhere.
    pub free_cancellation_hours: i32,
    /// Of the first terms, for the binary before this one; read nowhere.
    pub late_fee_bp: BasisPoints,
    /// How far it has come.
    pub state: State,
    /// The officer who wrote the draft or changed it last.
    pub drafted_by: PersonId,
    /// The officer who published it.
    pub published_by: Option<PersonId>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
}

/// Other records refer to a programme by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub use organiser::Organiser;
pub use unit::Unit;

/// The budget of a programme for a fiscal year; its id owns the accounts.
pub use budget::Model as Budget;

/// Why a programme cannot be changed that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow it.
    State(State),
    /// Who drafted it may not publish it.
    FourEyes,
    /// Somebody changed it since it was read.
    Stale,
    /// Published terms are not changed, only ended.
    TermsPublished,
    /// Only published terms are ended or taken back.
    TermsDraft,
    /// Terms of a day that has passed never change.
    PastDay,
    /// Other published terms of the programme cover a day of the period.
    PeriodsOverlap,
    /// The last day lies before the first.
    EndsBeforeItBegins,
    /// The last day has to be one of these.
    LastDay {
        /// The earliest.
        first: NaiveDate,
        /// The latest.
        last: NaiveDate,
    },
    /// The value rule is paid otherwise, or reads something else, than that of the other published terms.
    OtherKindOfRule,
    /// The value rule pays something else than the unit of the programme counts.
    RuleOfOtherUnit,
    /// A published rulebook never changes; the next version does.
    RulebookPublished,
    /// More of a budget is promised or booked than would be left of it.
    BudgetCommitted,
    /// A change of a budget is confirmed or withdrawn already.
    BudgetChangeDone,
}

impl Model {
    /// Decides whether `officer`, who read version `expected`, may publish it.
    pub fn publish(&self, officer: PersonId, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(Event::Publish).ok_or(Refusal::State(self.state))?;
        if self.version != expected {
            return Err(Refusal::Stale);
        }
        if self.drafted_by == officer {
            return Err(Refusal::FourEyes);
        }
        Ok(next)
    }

    /// Decides whether an officer who read version `expected` may close it.
    pub fn close(&self, expected: i32) -> Result<State, Refusal> {
        let next = self.state.on(Event::Close).ok_or(Refusal::State(self.state))?;
        if self.version == expected {
            Ok(next)
        } else {
            Err(Refusal::Stale)
        }
    }

    /// Decides whether an officer who read version `expected` may change it: drafts only.
    pub fn change(&self, expected: i32) -> Result<(), Refusal> {
        match self.state {
            State::Draft if self.version == expected => Ok(()),
            State::Draft => Err(Refusal::Stale),
            State::Published | State::Closed => Err(Refusal::State(self.state)),
        }
    }

    /// Refuses another first year of use than the one that the draft's budget is for.
    pub fn keeps_year(&self, valid_from: NaiveDate) -> Result<(), FieldError> {
        let year = self.valid_from.year();
        field::number("validFrom", valid_from.year(), year, year).map(drop)
    }

    /// Decides whether terms for another period may be drafted and published: only beside its first ones, and not once
    /// it is closed.
    pub fn take_terms(&self) -> Result<(), Refusal> {
        match self.state {
            State::Published => Ok(()),
            State::Draft | State::Closed => Err(Refusal::State(self.state)),
        }
    }

    /// Decides whether its budgets may be changed: that of a draft stands in its content.
    pub fn take_budget(&self) -> Result<(), Refusal> {
        match self.state {
            State::Published | State::Closed => Ok(()),
            State::Draft => Err(Refusal::State(self.state)),
        }
    }

    /// True when its vouchers are used in more than one fiscal year.
    pub fn spans_years(&self) -> bool {
        self.valid_from.year() < self.valid_until.year()
    }

    /// True when a voucher of the programme can be used on the civil day `day`.
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.valid_from..=self.valid_until).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn programme(state: State) -> Model {
        let text = LocalizedText {
            fi: "Seniorien siivous".into(),
            sv: None,
            en: None,
        };
        Model {
            id: ProgrammeId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            name: text.clone(),
            description: text,
            service_class: "P25".into(),
            unit: Unit::Eur,
            organiser: None,
            target_group: None,
            value_cents: Cents(10_000),
            price_ceiling_cents: Cents(15_000),
            valid_from: NaiveDate::from_ymd_opt(2027, 1, 1).unwrap(),
            valid_until: NaiveDate::from_ymd_opt(2027, 6, 30).unwrap(),
            free_cancellation_hours: 24,
            late_fee_bp: BasisPoints(5_000),
            state,
            drafted_by: person(3),
            published_by: None,
            version: 7,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn person(n: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn takes_two_officers_to_publish() {
        let draft = programme(State::Draft);
        assert_eq!(draft.publish(person(3), 7), Err(Refusal::FourEyes));
        assert_eq!(draft.publish(person(4), 6), Err(Refusal::Stale));
        assert_eq!(draft.publish(person(4), 7), Ok(State::Published));
        assert_eq!(
            programme(State::Closed).publish(person(4), 7),
            Err(Refusal::State(State::Closed))
        );
    }

    #[test]
    fn is_changed_as_a_draft_only() {
        assert_eq!(programme(State::Draft).change(7), Ok(()));
        assert_eq!(programme(State::Draft).change(8), Err(Refusal::Stale));
        assert_eq!(
            programme(State::Published).change(7),
            Err(Refusal::State(State::Published))
        );
    }

    #[test]
    fn stays_in_the_year_of_its_budget() {
        let draft = programme(State::Draft);
        let moved = |text: &str| draft.keeps_year(text.parse().unwrap()).map_err(|error| error.field);
        assert_eq!(moved("2027-12-31"), Ok(()));
        assert_eq!(moved("2028-01-01"), Err("validFrom"));
    }

    #[test]
    fn covers_its_first_and_last_day() {
        let programme = programme(State::Published);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(programme.covers(day("2027-01-01")) && programme.covers(day("2027-06-30")));
        assert!(!programme.covers(day("2026-12-31")) && !programme.covers(day("2027-07-01")));
    }
}
