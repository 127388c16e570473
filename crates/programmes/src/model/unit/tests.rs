use kernel::{BasisPoints, CityId, PersonId, ProgrammeId, TermsId, TypedId};
use proptest::prelude::*;

use super::*;
use crate::conditions::Conditions;
use crate::model::parameters::Parameters;
use crate::model::terms::{PriceMode, State};
use crate::value::flat::{Flat, Per, Percentage};
use crate::value::home_care::IncomeTested;
use crate::value::samples::{day, lapland};

fn terms(value_rule: ValueRule) -> Terms {
    let id = Uuid::from_u128;
    Terms {
        id: TermsId::from_uuid(id(1)),
        city_id: CityId::from_uuid(id(2)),
        programme_id: ProgrammeId::from_uuid(id(3)),
        valid_from: day("2027-01-01"),
        valid_until: None,
        value_rule,
        price_mode: PriceMode::OwnShare,
        price_ceiling_cents: Cents(5_000),
        free_cancellation_hours: 24,
        late_fee_bp: BasisPoints(5_000),
        appeal_days: 30,
        parameters: Parameters::default(),
        conditions: Conditions::default(),
        state: State::Published,
        drafted_by: PersonId::from_uuid(id(4)),
        published_by: None,
        version: 1,
        created_at: chrono::DateTime::UNIX_EPOCH,
    }
}

fn flat(value: i64, per: Per) -> ValueRule {
    ValueRule::Flat(Flat {
        value: Cents(value),
        per,
        coefficients: None,
    })
}

fn evenings(value: i64, per: Per) -> ValueRule {
    ValueRule::Flat(Flat {
        value: Cents(value),
        per,
        coefficients: Some(lapland()),
    })
}

fn percentage() -> ValueRule {
    ValueRule::Percentage(Percentage {
        rate: BasisPoints(5_000),
        floor: Cents(0),
        ceiling: Cents(2_000),
    })
}

#[test]
fn a_rule_pays_what_the_unit_counts() {
    let income = ValueRule::IncomeTested(IncomeTested::of_2014());
    for (unit, rule, fits) in [
        (Unit::Eur, flat(1, Per::Voucher), true),
        (Unit::Eur, income.clone(), true),
        (Unit::Visit, flat(1, Per::Piece), true),
        (Unit::Visit, percentage(), true),
        (Unit::Visit, flat(1, Per::Hour), false),
        (Unit::Visit, flat(1, Per::Voucher), false),
        (Unit::Hour, flat(1, Per::Hour), true),
        (Unit::Hour, income.clone(), true),
        (Unit::Hour, percentage(), false),
        (Unit::Visit, income, false),
    ] {
        assert_eq!(unit.takes(&rule).is_ok(), fits, "{unit:?} {rule:?}");
    }
}

#[test]
fn holds_what_the_quantity_can_cost_at_most() {
    let most = |rule: ValueRule, unit, quantity| {
        let raised = Assessment {
            raise: Cents(100),
            ..Assessment::default()
        };
        (
            terms(rule.clone()).most_of(unit, quantity, &Assessment::default()),
            terms(rule).most_of(unit, quantity, &raised),
        )
    };
    assert_eq!(
        most(flat(1_000, Per::Piece), Unit::Visit, 3_000),
        (Cents(3_000), Cents(3_300))
    );
    assert_eq!(most(flat(999, Per::Piece), Unit::Visit, 500), (Cents(500), Cents(550)));
    // The highest coefficient is two; the ceiling of a place is fifty euros.
    assert_eq!(most(evenings(2_000, Per::Piece), Unit::Visit, 1_000).0, Cents(4_000));
    assert_eq!(most(evenings(3_000, Per::Piece), Unit::Visit, 1_000).0, Cents(5_000));
    assert_eq!(most(percentage(), Unit::Visit, 2_000), (Cents(4_000), Cents(4_200)));
    // Twenty euros an hour are 33.3 cents a minute.
    assert_eq!(most(flat(2_000, Per::Hour), Unit::Hour, 90).0, Cents(34 * 90));
    assert_eq!(most(evenings(1_800, Per::Hour), Unit::Hour, 60).0, Cents(3_600));
    let without_income = most(ValueRule::IncomeTested(IncomeTested::of_2014()), Unit::Hour, 60);
    assert_eq!(without_income, (Cents(720), Cents(840)));
}

#[test]
fn is_written_in_the_manner_of_the_language() {
    let visits = |quantity, lang| Unit::Visit.text(quantity, lang);
    assert_eq!(visits(1_000, Lang::Fi), "1 käynti");
    assert_eq!(visits(2_500, Lang::Fi), "2,5 käyntiä");
    assert_eq!(visits(10_000, Lang::Sv), "10 besök");
    assert_eq!(visits(1_250, Lang::En), "1.25 visits");
    assert_eq!(visits(0, Lang::En), "0 visits");
    let hours = [0, 45, 60, 95].map(|minutes| Unit::Hour.text(minutes, Lang::Fi));
    assert_eq!(hours, ["0 min", "45 min", "1 h", "1 h 35 min"]);
    assert_eq!(
        (Unit::Eur.text(5, Lang::Fi), Unit::Visit.number(3_000)),
        (String::new(), "3".into())
    );
}

proptest! {
    /// However a quantity is cut into visits, at whatever hours and to whatever part of the price: it is never worth more
    /// than was put aside for it.
    #[test]
    fn no_use_of_it_costs_more(
        value in 0i64..10_000,
        visits in prop::collection::vec((0i32..1_440, 1i32..400, 1i32..4), 1..8),
        by_hour in any::<bool>(),
        plain in any::<bool>(),
    ) {
        let (unit, per) = if by_hour { (Unit::Hour, Per::Hour) } else { (Unit::Visit, Per::Piece) };
        let rule = if plain { flat(value, per) } else { evenings(value, per) };
        let terms = Terms { price_ceiling_cents: Cents(30_000), ..terms(rule) };
        let (mut quantity, mut cost) = (0, Cents::ZERO);
        for (start, minutes, places) in visits {
            let moment = Moment { day: day("2026-11-20"), start_minute: start, end_minute: start + minutes };
            quantity += unit.taken_by(places, moment);
            cost = cost + terms.value_rule.value(&Assessment::default(), None, places, moment).value;
        }
        prop_assert!(cost <= terms.most_of(unit, quantity, &Assessment::default()));
    }
}
