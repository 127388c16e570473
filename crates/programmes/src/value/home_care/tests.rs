use super::super::ValueRule;
use super::super::samples::{at, nobody, raahe};
use super::*;

fn assessed(household: i32, income: i64) -> Assessment {
    Assessment {
        household_size: household,
        monthly_income: Some(Cents(income)),
        ..nobody()
    }
}

fn hour(rule: &IncomeTested, assessment: &Assessment) -> i64 {
    let rule = ValueRule::IncomeTested(rule.clone());
    assert_eq!(rule.check(), Ok(()));
    let valuation = rule.value(assessment, None, 1, at("2026-11-23", 600, 660));
    valuation.value.0
}

/// Formula (a), first row: 25 − 372 × 0.35 / 60 with the parameters of its source.
#[test]
fn pays_the_example_of_the_source() {
    let mut rule = IncomeTested::of_2014();
    rule.vmax = Cents(2_500);
    rule.households[0].limit = Cents(52_800);
    assert_eq!(hour(&rule, &assessed(1, 90_000)), 2_283);
}

/// Formula (a), second row: 27 − 837 × 0.35 / 60 = 22.1175.
#[test]
fn rounds_half_up_and_then_up_to_the_step() {
    let mut rule = IncomeTested::of_2014();
    for (step, expected) in [(1, 2_212), (5, 2_215), (10, 2_220)] {
        rule.round_up_to = Cents(step);
        assert_eq!(hour(&rule, &assessed(1, 140_000)), expected);
    }
}

/// Formula (a), third row.
#[test]
fn an_income_within_the_limit_takes_nothing_off() {
    assert_eq!(hour(&IncomeTested::of_2014(), &assessed(1, 50_000)), 2_700);
    assert_eq!(hour(&IncomeTested::of_2014(), &assessed(1, 56_300)), 2_700);
}

#[test]
fn reads_the_row_of_the_household() {
    // 27 − (3000 − 2014) × 15 % / 60 = 24.535, which is rounded up.
    assert_eq!(hour(&IncomeTested::of_2014(), &assessed(4, 300_000)), 2_454);
    // Eight persons: the limit is 2799 + 2 × 342 = 3483 and the rate 11 − 2 = 9 %; 27 − 517 × 9 % / 60 = 26.2245.
    assert_eq!(hour(&IncomeTested::of_2014(), &assessed(8, 400_000)), 2_622);
    // Seventeen persons and more pay nothing of their income.
    assert_eq!(hour(&IncomeTested::of_2014(), &assessed(17, 900_000)), 2_700);
}

#[test]
fn never_falls_below_the_floor_and_never_rises_above_the_highest_value() {
    let mut rule = IncomeTested::of_2014();
    assert_eq!(hour(&rule, &assessed(1, 1_000_000)), 700);
    assert_eq!(hour(&rule, &nobody()), 700, "no income given");
    (rule.vmax, rule.round_up_to) = (Cents(2_703), Cents(10));
    assert_eq!(hour(&rule, &assessed(1, 0)), 2_703);
}

#[test]
fn explains_an_hour() {
    let mut rule = IncomeTested::of_2014();
    rule.round_up_to = Cents(5);
    let valuation =
        ValueRule::IncomeTested(rule).value(&assessed(1, 140_000), Some(Cents(4_000)), 1, at("2026-11-23", 600, 690));
    let lines: Vec<_> = valuation.lines.iter().map(|line| (line.key, line.cents.0)).collect();
    let expected = [
        (TextKey::HighestValue, 2_700),
        (TextKey::IncomeReduction, -488),
        (TextKey::RoundedUp, 2_215),
        (TextKey::Hours, 3_323),
        (TextKey::Value, 3_323),
    ];
    assert_eq!(lines, expected);
    let reduction = [
        Param::Income(Cents(140_000)),
        Param::Limit(Cents(56_300)),
        Param::Household(1),
        Param::Rate(BasisPoints(3_500)),
    ];
    assert_eq!(valuation.lines[1].params, reduction);
}

/// Formula (b): one person, 1,500 € and 15 hours a month: 912 × 25 % = 228 € = 15.20 €/h; 33.50 − 15.20 = 18.30.
#[test]
fn pays_the_worked_row_of_raahe() {
    let rule = ValueRule::HoursBand(raahe());
    assert_eq!(rule.check(), Ok(()));
    let mut person = assessed(1, 150_000);
    person.hours_per_month = 15;
    let valuation = rule.value(&person, None, 1, at("2026-11-23", 600, 660));
    let lines: Vec<_> = valuation.lines.iter().map(|line| (line.key, line.cents.0)).collect();
    let expected = [
        (TextKey::MonthlyOwnShare, 22_800),
        (TextKey::HourlyOwnShare, -1_520),
        (TextKey::HoursInSlot, 1_830),
        (TextKey::Value, 1_830),
    ];
    assert_eq!(lines, expected);
    // The same hour in the evening, on a Saturday, on a Saturday evening and on a Sunday.
    let times = [
        ("2026-11-23", 1_140, 2_340),
        ("2026-11-21", 600, 2_540),
        ("2026-11-21", 1_140, 3_050),
        ("2026-11-22", 600, 4_060),
    ];
    for (day, start, expected) in times {
        assert_eq!(
            rule.value(&person, None, 1, at(day, start, start + 60)).value,
            Cents(expected)
        );
    }
}

#[test]
fn reads_the_band_of_the_hours_granted() {
    let rule = ValueRule::HoursBand(raahe());
    // One person with 100 € above the limit pays 15, 20, 25, 30 or 35 € a month.
    for (hours, own) in [
        (1, 1_500),
        (5, 300),
        (6, 333),
        (11, 182),
        (12, 208),
        (20, 125),
        (21, 143),
        (29, 103),
        (30, 117),
    ] {
        let mut person = assessed(1, 68_800);
        person.hours_per_month = hours;
        let value = rule.value(&person, None, 1, at("2026-11-23", 600, 660)).value;
        assert_eq!(value, Cents(3_350 - own), "{hours} hours");
    }
}

#[test]
fn names_the_parameter_that_does_not_fit() {
    let wrong = |change: fn(&mut IncomeTested)| {
        let mut rule = IncomeTested::of_2014();
        change(&mut rule);
        let invalid = rule.check().unwrap_err();
        (invalid.path, invalid.reason)
    };
    let at = |path: &str, reason| (path.to_owned(), reason);
    assert_eq!(
        wrong(|rule| rule.floor = Cents(2_701)),
        at("floor", Reason::AboveHighest)
    );
    let third = at("households[2].household", Reason::HouseholdMissing(3));
    assert_eq!(
        wrong(|rule| {
            rule.households.remove(2);
        }),
        third
    );
    assert_eq!(
        wrong(|rule| rule.households.clear()),
        at("households", Reason::HouseholdMissing(1))
    );
    let falls = at("households[1].limit", Reason::NotGrowing);
    assert_eq!(wrong(|rule| rule.households[1].limit = Cents(56_300)), falls);
    let rises = at("households[1].rate", Reason::RateRises);
    assert_eq!(wrong(|rule| rule.households[1].rate = BasisPoints(3_501)), rises);
    let range = Reason::OutOfRange { min: 0, max: 10_000 };
    assert_eq!(
        wrong(|rule| rule.households[0].rate = BasisPoints(10_001)),
        at("households[0].rate", range)
    );
    assert_eq!(
        wrong(|rule| rule.extra_person.rate = BasisPoints(-1)),
        at("extra_person.rate", range)
    );
    assert_eq!(
        wrong(|rule| rule.round_up_to = Cents(7)),
        at("round_up_to", Reason::Step)
    );
    let none = at("coefficients", Reason::Empty);
    assert_eq!(wrong(|rule| rule.coefficients = Some(Timetable(Vec::new()))), none);
}

#[test]
fn names_the_parameter_of_the_bands_that_does_not_fit() {
    let wrong = |change: fn(&mut HoursBand)| {
        let mut rule = raahe();
        change(&mut rule);
        let invalid = rule.check().unwrap_err();
        (invalid.path, invalid.reason)
    };
    let at = |path: &str, reason| (path.to_owned(), reason);
    assert_eq!(
        wrong(|rule| rule.band_ends[1] = 5),
        at("band_ends[1]", Reason::NotGrowing)
    );
    let five = at("households[3].rates", Reason::Entries(5));
    assert_eq!(
        wrong(|rule| {
            rule.households[3].rates.pop();
        }),
        five
    );
    assert_eq!(
        wrong(|rule| {
            rule.band_ends.pop();
        }),
        at("households[0].rates", Reason::Entries(4))
    );
    let rises = at("households[1].rates[4]", Reason::RateRises);
    assert_eq!(wrong(|rule| rule.households[1].rates[4] = BasisPoints(3_501)), rises);
    assert_eq!(
        wrong(|rule| rule.floor = Cents(3_351)),
        at("bases[1].rate", Reason::AboveHighest)
    );
}
