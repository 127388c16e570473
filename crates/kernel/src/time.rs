use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;

/// Where every instant comes from. Instants are in UTC and cut to microseconds, the precision that both databases keep.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until a test moves it.
#[derive(Clone, Debug)]
pub struct MockClock(Arc<Mutex<DateTime<Utc>>>);

impl MockClock {
    /// Stops at `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves on, or back with a negative duration.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// Jumps to `now`.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for MockClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The civil day of an instant in a city's zone.
pub fn civil_day(instant: DateTime<Utc>, zone: Tz) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// The first instant of a civil day in a city's zone, also on a day that a clock change makes start late.
pub fn start_of_day(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    zone.from_local_datetime(&midnight).earliest().map_or_else(
        || zone.from_utc_datetime(&midnight).with_timezone(&Utc),
        |local| local.with_timezone(&Utc),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_helsinki_has_23_to_25_hours() {
        let zone = chrono_tz::Europe::Helsinki;
        let hours = |y, m, d| {
            let day = NaiveDate::from_ymd_opt(y, m, d).unwrap();
            (start_of_day(day.succ_opt().unwrap(), zone) - start_of_day(day, zone)).num_hours()
        };
        assert_eq!(hours(2026, 3, 29), 23);
        assert_eq!(hours(2026, 10, 25), 25);
        assert_eq!(hours(2028, 2, 29), 24);
    }

    #[test]
    fn the_civil_day_changes_at_local_midnight() {
        let zone = chrono_tz::Europe::Helsinki;
        let instant = Utc.with_ymd_and_hms(2026, 12, 31, 22, 0, 0).unwrap();
        assert_eq!(civil_day(instant, zone).to_string(), "2027-01-01");
        assert_eq!(
            civil_day(instant - Duration::microseconds(1), zone).to_string(),
            "2026-12-31"
        );
    }
}
