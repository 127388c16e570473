//! Rates by kind of day and time of day (V6), and the moment that they are read for.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use kernel::{BasisPoints, Cents};
use serde::{Deserialize, Serialize};

use super::MAX_COEFFICIENT;
use super::holidays::is_holiday;
use super::invalid::{self, Invalid, Reason};

/// The minutes of a day.
const DAY: i32 = 1_440;
/// The longest time that one valuation pays: a month.
const MAX_MINUTES: i32 = 31 * DAY;

/// When a service is given, on the clock of the city. On the nights of the clock change the end is the start and the
/// minutes that really passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The civil day on which it begins.
    pub day: NaiveDate,
    /// The minute of that day at which it begins, from 0 to 1 439.
    pub start_minute: i32,
    /// The minute at which it ends, counted from the beginning of the same day: 1 500 is one o'clock the next day.
    pub end_minute: i32,
}

/// The kinds of day that a timetable tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// Monday to Friday, unless it is a public holiday.
    Weekday,
    /// A Saturday that is no public holiday.
    Saturday,
    /// A Sunday, or a public holiday on any day.
    SundayOrHoliday,
}

/// Rates for every minute of every kind of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timetable<T>(pub Vec<Slot<T>>);

/// The rate between two times of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot<T> {
    /// On which days.
    pub days: DayKind,
    /// The minute of the day from which it holds.
    pub from_minute: i32,
    /// The minute of the day up to which it holds, not included; 1 440 is midnight.
    pub to_minute: i32,
    /// The coefficient in basis points, or the value of an hour in cents.
    pub rate: T,
}

impl DayKind {
    /// Every kind of day.
    pub const ALL: [Self; 3] = [Self::Weekday, Self::Saturday, Self::SundayOrHoliday];

    /// The kind of a civil day by the Finnish holiday calendar.
    pub fn of(day: NaiveDate) -> Self {
        match day.weekday() {
            Weekday::Sun => Self::SundayOrHoliday,
            _ if is_holiday(day) => Self::SundayOrHoliday,
            Weekday::Sat => Self::Saturday,
            _ => Self::Weekday,
        }
    }
}

impl Moment {
    /// How long it lasts in minutes, from zero to a month.
    pub fn minutes(self) -> i32 {
        let (start, end) = self.bounds();
        end - start
    }

    /// The moment whose minutes are rounded up to whole `steps`, such as 15; a step of zero changes nothing (D6).
    #[must_use]
    pub fn rounded_up(self, step: i32) -> Self {
        let over = if step > 0 { self.minutes() % step } else { 0 };
        let more = if over > 0 { step - over } else { 0 };
        Self {
            end_minute: self.end_minute + more,
            ..self
        }
    }

    /// Start and end, within the range that is paid.
    fn bounds(self) -> (i32, i32) {
        let start = self.start_minute.clamp(0, DAY - 1);
        (start, self.end_minute.clamp(start, start + MAX_MINUTES))
    }
}

impl<T> Timetable<T> {
    /// The slots that a moment touches and the minutes it spends in each, in the order of time.
    pub(super) fn over(&self, moment: Moment) -> Vec<(&Slot<T>, i32)> {
        let (start, end) = moment.bounds();
        let mut touched = Vec::new();
        for (midnight, days) in (0..end).step_by(1_440).zip(0..) {
            let Some(day) = moment.day.checked_add_days(Days::new(days)) else {
                break;
            };
            let kind = DayKind::of(day);
            let minutes = |slot: &Slot<T>| end.min(midnight + slot.to_minute) - start.max(midnight + slot.from_minute);
            let slots = self.0.iter().filter(|slot| slot.days == kind);
            let mut of_day: Vec<_> = slots
                .map(|slot| (slot, minutes(slot)))
                .filter(|part| part.1 > 0)
                .collect();
            of_day.sort_by_key(|(slot, _)| slot.from_minute);
            touched.extend(of_day);
        }
        touched
    }

    /// The slot in which a moment begins.
    pub(super) fn at_start(&self, moment: Moment) -> Option<&Slot<T>> {
        let (start, _) = moment.bounds();
        let kind = DayKind::of(moment.day);
        let covers = |slot: &&Slot<T>| slot.days == kind && (slot.from_minute..slot.to_minute).contains(&start);
        self.0.iter().find(covers)
    }

    /// Checks that every minute of every kind of day has one slot.
    fn check(&self, path: &str) -> Result<(), Invalid> {
        if self.0.is_empty() {
            return Err(Invalid::new(path, Reason::Empty));
        }
        let slots = i64::try_from(self.0.len()).unwrap_or(i64::MAX);
        invalid::number(path, slots, 1, 300)?;
        for (index, slot) in self.0.iter().enumerate() {
            let (from, to) = (slot.from_minute.into(), slot.to_minute.into());
            invalid::number(&format!("{path}[{index}].from_minute"), from, 0, i64::from(DAY) - 1)?;
            invalid::number(&format!("{path}[{index}].to_minute"), to, from + 1, DAY.into())?;
        }
        for kind in DayKind::ALL {
            let mut slots: Vec<_> = self.0.iter().filter(|slot| slot.days == kind).collect();
            slots.sort_by_key(|slot| slot.from_minute);
            let mut covered = 0;
            for slot in slots {
                if slot.from_minute < covered {
                    return Err(Invalid::new(path, Reason::Overlap(kind, slot.from_minute)));
                }
                if slot.from_minute > covered {
                    return Err(Invalid::new(path, Reason::Gap(kind, covered)));
                }
                covered = slot.to_minute;
            }
            if covered < DAY {
                return Err(Invalid::new(path, Reason::Gap(kind, covered)));
            }
        }
        Ok(())
    }
}

impl Timetable<BasisPoints> {
    /// Checks coefficients: up to ten times the value.
    pub(super) fn check_coefficients(&self, path: &str) -> Result<(), Invalid> {
        for (index, slot) in self.0.iter().enumerate() {
            invalid::rate(&format!("{path}[{index}].rate"), slot.rate, MAX_COEFFICIENT)?;
        }
        self.check(path)
    }
}

impl Timetable<Cents> {
    /// Checks values of an hour: none below `floor`.
    pub(super) fn check_values(&self, path: &str, floor: Cents) -> Result<(), Invalid> {
        for (index, slot) in self.0.iter().enumerate() {
            let path = format!("{path}[{index}].rate");
            invalid::amount(&path, slot.rate)?;
            invalid::at_most(&path, floor, slot.rate)?;
        }
        self.check(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::flat::{Flat, Per};
    use super::super::samples::{day, lapland, nobody, slot};
    use super::super::{TextKey, ValueRule};
    use super::*;

    fn moment(date: &str, start: i32, end: i32) -> Moment {
        Moment {
            day: day(date),
            start_minute: start,
            end_minute: end,
        }
    }

    #[test]
    fn tells_days_apart() {
        assert_eq!(DayKind::of(day("2026-11-23")), DayKind::Weekday);
        assert_eq!(DayKind::of(day("2026-11-21")), DayKind::Saturday);
        assert_eq!(DayKind::of(day("2026-11-22")), DayKind::SundayOrHoliday);
        assert_eq!(DayKind::of(day("2026-01-06")), DayKind::SundayOrHoliday, "Epiphany");
        assert_eq!(
            DayKind::of(day("2026-06-20")),
            DayKind::SundayOrHoliday,
            "Midsummer, a Saturday"
        );
        assert_eq!(DayKind::of(day("2026-06-19")), DayKind::Weekday, "Midsummer Eve");
    }

    fn paid(per: Per, moment: Moment) -> (i64, Vec<i64>) {
        let rule = ValueRule::Flat(Flat {
            value: Cents(3_600),
            per,
            coefficients: Some(lapland()),
        });
        assert_eq!(rule.check(), Ok(()));
        let valuation = rule.value(&nobody(), None, 1, moment);
        let timed = |key| matches!(key, TextKey::HoursInSlot | TextKey::TimeCoefficient);
        let lines = valuation.lines.iter().filter(|line| timed(line.key));
        (valuation.value.0, lines.map(|line| line.cents.0).collect())
    }

    /// Lapland 2023: 36 €/h × 1.0 on weekdays 7–18, 1.15 in the evening, 1.2 on Saturdays, 2.0 otherwise.
    #[test]
    fn pays_the_coefficients_of_lapland() {
        let hour = |date, start| paid(Per::Hour, moment(date, start, start + 60)).0;
        assert_eq!(hour("2026-11-23", 7 * 60), 3_600);
        assert_eq!(hour("2026-11-23", 18 * 60), 4_140);
        assert_eq!(hour("2026-11-21", 17 * 60), 4_320);
        assert_eq!(hour("2026-11-21", 18 * 60), 7_200);
        assert_eq!(hour("2026-11-22", 12 * 60), 7_200);
        assert_eq!(hour("2026-05-14", 12 * 60), 7_200, "Ascension Day");
    }

    #[test]
    fn divides_a_visit_at_the_hours_of_the_timetable() {
        assert_eq!(
            paid(Per::Hour, moment("2026-11-23", 17 * 60 + 30, 18 * 60 + 30)),
            (3_870, vec![1_800, 2_070])
        );
        // From Friday evening over midnight into a Saturday morning before seven.
        assert_eq!(
            paid(Per::Hour, moment("2026-11-20", 23 * 60, 25 * 60)),
            (11_340, vec![4_140, 7_200])
        );
        // A piece takes the coefficient of its beginning.
        assert_eq!(
            paid(Per::Piece, moment("2026-11-20", 17 * 60 + 30, 18 * 60 + 30)),
            (3_600, vec![3_600])
        );
        assert_eq!(paid(Per::Hour, moment("2026-11-20", 600, 600)), (0, vec![]));
    }

    #[test]
    fn covers_every_minute_of_every_day_once() {
        let check = |change: fn(&mut Vec<Slot<BasisPoints>>)| {
            let mut table = lapland();
            change(&mut table.0);
            table
                .check_coefficients("coefficients")
                .map_err(|invalid| (invalid.path, invalid.reason))
        };
        let at = |path: &str, reason| Err((path.to_owned(), reason));
        let whole = "coefficients";
        assert_eq!(check(|slots| slots.reverse()), Ok(()));
        assert_eq!(
            check(|slots| {
                slots.remove(1);
            }),
            at(whole, Reason::Gap(DayKind::Weekday, 420))
        );
        assert_eq!(
            check(|slots| {
                slots.pop();
            }),
            at(whole, Reason::Gap(DayKind::SundayOrHoliday, 0))
        );
        assert_eq!(
            check(|slots| slots[2].to_minute = 1_439),
            at(whole, Reason::Gap(DayKind::Weekday, 1_439))
        );
        let overlap = Reason::Overlap(DayKind::Weekday, 420);
        assert_eq!(check(|slots| slots[0].to_minute = 421), at(whole, overlap));
        let backwards = Reason::OutOfRange { min: 421, max: 1_440 };
        assert_eq!(
            check(|slots| slots[1].to_minute = 420),
            at("coefficients[1].to_minute", backwards)
        );
        let range = Reason::OutOfRange { min: 0, max: 100_000 };
        assert_eq!(
            check(|slots| slots[4].rate = BasisPoints(-1)),
            at("coefficients[4].rate", range)
        );
    }

    #[test]
    fn hourly_values_do_not_fall_below_the_floor() {
        let table = Timetable(DayKind::ALL.map(|days| slot(days, 0, 1_440, Cents(700))).to_vec());
        assert_eq!(table.check_values("bases", Cents(700)), Ok(()));
        let wrong = table.check_values("bases", Cents(701)).unwrap_err();
        assert_eq!(wrong, Invalid::new("bases[0].rate", Reason::AboveHighest));
    }
}
