//! The rules of the worked rows, for tests.

use chrono::NaiveDate;
use kernel::{BasisPoints, Cents};

use super::assessment::{Assessment, Child};
use super::early_education::{EarlyEducation, FamilyRow, ServiceOption};
use super::home_care::{BandRow, HoursBand};
use super::households::ExtraPerson;
use super::timetable::{DayKind, Moment, Slot, Timetable};

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn at(date: &str, start_minute: i32, end_minute: i32) -> Moment {
    Moment {
        day: day(date),
        start_minute,
        end_minute,
    }
}

/// One person who has told nothing.
pub(super) fn nobody() -> Assessment {
    Assessment {
        household_size: 1,
        monthly_income: None,
        hours_per_month: 1,
        child: None,
        raise: Cents::ZERO,
    }
}

/// An only child of four in autumn 2023.
pub(super) fn child(option: &str) -> Child {
    Child {
        born: day("2019-05-17"),
        ordinal: 1,
        option: option.to_owned(),
        assistance: BasisPoints(10_000),
        alterations: Vec::new(),
    }
}

pub(super) fn slot<T>(days: DayKind, from_minute: i32, to_minute: i32, rate: T) -> Slot<T> {
    Slot {
        days,
        from_minute,
        to_minute,
        rate,
    }
}

/// Lapland 2023: the source names no rate before seven, so it is that of the evening before.
pub(crate) fn lapland() -> Timetable<BasisPoints> {
    use DayKind::{Saturday, SundayOrHoliday, Weekday};
    let rate = BasisPoints;
    Timetable(vec![
        slot(Weekday, 0, 420, rate(11_500)),
        slot(Weekday, 420, 1_080, rate(10_000)),
        slot(Weekday, 1_080, 1_440, rate(11_500)),
        slot(Saturday, 0, 420, rate(20_000)),
        slot(Saturday, 420, 1_080, rate(12_000)),
        slot(Saturday, 1_080, 1_440, rate(20_000)),
        slot(SundayOrHoliday, 0, 1_440, rate(20_000)),
    ])
}

/// Raahe 2021, formula (b). The source names neither a floor nor larger households.
pub(super) fn raahe() -> HoursBand {
    use DayKind::{Saturday, SundayOrHoliday, Weekday};
    let rows = [
        (58_800, [1_500, 2_000, 2_500, 3_000, 3_500]),
        (108_400, [1_200, 1_600, 1_800, 2_000, 2_200]),
        (170_100, [900, 1_200, 1_400, 1_600, 1_800]),
        (210_300, [700, 900, 1_100, 1_300, 1_500]),
    ];
    let households = rows.into_iter().zip(1..).map(|((limit, rates), household)| BandRow {
        household,
        limit: Cents(limit),
        rates: rates.map(BasisPoints).to_vec(),
    });
    HoursBand {
        floor: Cents::ZERO,
        bases: Timetable(vec![
            slot(Weekday, 0, 420, Cents(3_860)),
            slot(Weekday, 420, 1_080, Cents(3_350)),
            slot(Weekday, 1_080, 1_440, Cents(3_860)),
            slot(Saturday, 0, 420, Cents(4_570)),
            slot(Saturday, 420, 1_080, Cents(4_060)),
            slot(Saturday, 1_080, 1_440, Cents(4_570)),
            slot(SundayOrHoliday, 0, 1_440, Cents(5_580)),
        ]),
        band_ends: vec![5, 11, 20, 29],
        households: households.collect(),
        extra_person: ExtraPerson {
            limit: Cents(34_200),
            rate: BasisPoints(100),
        },
    }
}

/// The parameters of March 2023 with the voucher values of two cities, formula (c).
pub(super) fn evaka() -> EarlyEducation {
    let thresholds = [387_400, 499_800, 567_500, 635_300, 702_800];
    let families = thresholds.into_iter().zip(2..).map(|(min, household)| FamilyRow {
        household,
        min: Cents(min),
        max: Cents(min + 275_240),
    });
    let option = |key: &str, coefficient, value, under_three| ServiceOption {
        key: key.to_owned(),
        fee_coefficient: BasisPoints(coefficient),
        value: Cents(value),
        value_under_three: Cents(under_three),
    };
    EarlyEducation {
        multiplier: BasisPoints(1_070),
        families: families.collect(),
        extra_person: Cents(26_200),
        second_child: BasisPoints(6_000),
        later_children: BasisPoints(8_000),
        max_fee: Cents(29_500),
        min_fee: Cents(2_800),
        options: vec![
            option("full", 10_000, 90_100, 140_600),
            option("half", 6_000, 45_050, 70_300),
            option("stored", 10_000, 68_300, 116_200),
        ],
        prorate_to: Cents(100),
    }
}
