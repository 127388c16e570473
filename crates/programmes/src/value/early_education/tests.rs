use super::super::ValueRule;
use super::super::samples::{at, child, day, evaka, nobody};
use super::*;

fn family(size: i32, income: i64, child: Child) -> Assessment {
    Assessment {
        household_size: size,
        monthly_income: Some(Cents(income)),
        child: Some(child),
        ..nobody()
    }
}

/// The fee of the family and the value of the month, in euros.
fn month(assessment: &Assessment) -> (i64, i64) {
    let rule = ValueRule::EarlyEducation(evaka());
    assert_eq!(rule.check(), Ok(()));
    assert_eq!(rule.check_assessment(assessment), Ok(()));
    let valuation = rule.value(assessment, None, 1, at("2023-09-01", 0, 0));
    let fee = valuation
        .lines
        .iter()
        .find(|line| line.key == TextKey::FamilyFee)
        .unwrap();
    (-fee.cents.0 / 100, valuation.value.0 / 100)
}

/// Formula (c), the rows of 2023: four persons with 7,000 € pay 141.775 → 142 €, three with 5,200 € pay 21.61 → 22,
/// which is below the smallest fee of 28 €; the city pays 901 − 142 = 759 € a month.
#[test]
fn pays_the_worked_rows() {
    assert_eq!(month(&family(4, 700_000, child("full"))), (142, 759));
    assert_eq!(month(&family(3, 520_000, child("full"))), (0, 901));
}

#[test]
fn pays_the_values_that_the_city_stored() {
    let value = |option: &str| {
        let rule = ValueRule::EarlyEducation(evaka());
        rule.value(&family(4, 0, child(option)), None, 1, at("2023-09-01", 0, 0))
            .value
    };
    assert_eq!(value("full"), Cents(90_100));
    assert_eq!(value("half"), Cents(45_050));
    assert_eq!(value("stored"), Cents(68_300), "911 × 0.75 would make 683.25");
}

#[test]
fn takes_the_highest_fee_without_an_income_and_above_the_highest_threshold() {
    let mut refused = family(4, 0, child("full"));
    refused.monthly_income = None;
    assert_eq!(month(&refused), (295, 606));
    assert_eq!(month(&family(4, 10_000_000, child("full"))), (295, 606));
    // Eight persons: the threshold is 7,028 + 2 × 262 = 7,552 €; 448 × 0.107 = 47.936.
    assert_eq!(month(&family(8, 800_000, child("full"))), (48, 853));
    let mut capped = evaka();
    capped.max_fee = Cents(28_000);
    let valuation =
        ValueRule::EarlyEducation(capped).value(&family(4, 10_000_000, child("full")), None, 1, at("2023-09-01", 0, 0));
    assert_eq!(valuation.value, Cents(62_100));
}

#[test]
fn discounts_siblings_service_need_and_assistance() {
    let sibling = |ordinal, option: &str| {
        let mut child = child(option);
        child.ordinal = ordinal;
        month(&family(4, 10_000_000, child)).0
    };
    assert_eq!([1, 2, 3, 4].map(|ordinal| sibling(ordinal, "full")), [295, 118, 59, 59]);
    // 118 × 0.6 = 70.80 → 71; 59 × 0.6 = 35.40 → 35.
    assert_eq!([1, 2, 3].map(|ordinal| sibling(ordinal, "half")), [177, 71, 35]);
    let mut assisted = child("full");
    assisted.assistance = BasisPoints(35_000);
    assert_eq!(month(&family(4, 700_000, assisted)), (142, 3_153 - 142));
}

#[test]
fn alters_the_fee_in_the_order_of_the_decisions() {
    let altered = |alterations: &[Alteration]| {
        let mut child = child("full");
        child.alterations = alterations.to_vec();
        month(&family(4, 700_000, child)).0
    };
    let half = Alteration::Share(BasisPoints(-5_000));
    let less = Alteration::Amount(Cents(-4_200));
    assert_eq!(altered(&[half]), 71);
    assert_eq!(altered(&[less, half]), 50);
    assert_eq!(altered(&[half, less]), 29);
    assert_eq!(altered(&[Alteration::Share(BasisPoints(1_000))]), 156);
    assert_eq!(altered(&[half, half, Alteration::Amount(Cents(-9_900))]), 0);
}

#[test]
fn grows_three_on_the_first_of_a_month() {
    assert_eq!(three_from(day("2020-09-01")), day("2023-09-01"));
    assert_eq!(three_from(day("2020-09-02")), day("2023-10-01"));
    assert_eq!(three_from(day("2020-12-31")), day("2024-01-01"));
    assert_eq!(three_from(day("2024-02-29")), day("2027-03-01"));
    let mut young = child("full");
    young.born = day("2020-09-02");
    assert_eq!(month(&family(4, 700_000, young.clone())), (142, 1_406 - 142));
    young.born = day("2020-09-01");
    assert_eq!(month(&family(4, 700_000, young)), (142, 759));
}

#[test]
fn names_the_parameter_that_does_not_fit() {
    let wrong = |change: fn(&mut EarlyEducation)| {
        let mut rule = evaka();
        change(&mut rule);
        let invalid = rule.check().unwrap_err();
        (invalid.path, invalid.reason)
    };
    let at = |path: &str, reason| (path.to_owned(), reason);
    let first = at("families[0].household", Reason::HouseholdMissing(2));
    assert_eq!(
        wrong(|rule| {
            rule.families.remove(0);
        }),
        first
    );
    let max = at("families[1].max", Reason::NotGrowing);
    assert_eq!(wrong(|rule| rule.families[1].max = rule.families[0].max), max);
    let min = at("families[4].min", Reason::AboveHighest);
    assert_eq!(
        wrong(|rule| rule.families[4].min = rule.families[4].max + Cents(1)),
        min
    );
    assert_eq!(
        wrong(|rule| rule.min_fee = Cents(29_501)),
        at("min_fee", Reason::AboveHighest)
    );
    assert_eq!(wrong(|rule| rule.options.clear()), at("options", Reason::Empty));
    assert_eq!(
        wrong(|rule| rule.options[1].key = "full".into()),
        at("options[1].key", Reason::Twice)
    );
    assert_eq!(
        wrong(|rule| rule.prorate_to = Cents(50)),
        at("prorate_to", Reason::Step)
    );
    let range = Reason::OutOfRange { min: 0, max: 10_000 };
    assert_eq!(
        wrong(|rule| rule.second_child = BasisPoints(10_001)),
        at("second_child", range)
    );
}

#[test]
fn names_what_the_assessment_lacks() {
    let rule = ValueRule::EarlyEducation(evaka());
    let path = |assessment: &Assessment| rule.check_assessment(assessment).unwrap_err().path;
    assert_eq!(path(&nobody()), "child");
    assert_eq!(path(&family(4, 0, child("night"))), "child.option");
    assert_eq!(path(&family(0, 0, child("full"))), "household_size");
    assert_eq!(path(&family(4, -1, child("full"))), "monthly_income");
    let valuation = rule.value(&nobody(), None, 1, at("2023-09-01", 0, 0));
    assert_eq!(
        (valuation.value, valuation.lines[0].key),
        (Cents(0), TextKey::OptionUnknown)
    );
}
