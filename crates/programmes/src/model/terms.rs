//! The terms of a programme for a period, and the pure decisions on them.

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;
use kernel::{BasisPoints, Cents, CityId, PersonId, ProgrammeId, TermsId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::parameters::Parameters;
use crate::conditions::Conditions;
use crate::value::invalid::Reason;
use crate::value::share::Mode;
use crate::value::timetable::DayKind;
use crate::value::{InForce, Moment, ValueRule};

/// The last day that every calendar holds.
pub(crate) const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2200, 12, 31).expect("a day of the calendar");

/// How far terms have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// One officer writes them; they hold for nothing.
    Draft,
    /// Another officer has published them: they hold on the days of their period.
    Published,
    /// An officer took them back before their first day: they hold for nothing.
    Withdrawn,
}

/// Who pays what of a price the voucher is not worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceMode {
    /// The resident pays it (omavastuu, V1). No price is above the ceiling.
    OwnShare,
    /// The service is free of charge by law: a price above the value is refused (rule L8, V5).
    ZeroCopay,
    /// Any price is allowed; the voucher pays at most the ceiling and the resident the rest (O8).
    NotToExceed,
}

/// What a programme pays on the days of a period. A booking uses the terms in force on the civil day of its visit and
/// freezes what they made; terms of a day that has passed never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "programme_terms")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TermsId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The first civil day on which they are in force.
    pub valid_from: NaiveDate,
    /// The last civil day; until further notice when there is none.
    pub valid_until: Option<NaiveDate>,
    /// How a resident's situation becomes the value of a voucher.
    pub value_rule: ValueRule,
    /// Who pays what the value does not cover.
    pub price_mode: PriceMode,
    /// The highest price of a place that is allowed or paid, by the mode, in cents.
    pub price_ceiling_cents: Cents,
    /// How many hours before a visit a resident may still cancel for nothing.
    pub free_cancellation_hours: i32,
    /// What the provider is paid of the voucher share after that deadline, in basis points.
    pub late_fee_bp: BasisPoints,
    /// Within how many days of hearing of a decision a resident may ask for its rectification (oikaisuvaatimus): 14 by
    /// the Local Government Act (410/2015, 138 §), 30 by the Administrative Procedure Act (434/2003, 49 c §).
    pub appeal_days: i32,
    /// Who may book how often, until when a delivery counts, and what else differs between programmes.
    pub parameters: Parameters,
    /// What they ask of residents.
    pub conditions: Conditions,
    /// How far they have come.
    pub state: State,
    /// The officer who wrote the draft or changed it last.
    pub drafted_by: PersonId,
    /// The officer who published them.
    pub published_by: Option<PersonId>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When they were drafted.
    pub created_at: DateTime<Utc>,
}

/// Terms refer to their programme by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl PriceMode {
    /// Decides whether a place may cost `price` under this mode with `ceiling`, both in cents.
    pub fn allows(self, price: Cents, ceiling: Cents) -> bool {
        self == Self::NotToExceed || price <= ceiling
    }

    /// How the price of `units` places is divided, with the ceiling of one of them in cents.
    pub fn of_units(self, ceiling: Cents, units: i32) -> Mode {
        match self {
            Self::OwnShare => Mode::Copay,
            Self::ZeroCopay => Mode::ZeroCopay,
            Self::NotToExceed => Mode::NotToExceed {
                ceiling: ceiling.times(units),
            },
        }
    }
}

impl Model {
    /// The days on which they are in force.
    pub fn period(&self) -> InForce {
        InForce {
            from: self.valid_from,
            until: self.valid_until,
        }
    }

    /// Decides whether an officer who read version `expected` may change them: drafts only.
    pub fn change(&self, expected: i32) -> Result<(), Refusal> {
        match self.state {
            State::Draft if self.version == expected => Ok(()),
            State::Draft => Err(Refusal::Stale),
            State::Published | State::Withdrawn => Err(Refusal::TermsPublished),
        }
    }

    /// Decides whether `officer`, who read version `expected`, may publish them on the civil day `today` beside the
    /// published `others` of the programme: another officer drafted them, no day of theirs has passed, none is covered
    /// twice, and vouchers that were granted under the others can be valued by them.
    pub fn publish(&self, officer: PersonId, expected: i32, today: NaiveDate, others: &[Self]) -> Result<(), Refusal> {
        self.change(expected)?;
        if self.drafted_by == officer {
            return Err(Refusal::FourEyes);
        }
        if self.valid_from < today {
            return Err(Refusal::PastDay);
        }
        if others
            .iter()
            .any(|other| !self.value_rule.reads_like(&other.value_rule))
        {
            return Err(Refusal::OtherKindOfRule);
        }
        self.beside(others)
    }

    /// Decides whether an officer who read version `expected` may make `until` their last day on the civil day `today`.
    /// One officer only shortens them: longer ones are terms that two officers have not seen.
    pub fn end(&self, expected: i32, until: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
        self.published(expected)?;
        let (first, last) = (today.max(self.valid_from), self.valid_until.unwrap_or(LAST_DAY));
        if last < today {
            return Err(Refusal::PastDay);
        }
        if !(first..=last).contains(&until) {
            return Err(Refusal::LastDay { first, last });
        }
        Ok(())
    }

    /// Decides whether an officer who read version `expected` may take them back on the civil day `today`: before their
    /// first day, so that nothing has been decided by them on a day of theirs.
    pub fn withdraw(&self, expected: i32, today: NaiveDate) -> Result<State, Refusal> {
        self.published(expected)?;
        if self.valid_from <= today {
            return Err(Refusal::PastDay);
        }
        Ok(State::Withdrawn)
    }

    fn published(&self, expected: i32) -> Result<(), Refusal> {
        match self.state {
            State::Draft | State::Withdrawn => Err(Refusal::TermsDraft),
            State::Published if self.version == expected => Ok(()),
            State::Published => Err(Refusal::Stale),
        }
    }

    /// Decides whether they share no day with `others`.
    fn beside(&self, others: &[Self]) -> Result<(), Refusal> {
        let others = others.iter().filter(|other| other.id != self.id);
        let periods: Vec<_> = others.chain([self]).map(Self::period).collect();
        crate::value::in_force::check_periods(&periods).map_err(|invalid| match invalid.reason {
            Reason::EndsBeforeItBegins => Refusal::EndsBeforeItBegins,
            _ => Refusal::PeriodsOverlap,
        })
    }

    /// Decides whether a place may cost `price` cents.
    pub fn allows_price(&self, price: Cents) -> bool {
        self.price_mode.allows(price, self.price_ceiling_cents)
    }
}

/// The moment of a visit from `starts_at` to `ends_at` on the clock of a city, by which rules value its time.
pub fn moment_of(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>, zone: Tz) -> Moment {
    let start = starts_at.with_timezone(&zone);
    let minute = |time: NaiveTime| time.hour() * 60 + time.minute();
    let start_minute = i32::try_from(minute(start.time())).unwrap_or_default();
    let minutes = i32::try_from((ends_at - starts_at).num_minutes()).unwrap_or(i32::MAX);
    Moment {
        day: start.date_naive(),
        start_minute,
        end_minute: start_minute.saturating_add(minutes.max(0)),
    }
}

/// The moment for which a decision states a value before anything is booked: an hour in the morning of the first
/// ordinary weekday from `day` on.
pub fn moment_of_decision(day: NaiveDate) -> Moment {
    let day = day
        .iter_days()
        .find(|day| DayKind::of(*day) == DayKind::Weekday)
        .unwrap_or(day);
    Moment {
        day,
        start_minute: 8 * 60,
        end_minute: 9 * 60,
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;
    use crate::value::flat::{Flat, Per};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn person(n: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(n))
    }

    fn terms(id: u128, state: State, from: &str, until: Option<&str>) -> Model {
        Model {
            id: TermsId::from_uuid(Uuid::from_u128(id)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            programme_id: ProgrammeId::from_uuid(Uuid::from_u128(3)),
            valid_from: day(from),
            valid_until: until.map(day),
            value_rule: ValueRule::Flat(Flat {
                value: Cents(10_000),
                per: Per::Voucher,
                coefficients: None,
            }),
            price_mode: PriceMode::OwnShare,
            price_ceiling_cents: Cents(15_000),
            free_cancellation_hours: 24,
            late_fee_bp: BasisPoints(5_000),
            appeal_days: 30,
            parameters: Parameters::default(),
            conditions: Conditions::default(),
            state,
            drafted_by: person(1),
            published_by: None,
            version: 4,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn two_officers_publish_terms_for_days_to_come() {
        let draft = terms(1, State::Draft, "2027-03-01", None);
        let publish = |officer, expected, today, others: &[Model]| draft.publish(officer, expected, day(today), others);
        assert_eq!(publish(person(2), 4, "2027-03-01", &[]), Ok(()));
        assert_eq!(publish(person(1), 4, "2027-03-01", &[]), Err(Refusal::FourEyes));
        assert_eq!(publish(person(2), 3, "2027-03-01", &[]), Err(Refusal::Stale));
        assert_eq!(publish(person(2), 4, "2027-03-02", &[]), Err(Refusal::PastDay));
        let before = terms(2, State::Published, "2027-01-01", Some("2027-02-28"));
        assert_eq!(publish(person(2), 4, "2027-02-01", &[before]), Ok(()));
        let open = terms(2, State::Published, "2027-01-01", None);
        assert_eq!(
            publish(person(2), 4, "2027-02-01", &[open]),
            Err(Refusal::PeriodsOverlap)
        );
        let published = terms(1, State::Published, "2027-03-01", None);
        assert_eq!(
            published.publish(person(2), 4, day("2027-02-01"), &[]),
            Err(Refusal::TermsPublished)
        );
    }

    #[test]
    fn no_day_that_has_passed_gets_other_terms() {
        let open = terms(1, State::Published, "2027-01-01", None);
        let end = |terms: &Model, until, today| terms.end(4, day(until), day(today));
        let between = |first, last| {
            Err(Refusal::LastDay {
                first: day(first),
                last,
            })
        };
        assert_eq!(end(&open, "2027-03-31", "2027-03-31"), Ok(()));
        assert_eq!(end(&open, "2027-03-30", "2027-03-31"), between("2027-03-31", LAST_DAY));
        assert_eq!(end(&open, "2026-12-31", "2026-12-01"), between("2027-01-01", LAST_DAY));
        let ended = terms(1, State::Published, "2027-01-01", Some("2027-01-31"));
        assert_eq!(
            end(&ended, "2027-02-28", "2027-01-31"),
            between("2027-01-31", day("2027-01-31")),
            "one officer prolongs nothing"
        );
        assert_eq!(end(&ended, "2027-01-30", "2027-01-15"), Ok(()));
        assert_eq!(end(&ended, "2027-01-31", "2027-02-01"), Err(Refusal::PastDay));
        assert_eq!(ended.end(3, day("2027-01-31"), day("2027-01-31")), Err(Refusal::Stale));
        let draft = terms(1, State::Draft, "2027-01-01", None);
        assert_eq!(end(&draft, "2027-01-31", "2027-01-31"), Err(Refusal::TermsDraft));
    }

    #[test]
    fn what_has_not_begun_can_be_taken_back() {
        let coming = terms(1, State::Published, "2027-03-01", None);
        assert_eq!(coming.withdraw(4, day("2027-02-28")), Ok(State::Withdrawn));
        assert_eq!(coming.withdraw(4, day("2027-03-01")), Err(Refusal::PastDay));
        assert_eq!(coming.withdraw(3, day("2027-02-28")), Err(Refusal::Stale));
        let withdrawn = terms(1, State::Withdrawn, "2027-03-01", None);
        assert_eq!(withdrawn.withdraw(4, day("2027-02-28")), Err(Refusal::TermsDraft));
    }

    #[test]
    fn vouchers_are_valued_alike_from_period_to_period() {
        let before = terms(2, State::Published, "2027-01-01", Some("2027-02-28"));
        let mut next = terms(1, State::Draft, "2027-03-01", None);
        next.value_rule = ValueRule::Flat(Flat {
            value: Cents(3_000),
            per: Per::Hour,
            coefficients: None,
        });
        let published = next.publish(person(2), 4, day("2027-02-01"), &[before]);
        assert_eq!(published, Err(Refusal::OtherKindOfRule));
    }

    #[test]
    fn a_visit_is_timed_by_the_clock_of_the_city() {
        let zone = chrono_tz::Europe::Helsinki;
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let late = moment_of(at("2027-02-28T22:30:00Z"), at("2027-02-28T23:30:00Z"), zone);
        assert_eq!(
            (late.day, late.start_minute, late.end_minute),
            (day("2027-03-01"), 30, 90)
        );
        // The night in which the clock goes from three to four: an hour and a half that passed.
        let spring = moment_of(at("2027-03-28T00:30:00Z"), at("2027-03-28T02:00:00Z"), zone);
        assert_eq!((spring.start_minute, spring.minutes()), (150, 90));
        assert_eq!(spring.rounded_up(60).minutes(), 120);
        assert_eq!(spring.rounded_up(30), spring);
        assert_eq!(spring.rounded_up(0), spring);
        assert_eq!(moment_of_decision(day("2027-01-01")).day, day("2027-01-04"));
    }
}
