//! The review of the income by which a voucher is valued, once a year (V7), and the situations of its resident by day.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use kernel::{Actor, Cents, CityId, IncomeReviewId, PersonId, ProgrammeId, Theme, VoucherId};
use programmes::value::Assessment;
use sea_orm::entity::prelude::*;
use sea_orm::{DeriveValueType, Iterable};
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::decision::stored;
use crate::policy;

/// How far a review has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The resident is asked for her income.
    Asked,
    /// She has not told it in time: an officer has a task.
    Overdue,
    /// She has told it.
    Answered,
    /// An officer has decided.
    Decided,
    /// The voucher ended before that.
    Ended,
    /// An officer proposes a decision from a day that has passed.
    Proposed,
    /// Such a proposal was taken back.
    Withdrawn,
}

/// What happens to a review at somebody's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Event {
    /// The resident tells her income, or tells it anew.
    Report,
    /// An officer decides.
    Decide,
    /// Another officer confirms a decision from a day that has passed.
    Confirm,
    /// An officer takes such a proposal back.
    Withdraw,
}

/// What time does to a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The time to answer is over.
    Overdue,
    /// The voucher has ended.
    End,
}

impl State {
    /// The whole life of a review in one table, but for what time does, which stands in [`Self::turns`].
    pub fn on(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Asked | Self::Overdue | Self::Answered, Event::Report) => Some(Self::Answered),
            (Self::Asked | Self::Overdue | Self::Answered, Event::Decide) | (Self::Proposed, Event::Confirm) => {
                Some(Self::Decided)
            }
            (Self::Proposed, Event::Withdraw) => Some(Self::Withdrawn),
            _ => None,
        }
    }

    /// Where time brings a review.
    pub fn turns(self, turn: Turn) -> Option<Self> {
        match (self, turn) {
            (Self::Asked, Turn::Overdue) => Some(Self::Overdue),
            (Self::Asked | Self::Overdue | Self::Answered, Turn::End) => Some(Self::Ended),
            _ => None,
        }
    }
}

/// A review of the income of the resident of a voucher (tulotietojen tarkistus, V7), or a decision on it from a day that has
/// passed. A voucher has one open review and one proposal of such a decision at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "income_review")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IncomeReviewId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The voucher.
    pub voucher_id: VoucherId,
    /// Whose voucher it is.
    pub resident_id: PersonId,
    /// How far it has come.
    pub state: State,
    /// The last civil day on which an answer is in time; of a proposal the day on which it was made.
    pub answer_until: NaiveDate,
    /// What the resident has told.
    pub told: Option<Assessment>,
    /// She has accepted expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
    /// Who told it: the resident or whoever acts for her.
    pub told_by: Option<PersonId>,
    /// The officer who proposed it, for a decision from a day that has passed.
    pub proposed_by: Option<PersonId>,
    /// The situation by which visits are valued.
    pub assessed: Option<Assessment>,
    /// The officer who decided.
    pub decided_by: Option<PersonId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub grounds: Option<String>,
    /// The first civil day of the new value.
    pub from_day: Option<NaiveDate>,
    /// The first civil day of the situation after it, where there was one already.
    pub until_day: Option<NaiveDate>,
    /// The situations before a decision from a day that has passed, that of the grant first.
    pub before: Option<History>,
    /// What a unit was worth on that day before the decision, in cents.
    pub value_before: Option<Cents>,
    /// What it is worth by the decision, in cents.
    pub value_after: Option<Cents>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When the resident was asked.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// A review refers to other records by id.
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

    /// Nobody decides on her own income or on one that she has told for somebody.
    pub fn judge(&self, officer: PersonId) -> Result<(), Refusal> {
        if self.resident_id == officer || self.told_by == Some(officer) {
            Err(Refusal::FourEyes)
        } else {
            Ok(())
        }
    }

    /// Another officer confirms than the one who proposed.
    pub fn confirm(&self, officer: PersonId) -> Result<(), Refusal> {
        if self.proposed_by == Some(officer) {
            return Err(Refusal::FourEyes);
        }
        self.judge(officer)
    }

    /// What the actor may do with it now, in the order of [`Event`].
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<Event> {
        let officer = policy::GRANT.in_city(actor, self.city_id);
        let decides = officer.is_ok_and(|officer| self.judge(officer).is_ok());
        let confirms = officer.is_ok_and(|officer| self.confirm(officer).is_ok());
        let own = policy::OWN.own_in(Theme::Applications, actor);
        let answers = own.is_ok_and(|own| own.covers(self.resident_id, self.city_id));
        let may = |event: &Event| match event {
            Event::Report => answers,
            Event::Decide => decides,
            Event::Confirm => confirms,
            Event::Withdraw => officer.is_ok(),
        };
        Event::iter()
            .filter(|event| may(event) && self.state.on(*event).is_some())
            .collect()
    }
}

/// The first civil day of a value that is decided on the civil day `today`: the first of the next month (V7).
pub fn in_force_from(today: NaiveDate) -> NaiveDate {
    let first = today.with_day(1).unwrap_or(today);
    first.checked_add_months(Months::new(1)).unwrap_or(today)
}

/// The situation of a resident from a civil day on, until the next one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dated {
    /// The first civil day.
    pub from: NaiveDate,
    /// The situation.
    pub assessment: Assessment,
    /// The review by which it was decided; none for the grant.
    pub review: Option<IncomeReviewId>,
}

/// The situations after the one of the grant, in the order of days, of which no two are the same: so each day has one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveValueType)]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "stored")]
pub struct History(pub Vec<Dated>);

impl History {
    /// The situation in force on a civil day; none while that of the grant is.
    pub fn on(&self, day: NaiveDate) -> Option<&Dated> {
        self.0.iter().rfind(|dated| dated.from <= day)
    }

    /// The first civil day of the situation after the one of `day`.
    pub fn next_after(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.0.iter().map(|dated| dated.from).find(|from| *from > day)
    }

    /// The history with another situation; one from the same day is replaced.
    #[must_use]
    pub fn with(mut self, dated: Dated) -> Self {
        self.0.retain(|other| other.from != dated.from);
        self.0.push(dated);
        self.0.sort_by_key(|dated| dated.from);
        self
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_value_begins_with_the_next_month() {
        assert_eq!(in_force_from(day("2027-01-01")), day("2027-02-01"));
        assert_eq!(in_force_from(day("2027-12-31")), day("2028-01-01"));
        assert_eq!(in_force_from(day("2028-01-31")), day("2028-02-01"));
    }

    #[test]
    fn is_answered_until_it_is_decided() {
        let overdue = State::Asked.turns(Turn::Overdue).unwrap();
        assert_eq!(overdue.turns(Turn::Overdue), None);
        assert_eq!(overdue.on(Event::Report), Some(State::Answered));
        assert_eq!(State::Answered.on(Event::Report), Some(State::Answered));
        assert_eq!(State::Answered.turns(Turn::Overdue), None);
        assert_eq!(State::Asked.on(Event::Decide), Some(State::Decided));
        assert_eq!(State::Proposed.on(Event::Confirm), Some(State::Decided));
        assert_eq!(
            (State::Proposed.on(Event::Decide), State::Asked.on(Event::Confirm)),
            (None, None)
        );
        for done in [State::Decided, State::Ended, State::Withdrawn] {
            assert!(Event::iter().all(|event| done.on(event).is_none()));
            assert_eq!((done.turns(Turn::Overdue), done.turns(Turn::End)), (None, None));
        }
    }

    #[test]
    fn each_day_has_one_situation() {
        let dated = |from: &str, review| Dated {
            from: day(from),
            assessment: Assessment::default(),
            review: Some(IncomeReviewId::from_uuid(Uuid::from_u128(review))),
        };
        let history = History::default()
            .with(dated("2028-03-01", 2))
            .with(dated("2028-01-01", 1))
            .with(dated("2028-03-01", 3));
        let review = |text: &str| {
            history
                .on(day(text))
                .and_then(|dated| dated.review)
                .map(|id| id.uuid().as_u128())
        };
        assert_eq!(review("2027-12-31"), None);
        assert_eq!((review("2028-01-01"), review("2028-02-29")), (Some(1), Some(1)));
        assert_eq!((review("2028-03-01"), history.0.len()), (Some(3), 2));
    }
}
