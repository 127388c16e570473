//! A dated time of an offer.

use std::ops::RangeInclusive;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use kernel::{CityId, ErrorCode, FieldError, OccurrenceId, OfferId, field};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;
use super::offer::Model as Offer;

/// How long an occurrence takes at least.
const SHORTEST: Duration = Duration::minutes(1);

/// The most places of one occurrence.
pub const MAX_CAPACITY: i32 = 10_000;
/// The longest occurrence.
const MAX_LENGTH: Duration = Duration::hours(24);

/// Whether an occurrence takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It takes place.
    Open,
    /// The company has called it off.
    Cancelled,
}

/// A dated time of an offer with its places (ajankohta).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "occurrence")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OccurrenceId,
    /// The offer.
    pub offer_id: OfferId,
    /// The city of the offer.
    pub city_id: CityId,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends, at most 24 hours later.
    pub ends_at: DateTime<Utc>,
    /// How many places there are, 1 to 10 000.
    pub capacity: i32,
    /// How many of them are booked; never more than there are.
    pub taken: i32,
    /// Whether it takes place.
    pub state: State,
    /// Counts the company's changes, for optimistic locking; bookings do not count.
    pub version: i32,
}

/// Other records refer to an occurrence by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// How many places are left.
    pub fn places_left(&self) -> i32 {
        match self.state {
            State::Open => self.capacity - self.taken,
            State::Cancelled => 0,
        }
    }

    /// Decides whether somebody who read version `expected` may call it off: only while nobody has booked it.
    pub fn cancel(&self, expected: i32) -> Result<State, Refusal> {
        match self.state {
            State::Open if self.version != expected => Err(Refusal::Stale),
            State::Open if self.taken == 0 => Ok(State::Cancelled),
            State::Open | State::Cancelled => Err(Refusal::State),
        }
    }

    /// Decides whether somebody who read version `expected` may change its places; [`Self::checked_capacity`] says
    /// how far.
    pub fn change(&self, expected: i32) -> Result<(), Refusal> {
        match self.state {
            State::Open if self.version == expected => Ok(()),
            State::Open => Err(Refusal::Stale),
            State::Cancelled => Err(Refusal::State),
        }
    }

    /// A new capacity, at least the places that are booked already.
    pub fn checked_capacity(&self, capacity: i32) -> Result<i32, FieldError> {
        field::number("capacity", capacity, self.taken.max(1), MAX_CAPACITY)
    }
}

/// A time that a company adds to its offer.
#[derive(Clone, Copy, Debug)]
pub struct NewOccurrence {
    /// When it starts: in the future, on a day on which vouchers of the programme can be used.
    pub starts_at: DateTime<Utc>,
    /// When it ends, at most 24 hours later.
    pub ends_at: DateTime<Utc>,
    /// How many places there are, 1 to 10 000.
    pub capacity: i32,
}

impl NewOccurrence {
    /// Checks it against the present instant and the days `valid` of the programme, which are civil days of `zone`.
    pub fn check(&self, now: DateTime<Utc>, valid: &RangeInclusive<NaiveDate>, zone: Tz) -> Result<(), FieldError> {
        field::instant("startsAt", self.starts_at)?;
        field::instant("endsAt", self.ends_at)?;
        if self.starts_at <= now {
            return Err(FieldError::new("startsAt", ErrorCode::TooLate));
        }
        field::number(
            "startsAt",
            kernel::civil_day(self.starts_at, zone),
            *valid.start(),
            *valid.end(),
        )?;
        let (soonest, latest) = (self.starts_at + SHORTEST, self.starts_at + MAX_LENGTH);
        field::number("endsAt", self.ends_at, soonest, latest)?;
        field::number("capacity", self.capacity, 1, MAX_CAPACITY)?;
        Ok(())
    }

    /// The occurrence of `offer` under the id `id`, with all places free.
    pub fn of(&self, offer: &Offer, id: OccurrenceId) -> Model {
        Model {
            id,
            offer_id: offer.id,
            city_id: offer.city_id,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            capacity: self.capacity,
            taken: 0,
            state: State::Open,
            version: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn occurrence(state: State, taken: i32) -> Model {
        let starts_at = DateTime::UNIX_EPOCH + Duration::days(1);
        Model {
            id: OccurrenceId::from_uuid(Uuid::from_u128(1)),
            offer_id: OfferId::from_uuid(Uuid::from_u128(2)),
            city_id: CityId::from_uuid(Uuid::from_u128(3)),
            starts_at,
            ends_at: starts_at + Duration::hours(1),
            capacity: 5,
            taken,
            state,
            version: 3,
        }
    }

    #[test]
    fn is_called_off_only_while_nobody_has_booked() {
        let table = [
            (State::Open, 0, 3, Ok(State::Cancelled)),
            (State::Open, 0, 2, Err(Refusal::Stale)),
            (State::Open, 1, 3, Err(Refusal::State)),
            (State::Cancelled, 0, 3, Err(Refusal::State)),
            (State::Cancelled, 1, 3, Err(Refusal::State)),
        ];
        for (state, taken, expected, answer) in table {
            assert_eq!(
                occurrence(state, taken).cancel(expected),
                answer,
                "{state:?} {taken} {expected}"
            );
        }
    }

    #[test]
    fn keeps_the_places_that_are_booked() {
        let booked = occurrence(State::Open, 4);
        assert_eq!(booked.change(3), Ok(()));
        assert_eq!(booked.change(2), Err(Refusal::Stale));
        assert_eq!(occurrence(State::Cancelled, 0).change(3), Err(Refusal::State));
        assert_eq!(booked.checked_capacity(4), Ok(4));
        assert_eq!(booked.checked_capacity(3).unwrap_err().code, ErrorCode::OutOfRange);
        assert_eq!(booked.checked_capacity(10_001).unwrap_err().code, ErrorCode::OutOfRange);
        assert_eq!(
            occurrence(State::Open, 0).checked_capacity(0).unwrap_err().code,
            ErrorCode::OutOfRange
        );
        assert_eq!(
            (booked.places_left(), occurrence(State::Cancelled, 0).places_left()),
            (1, 0)
        );
    }

    #[test]
    fn lies_ahead_in_the_days_of_the_programme_and_lasts_at_most_a_day() {
        let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let valid = "2027-01-01".parse().unwrap()..="2027-06-30".parse().unwrap();
        let refused = |starts: &str, minutes, capacity| {
            let starts_at = instant(starts);
            let new = NewOccurrence {
                starts_at,
                ends_at: starts_at + Duration::minutes(minutes),
                capacity,
            };
            let error = new
                .check(instant("2026-12-31T00:00:00Z"), &valid, chrono_tz::Europe::Helsinki)
                .err()?;
            Some((error.field, error.code))
        };
        assert_eq!(refused("2027-02-01T10:00:00Z", 60, 1), None);
        assert_eq!(refused("2027-02-01T10:00:00Z", 24 * 60, 10_000), None);
        assert_eq!(
            refused("2026-12-31T00:00:00Z", 60, 1),
            Some(("startsAt", ErrorCode::TooLate))
        );
        // Midnight of the first and after the last day in Helsinki.
        assert_eq!(refused("2026-12-31T22:00:00Z", 60, 1), None);
        assert_eq!(
            refused("2026-12-31T21:59:00Z", 60, 1),
            Some(("startsAt", ErrorCode::OutOfRange))
        );
        assert_eq!(refused("2027-06-30T20:59:00Z", 60, 1), None);
        assert_eq!(
            refused("2027-06-30T21:00:00Z", 60, 1),
            Some(("startsAt", ErrorCode::OutOfRange))
        );
        assert_eq!(
            refused("2027-02-01T10:00:00Z", 0, 1),
            Some(("endsAt", ErrorCode::OutOfRange))
        );
        assert_eq!(
            refused("2027-02-01T10:00:00Z", 24 * 60 + 1, 1),
            Some(("endsAt", ErrorCode::OutOfRange))
        );
        assert_eq!(
            refused("2027-02-01T10:00:00Z", 60, 0),
            Some(("capacity", ErrorCode::OutOfRange))
        );
    }
}
