use kernel::TypedId;
use programmes::value::Assessment;
use programmes::value::flat::{Flat, Per};
use proptest::prelude::*;
use sea_orm::prelude::Uuid;

use super::*;

fn terms(price: i64) -> Terms {
    let id = Uuid::from_u128;
    let instant = |text: &str| text.parse().unwrap();
    Terms {
        occurrence_id: OccurrenceId::from_uuid(id(1)),
        starts_at: instant("2027-03-01T22:30:00Z"),
        ends_at: instant("2027-03-01T23:30:00Z"),
        capacity: 3,
        taken: 1,
        offer_id: OfferId::from_uuid(id(2)),
        city_id: CityId::from_uuid(id(3)),
        zone: "Europe/Helsinki".parse().unwrap(),
        company_id: CompanyId::from_uuid(id(4)),
        programme_id: ProgrammeId::from_uuid(id(5)),
        price_cents: Cents(price),
        vat_class: VatClass::General,
        in_force_from: "2027-01-01".parse().unwrap(),
        in_force_until: None,
        value_rule: ValueRule::Flat(Flat {
            value: Cents(10_000),
            per: Per::Voucher,
            coefficients: None,
        }),
        price_mode: PriceMode::OwnShare,
        price_ceiling_cents: Cents(15_000),
        free_cancellation_hours: 24,
        late_fee_bp: BasisPoints(5_000),
        parameters: Parameters::default(),
        conditions: Conditions::default(),
        resident_born: None,
        approved_from: "2027-03-02".parse().unwrap(),
        approved_until: "2027-12-31".parse().unwrap(),
        rulebook_open: false,
        budget_id: Some(BudgetId::from_uuid(id(6))),
        fiscal_year: Some(2027),
        overcommit_bp: Some(NO_OVERCOMMIT),
    }
}

#[test]
fn minors_book_alone_what_is_free_where_it_is_allowed() {
    let now = "2027-02-28T22:00:00Z".parse().unwrap();
    let (free, dear) = (Quote::new(Cents(100), Cents(100)), Quote::new(Cents(100), Cents(99)));
    let alone = |born: Option<&str>, minors_book_free, quote: &Quote| {
        let terms = Terms {
            resident_born: born.map(|day| day.parse().unwrap()),
            conditions: Conditions {
                minors_book_free,
                ..Conditions::default()
            },
            ..terms(100)
        };
        terms.alone(quote, now)
    };
    let refused = Err(Refusal::NeedsGuardian);
    // It is 1 March in Helsinki.
    assert_eq!(alone(Some("2012-03-01"), true, &free), Ok(()));
    assert_eq!(alone(Some("2012-03-01"), true, &dear), refused);
    assert_eq!(alone(Some("2012-03-01"), false, &free), refused);
    assert_eq!(alone(Some("2012-03-02"), true, &free), refused);
    assert_eq!(alone(Some("2009-03-01"), false, &dear), Ok(()));
    assert_eq!(alone(None, false, &dear), Ok(()));
}

#[test]
fn counts_days_in_the_citys_zone() {
    let terms = terms(13_000);
    assert_eq!(terms.day().to_string(), "2027-03-02");
    assert_eq!(terms.bookable(1, terms.starts_at - Duration::seconds(1)), Ok(()));
    assert_eq!(terms.bookable(1, terms.starts_at), Err(Refusal::TooLate));
    assert_eq!(terms.vat_bp(), BasisPoints(2_550));
}

#[test]
fn refuses_outside_approval_and_ceiling() {
    let early = Terms {
        starts_at: terms(1).starts_at - Duration::hours(1),
        ..terms(1)
    };
    assert_eq!(early.bookable(1, DateTime::UNIX_EPOCH), Err(Refusal::NotApproved));
    assert_eq!(
        terms(15_001).bookable(1, DateTime::UNIX_EPOCH),
        Err(Refusal::PriceAboveCeiling(Cents(15_000)))
    );
}

#[test]
fn counts_the_places_left() {
    assert_eq!(terms(1).bookable(2, DateTime::UNIX_EPOCH), Ok(()));
    assert_eq!(terms(1).bookable(3, DateTime::UNIX_EPOCH), Err(Refusal::SoldOut));
}

fn voucher(assessment: Option<Assessment>) -> Voucher {
    let id = Uuid::from_u128;
    Voucher {
        id: kernel::VoucherId::from_uuid(id(1)),
        city_id: CityId::from_uuid(id(2)),
        programme_id: ProgrammeId::from_uuid(id(5)),
        budget_id: kernel::BudgetId::from_uuid(id(4)),
        resident_id: kernel::PersonId::from_uuid(id(5)),
        value_cents: Cents(10_000),
        unit: Unit::Eur,
        quantity: 0,
        valid_from: "2027-01-01".parse().unwrap(),
        valid_until: "2027-12-31".parse().unwrap(),
        state: vouchers::State::Active,
        grounds: "Ikä".into(),
        granted_by: kernel::PersonId::from_uuid(id(6)),
        granted_at: DateTime::UNIX_EPOCH,
        version: 1,
        assessment,
        assessments: None,
        refill_cents: None,
        valuation: None,
        raise_reason: None,
        number: None,
        grant_key: None,
    }
}

fn money(cents: i64) -> Worth {
    Worth::of_cents(Cents(cents))
}

fn shares(price: i64, voucher: i64, own: i64) -> Quote {
    Quote {
        price: Cents(price),
        voucher_share: Cents(voucher),
        own_share: Cents(own),
        quantity: 0,
    }
}

#[test]
fn quotes_the_cases_of_the_tour() {
    let quote = |price, balance| {
        terms(price)
            .quote(1, &voucher(None), money(balance))
            .map(|(quote, _)| quote)
    };
    assert_eq!(quote(13_000, 10_000), Ok(shares(13_000, 10_000, 3_000)));
    assert_eq!(quote(8_000, 10_000), Ok(shares(8_000, 8_000, 0)));
    assert_eq!(quote(8_000, 0), Err(Refusal::EmptyVoucher));
}

#[test]
fn the_terms_of_the_day_are_those_of_the_citys_clock() {
    // The visit begins at half past midnight on the second of March in Helsinki.
    let until = Terms {
        in_force_until: Some("2027-03-01".parse().unwrap()),
        ..terms(1)
    };
    let from = Terms {
        in_force_from: "2027-03-02".parse().unwrap(),
        ..terms(2)
    };
    assert_eq!(Terms::in_force(vec![until.clone(), from.clone()]), Ok(from));
    assert_eq!(Terms::in_force(vec![until]), Err(Refusal::NoTermsInForce));
}

#[test]
fn a_visit_is_charged_to_the_year_of_its_day() {
    // Half past midnight on New Year's day in Helsinki.
    let visit = Terms {
        starts_at: "2027-12-31T22:30:00Z".parse().unwrap(),
        ..terms(1)
    };
    let next = Terms {
        budget_id: Some(BudgetId::from_uuid(Uuid::from_u128(7))),
        fiscal_year: Some(2028),
        overcommit_bp: Some(BasisPoints(11_000)),
        ..visit.clone()
    };
    let charge = Terms::in_force(vec![visit.clone(), next.clone()]).unwrap().charge();
    let overcommitted = Charge {
        budget: next.budget_id.unwrap(),
        overcommitted: true,
    };
    assert_eq!(charge, Ok(overcommitted));
    let unfunded = Terms::in_force(vec![visit]).unwrap();
    assert_eq!(unfunded.charge(), Err(Refusal::BudgetExceeded));
}

#[test]
fn a_rule_by_the_hour_values_the_visit_up_to_the_purse() {
    let by_hour = |mode, ceiling| Terms {
        value_rule: ValueRule::Flat(Flat {
            value: Cents(3_000),
            per: Per::Hour,
            coefficients: None,
        }),
        price_mode: mode,
        price_ceiling_cents: Cents(ceiling),
        ..terms(4_000)
    };
    let quote = |terms: &Terms, units, balance| {
        let voucher = voucher(Some(Assessment::default()));
        terms.quote(units, &voucher, money(balance)).map(|(quote, _)| quote)
    };
    let own = by_hour(PriceMode::OwnShare, 15_000);
    assert_eq!(quote(&own, 1, 10_000), Ok(shares(4_000, 3_000, 1_000)));
    assert_eq!(quote(&own, 2, 10_000), Ok(shares(8_000, 6_000, 2_000)));
    assert_eq!(quote(&own, 1, 2_500), Ok(shares(4_000, 2_500, 1_500)));
    let free = by_hour(PriceMode::ZeroCopay, 15_000);
    assert_eq!(quote(&free, 1, 10_000), Err(Refusal::PriceAboveValue(Cents(3_000))));
    let cheap = Terms {
        price_cents: Cents(3_000),
        ..free
    };
    assert_eq!(quote(&cheap, 1, 10_000), Ok(shares(3_000, 3_000, 0)));
    assert_eq!(quote(&cheap, 1, 2_999), Err(Refusal::EmptyVoucher));
    let capped = by_hour(PriceMode::NotToExceed, 2_000);
    assert_eq!(capped.bookable(1, DateTime::UNIX_EPOCH), Ok(()));
    assert_eq!(quote(&capped, 2, 10_000), Ok(shares(8_000, 4_000, 4_000)));
}

#[test]
fn minutes_are_rounded_up_where_they_count() {
    let by_hour = Terms {
        ends_at: terms(1).starts_at + Duration::minutes(50),
        value_rule: ValueRule::Flat(Flat {
            value: Cents(3_000),
            per: Per::Hour,
            coefficients: None,
        }),
        ..terms(4_000)
    };
    let rounded = |rounding_minutes| {
        let parameters = Parameters {
            rounding_minutes,
            ..Parameters::default()
        };
        let terms = Terms {
            parameters,
            ..by_hour.clone()
        };
        let quote = terms.quote(1, &voucher(Some(Assessment::default())), money(10_000));
        quote.map(|(quote, _)| quote.voucher_share)
    };
    assert_eq!(rounded(0), Ok(Cents(2_500)));
    assert_eq!(rounded(15), Ok(Cents(3_000)));
    assert_eq!(rounded(30), Ok(Cents(3_000)));
}

#[test]
fn a_programme_that_pays_by_no_voucher_takes_no_booking() {
    let mut licence = terms(1);
    licence.parameters.financing = vec![FinancingMode::Licence];
    assert_eq!(licence.bookable(1, DateTime::UNIX_EPOCH), Err(Refusal::ModeNotAccepted));
}

#[test]
fn a_delivery_is_recorded_within_the_grace_of_the_voucher() {
    let mut terms = terms(1);
    assert_eq!(terms.record_before(&voucher(None)), terms.ends_at + RECORDING);
    let ending = Voucher {
        valid_until: terms.day(),
        ..voucher(None)
    };
    terms.parameters.grace_days = 2;
    let last: DateTime<Utc> = "2027-03-04T22:00:00Z".parse().unwrap();
    assert_eq!(terms.record_before(&ending), last);
}

proptest! {
    #[test]
    fn shares_add_up(price in 1i64..15_000, units in 1i32..=10, balance in 1i64..1_000_000) {
        let (quote, _) = terms(price).quote(units, &voucher(None), money(balance)).unwrap();
        prop_assert_eq!(quote.voucher_share + quote.own_share, quote.price);
        prop_assert!(quote.voucher_share >= Cents::ZERO && quote.own_share >= Cents::ZERO);
        prop_assert!(quote.voucher_share <= Cents(balance));
    }
}

/// A voucher in a unit, and the terms of a visit of fifty minutes for forty euros.
fn in_unit(unit: Unit, per: Per) -> (Terms, Voucher) {
    let terms = Terms {
        ends_at: terms(1).starts_at + Duration::minutes(50),
        value_rule: ValueRule::Flat(Flat {
            value: Cents(3_000),
            per,
            coefficients: None,
        }),
        ..terms(4_000)
    };
    let voucher = Voucher {
        unit,
        quantity: 5_000,
        ..voucher(Some(Assessment::default()))
    };
    (terms, voucher)
}

fn left(cents: i64, quantity: i64) -> Worth {
    Worth {
        cents: Cents(cents),
        quantity,
    }
}

#[test]
fn a_booking_takes_visits_or_rounded_minutes_for_each_place() {
    let quantity = |terms: &Terms, voucher: &Voucher, places| {
        let quote = terms.quote(places, voucher, left(100_000, 5_000));
        quote.map(|(quote, _)| (quote.quantity, quote.voucher_share))
    };
    let (terms, visits) = in_unit(Unit::Visit, Per::Piece);
    assert_eq!(quantity(&terms, &visits, 1), Ok((1_000, Cents(3_000))));
    assert_eq!(quantity(&terms, &visits, 5), Ok((5_000, Cents(15_000))));
    let (mut terms, hours) = in_unit(Unit::Hour, Per::Hour);
    assert_eq!(quantity(&terms, &hours, 2), Ok((100, Cents(5_000))));
    terms.parameters.rounding_minutes = 15;
    assert_eq!(quantity(&terms, &hours, 2), Ok((120, Cents(6_000))));
}

#[test]
fn fewer_units_or_less_money_than_it_takes_is_refused() {
    let (terms, voucher) = in_unit(Unit::Visit, Per::Piece);
    let quote = |places, left| {
        terms
            .quote(places, &voucher, left)
            .map(|(quote, _)| quote.voucher_share)
    };
    let short = Refusal::TooFewUnits {
        unit: Unit::Visit,
        left: 1_999,
        needed: 2_000,
    };
    assert_eq!(quote(2, left(100_000, 1_999)), Err(short));
    assert_eq!(quote(1, left(100_000, 1_999)), Ok(Cents(3_000)));
    assert_eq!(quote(1, left(3_000, 1_000)), Ok(Cents(3_000)));
    // A voucher in euros would pay a part.
    assert_eq!(quote(1, left(2_999, 1_000)), Err(Refusal::EmptyVoucher));
}
