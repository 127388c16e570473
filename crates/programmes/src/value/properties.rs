//! What holds for every rule that passed its check and for every assessment, also one that no officer would write.

use kernel::{BasisPoints, Cents};
use proptest::prelude::*;
use proptest::sample::select;

use super::assessment::{Alteration, Assessment, Child};
use super::early_education::{EarlyEducation, FamilyRow, ServiceOption};
use super::explanation::{TextKey, Valuation};
use super::flat::{Flat, Per, Percentage};
use super::home_care::{BandRow, HoursBand, IncomeRow, IncomeTested};
use super::households::ExtraPerson;
use super::samples::{day, slot};
use super::share::Mode;
use super::timetable::{DayKind, Moment, Timetable};
use super::{MAX_AMOUNT, ValueRule, share};

fn amount() -> impl Strategy<Value = Cents> {
    prop_oneof![0i64..=10_000, 0..=MAX_AMOUNT.0].prop_map(Cents)
}

fn rate() -> impl Strategy<Value = BasisPoints> {
    (0i32..=10_000).prop_map(BasisPoints)
}

/// A table with one change of rate on each kind of day.
fn timetable<T: Copy + std::fmt::Debug + 'static>(
    rate: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Timetable<T>> {
    prop::array::uniform3((1i32..1_440, rate.clone(), rate)).prop_map(|days| {
        let of_day =
            |(kind, (change, before, after))| [slot(kind, 0, change, before), slot(kind, change, 1_440, after)];
        Timetable(DayKind::ALL.into_iter().zip(days).flat_map(of_day).collect())
    })
}

fn coefficients() -> impl Strategy<Value = Option<Timetable<BasisPoints>>> {
    prop::option::of(timetable((0i32..=100_000).prop_map(BasisPoints)))
}

/// Limits that grow with the household.
fn limits() -> impl Strategy<Value = Vec<Cents>> {
    prop::collection::btree_set(0i64..=1_000_000, 1..7).prop_map(|limits| limits.into_iter().map(Cents).collect())
}

fn extra_person() -> impl Strategy<Value = ExtraPerson> {
    (amount(), rate()).prop_map(|(limit, rate)| ExtraPerson { limit, rate })
}

/// Rates that fall with the household.
fn falling(mut rates: Vec<BasisPoints>) -> Vec<BasisPoints> {
    rates.sort_unstable_by(|one, other| other.cmp(one));
    rates
}

fn income_tested() -> impl Strategy<Value = ValueRule> {
    let rates = prop::collection::vec(rate(), 6);
    let steps = select(vec![1, 5, 10]);
    let all = (amount(), rate(), limits(), rates, extra_person(), steps, coefficients());
    all.prop_map(|(vmax, floor, limits, rates, extra_person, step, coefficients)| {
        let rows = limits.into_iter().zip(falling(rates)).zip(1..);
        ValueRule::IncomeTested(IncomeTested {
            vmax,
            floor: Cents(vmax.share(floor).0.min(vmax.0)),
            households: rows
                .map(|((limit, rate), household)| IncomeRow { household, limit, rate })
                .collect(),
            extra_person,
            round_up_to: Cents(step),
            coefficients,
        })
    })
}

fn hours_band() -> impl Strategy<Value = ValueRule> {
    let ends = prop::collection::btree_set(1i32..=744, 0..5);
    let columns = prop::collection::vec(prop::collection::vec(rate(), 6), 5);
    let all = (
        timetable(amount().boxed()),
        rate(),
        ends,
        limits(),
        columns,
        extra_person(),
    );
    all.prop_map(|(bases, floor, ends, limits, columns, extra_person)| {
        let columns: Vec<_> = columns.into_iter().map(falling).take(ends.len() + 1).collect();
        let lowest = bases.0.iter().map(|slot| slot.rate).min().unwrap();
        let rows = limits.into_iter().enumerate().zip(1..);
        ValueRule::HoursBand(HoursBand {
            floor: lowest.share(floor).min(lowest),
            bases,
            band_ends: ends.into_iter().collect(),
            households: rows
                .map(|((index, limit), household)| BandRow {
                    household,
                    limit,
                    rates: columns.iter().map(|column| column[index]).collect(),
                })
                .collect(),
            extra_person,
        })
    })
}

fn early_education() -> impl Strategy<Value = ValueRule> {
    let option = (rate(), amount(), amount());
    let options = prop::collection::vec(option, 1..4);
    let discounts = (rate(), rate());
    let all = (rate(), limits(), amount(), discounts, amount(), rate(), options);
    all.prop_map(
        |(multiplier, limits, width, (second_child, later_children), max_fee, min_fee, options)| {
            let families = limits.into_iter().zip(2..).map(|(min, household)| FamilyRow {
                household,
                min,
                max: min + width.min(Cents(1_000_000)),
            });
            let options = options
                .into_iter()
                .zip(1..)
                .map(|((fee_coefficient, value, value_under_three), key)| ServiceOption {
                    key: key.to_string(),
                    fee_coefficient,
                    value,
                    value_under_three,
                });
            ValueRule::EarlyEducation(EarlyEducation {
                multiplier,
                families: families.collect(),
                extra_person: width,
                second_child,
                later_children,
                max_fee,
                min_fee: max_fee.share(min_fee).min(max_fee),
                options: options.collect(),
                prorate_to: Cents(1),
            })
        },
    )
}

fn rule() -> impl Strategy<Value = ValueRule> {
    let timed = (amount(), select(vec![Per::Piece, Per::Hour]), coefficients());
    let flat = timed.prop_map(|(value, per, coefficients)| Flat {
        value,
        per,
        coefficients,
    });
    let once = amount().prop_map(|value| Flat {
        value,
        per: Per::Voucher,
        coefficients: None,
    });
    let percentage = (rate(), amount(), amount()).prop_map(|(rate, one, other)| Percentage {
        rate,
        floor: one.min(other),
        ceiling: one.max(other),
    });
    prop_oneof![
        flat.prop_map(ValueRule::Flat),
        once.prop_map(ValueRule::Flat),
        percentage.prop_map(ValueRule::Percentage),
        income_tested(),
        hours_band(),
        early_education(),
    ]
}

fn child() -> impl Strategy<Value = Child> {
    let change = prop_oneof![
        any::<i64>().prop_map(|cents| Alteration::Amount(Cents(cents))),
        any::<i32>().prop_map(|share| Alteration::Share(BasisPoints(share))),
        (-10_000i32..=10_000).prop_map(|share| Alteration::Share(BasisPoints(share))),
    ];
    let age = 0u64..3_000;
    let assistance = prop_oneof![Just(10_000), any::<i32>()];
    let all = (
        age,
        any::<i32>(),
        1i32..4,
        assistance,
        prop::collection::vec(change, 0..3),
    );
    all.prop_map(|(age, ordinal, option, assistance, alterations)| Child {
        born: day("2026-11-23") - chrono::Days::new(age),
        ordinal,
        option: option.to_string(),
        assistance: BasisPoints(assistance),
        alterations,
    })
}

fn assessment() -> impl Strategy<Value = Assessment> {
    let household = prop_oneof![1i32..10, any::<i32>()];
    let hours = prop_oneof![1i32..60, any::<i32>()];
    let raise = prop_oneof![3 => Just(0), 1 => 0i64..1_000, 1 => any::<i64>()];
    (household, income(), hours, prop::option::of(child()), raise).prop_map(
        |(household_size, monthly_income, hours_per_month, child, raise)| Assessment {
            household_size,
            monthly_income,
            hours_per_month,
            child,
            raise: Cents(raise),
        },
    )
}

fn income() -> impl Strategy<Value = Option<Cents>> {
    prop::option::of(prop_oneof![3 => 0i64..2_000_000, 1 => any::<i64>()].prop_map(Cents))
}

fn moment() -> impl Strategy<Value = Moment> {
    let minutes = prop_oneof![
        Just((600, 660)),
        (0i32..1_440, 0i32..4_000),
        (any::<i32>(), any::<i32>())
    ];
    (0u64..800, minutes).prop_map(|(days, (start_minute, end_minute))| Moment {
        day: day("2026-01-01") + chrono::Days::new(days),
        start_minute,
        end_minute,
    })
}

fn ends_with_the_value(valuation: &Valuation) -> bool {
    let last = valuation.lines.last().unwrap();
    last.key == TextKey::Value && last.cents == valuation.value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// A stored rule answers for any assessment, any number of units and any moment.
    #[test]
    fn a_checked_rule_pays_from_zero_to_the_price(
        rule in rule(),
        assessment in assessment(),
        price in prop_oneof![0i64..100_000, any::<i64>()].prop_map(Cents),
        units in prop_oneof![0i32..5, any::<i32>()],
        moment in moment(),
    ) {
        prop_assert_eq!(rule.check(), Ok(()));
        let free = rule.value(&assessment, None, units, moment);
        let valuation = rule.value(&assessment, Some(price), units, moment);
        prop_assert!(ends_with_the_value(&free) && ends_with_the_value(&valuation));
        prop_assert!(free.value >= Cents::ZERO && valuation.value >= Cents::ZERO);
        prop_assert!(valuation.value <= price.max(Cents::ZERO));
        prop_assert!(valuation.value <= free.value.max(Cents::ZERO));
    }

    #[test]
    fn more_income_is_never_worth_more(
        rule in rule(),
        assessment in assessment(),
        incomes in (income(), income()),
        moment in moment(),
    ) {
        let value = |income| {
            let assessment = Assessment { monthly_income: income, ..assessment.clone() };
            rule.value(&assessment, None, 1, moment).value
        };
        let told = |income: Option<Cents>| income.unwrap_or(Cents(i64::MAX));
        let (less, more) = (told(incomes.0).min(told(incomes.1)), told(incomes.0).max(told(incomes.1)));
        prop_assert!(value(Some(less)) >= value(Some(more)));
        prop_assert!(value(None) <= value(Some(more)), "no income is the lowest value");
    }

    /// Without a hardship raise no value passes the ceiling of its rule.
    #[test]
    fn no_value_passes_its_ceiling(
        rule in rule(),
        assessment in assessment(),
        price in amount(),
        moment in moment(),
        units in 0i32..5,
    ) {
        let assessment = Assessment { raise: Cents::ZERO, ..assessment };
        let time = i64::from(moment.minutes()) * i64::from(units);
        let highest = |table: &Option<Timetable<BasisPoints>>| {
            table.iter().flat_map(|table| &table.0).map(|slot| slot.rate).max().unwrap_or(BasisPoints(10_000))
        };
        // A cent for each of the slots, which are rounded one by one.
        let hours = |hourly: Cents, slots: i64| Cents(hourly.0 * time / 60 + slots);
        let slots = 2 * (i64::from(moment.minutes()) / 1_440 + 2);
        let ceiling = match &rule {
            ValueRule::Flat(flat) => match flat.per {
                Per::Piece => flat.value.share(highest(&flat.coefficients)).times(units),
                Per::Hour => hours(flat.value.share(highest(&flat.coefficients)), slots),
                Per::Voucher => flat.value,
            },
            ValueRule::Percentage(percentage) => percentage.ceiling.times(units),
            ValueRule::IncomeTested(rule) => hours(rule.vmax.share(highest(&rule.coefficients)), slots),
            ValueRule::HoursBand(rule) => hours(rule.bases.0.iter().map(|slot| slot.rate).max().unwrap(), slots),
            ValueRule::EarlyEducation(rule) => {
                let values = rule.options.iter().map(|option| option.value.max(option.value_under_three));
                let assistance = assessment.child.as_ref().map_or(0, |child| child.assistance.0.clamp(0, 100_000));
                values.max().unwrap().share(BasisPoints(assistance)).times(units)
            }
        };
        prop_assert!(rule.value(&assessment, Some(price), units, moment).value <= ceiling);
    }

    #[test]
    fn rules_and_valuations_survive_storing(rule in rule(), assessment in assessment(), moment in moment()) {
        let text = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(&serde_json::from_str::<ValueRule>(&text).unwrap(), &rule);
        let text = serde_json::to_string(&assessment).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Assessment>(&text).unwrap(), &assessment);
        let valuation = rule.value(&assessment, None, 1, moment);
        let text = serde_json::to_string(&valuation).unwrap();
        prop_assert_eq!(serde_json::from_str::<Valuation>(&text).unwrap(), valuation);
    }

    #[test]
    fn shares_add_up_to_the_price(price in amount(), value in amount(), ceiling in amount()) {
        for mode in [Mode::Copay, Mode::ZeroCopay, Mode::NotToExceed { ceiling }] {
            match share(price, value, mode) {
                Ok(shares) => {
                    prop_assert_eq!(shares.voucher_share + shares.own_share, price);
                    prop_assert!(shares.voucher_share >= Cents::ZERO && shares.own_share >= Cents::ZERO);
                    prop_assert!(shares.voucher_share <= value);
                }
                Err(_) => prop_assert!(mode == Mode::ZeroCopay && price > value),
            }
        }
    }
}
