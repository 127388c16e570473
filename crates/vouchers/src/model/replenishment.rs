//! A month for which a voucher was filled anew, and the pure decisions on it (V10).

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Cents, CityId, ReplenishmentId, VoucherId};
use programmes::Replenishment;
use programmes::model::parameters::month_of;
use sea_orm::entity::prelude::*;

use super::decision::Decision;
use super::{Model as Voucher, Refusal, State, Worth};
use crate::Error;

/// A month for which a voucher was to be filled anew. The month of its first day has none: what it was granted is for that.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_replenishment")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReplenishmentId,
    /// The city.
    pub city_id: CityId,
    /// The voucher.
    pub voucher_id: VoucherId,
    /// The first civil day.
    pub starts_on: NaiveDate,
    /// The last civil day.
    pub ends_on: NaiveDate,
    /// What was to come, in cents: as much as for the month before, or as was decided anew.
    pub due_cents: Cents,
    /// What came, in cents: all of it, or nothing where the budget did not cover it.
    pub came_cents: Cents,
    /// What was left of the time before and returned to the programme, in cents.
    pub returned_cents: Cents,
    /// What was to come in the unit of the voucher, in thousandths of a visit or in minutes; zero in euros.
    pub due_quantity: i64,
    /// What came of that.
    pub came_quantity: i64,
    /// What was left of the time before and returned to the programme, likewise.
    pub returned_quantity: i64,
    /// When it was decided.
    pub created_at: DateTime<Utc>,
}

/// A replenishment refers to its voucher by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a voucher is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The first civil day of the period.
    pub starts_on: NaiveDate,
    /// The last civil day.
    pub ends_on: NaiveDate,
    /// What is to come.
    pub worth: Worth,
    /// What returns to the programme first.
    pub returned: Worth,
}

impl Model {
    /// What was to come.
    fn due(&self) -> Worth {
        Worth {
            cents: self.due_cents,
            quantity: self.due_quantity,
        }
    }
}

/// Decides what `voucher`, granted on the civil day `granted_on` and filled last for `last`, is due on the civil day
/// `today`, while it has `available` left. `None` when its period has not ended, or it is not in use. A month that was
/// missed is not made up for: nobody could use it any more.
pub fn due(
    voucher: &Voucher,
    granted_on: NaiveDate,
    last: Option<&Model>,
    rule: Replenishment,
    available: Worth,
    today: NaiveDate,
) -> Option<Due> {
    let first_day = granted_on.max(voucher.valid_from);
    let ended_on = last.map_or(month_of(first_day).1, |last| last.ends_on);
    let in_use = voucher.state == State::Active && today <= voucher.valid_until;
    if rule == Replenishment::None || !in_use || today <= ended_on {
        return None;
    }
    let (starts_on, ends_on) = month_of(today);
    let keeps = rule == Replenishment::MonthlyCarryingOver;
    Some(Due {
        starts_on,
        ends_on: ends_on.min(voucher.valid_until),
        worth: monthly(voucher, last),
        returned: if keeps { Worth::default() } else { available },
    })
}

/// What `voucher`, filled last for `last`, gets for a month.
fn monthly(voucher: &Voucher, last: Option<&Model>) -> Worth {
    let before = last.map_or(voucher.worth(), Model::due);
    Worth {
        cents: voucher.refill_cents.unwrap_or(before.cents),
        ..before
    }
}

/// The voucher by a decision that was made anew in favour of its resident on the civil day `today`: each month brings more
/// from now on. What the present month has brought is raised at once; a month for which nothing came stays without.
pub fn raised(
    voucher: &Voucher,
    granted_on: NaiveDate,
    last: Option<&Model>,
    decision: Decision,
    today: NaiveDate,
) -> Result<Voucher, Error> {
    if !voucher.state.is_alive() {
        return Err(Refusal::State.into());
    }
    let before = monthly(voucher, last);
    voucher.is_raised_by(&decision, before)?;
    let first_day = granted_on.max(voucher.valid_from);
    let ends_on = last.map_or(month_of(first_day).1, |last| last.ends_on);
    let came = last.is_none_or(|last| last.came_cents.is_positive());
    let gain = if came && today <= ends_on {
        decision.worth.cents - before.cents
    } else {
        Cents::ZERO
    };
    Ok(Voucher {
        value_cents: voucher.value_cents + gain,
        refill_cents: Some(decision.worth.cents),
        assessment: decision.assessment,
        valuation: Some(decision.valuation),
        raise_reason: decision.raise_reason,
        version: voucher.version + 1,
        ..voucher.clone()
    })
}

#[cfg(test)]
mod tests {
    use kernel::{BudgetId, PersonId, ProgrammeId, TypedId};

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn voucher(state: State) -> Voucher {
        let id = Uuid::from_u128;
        Voucher {
            id: VoucherId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            budget_id: BudgetId::from_uuid(id(4)),
            resident_id: PersonId::from_uuid(id(5)),
            value_cents: Cents(10_000),
            refill_cents: None,
            unit: programmes::Unit::Visit,
            quantity: 5_000,
            valid_from: day("2027-01-01"),
            valid_until: day("2027-06-15"),
            state,
            grounds: "Ikä".into(),
            granted_by: PersonId::from_uuid(id(6)),
            granted_at: DateTime::UNIX_EPOCH,
            version: 1,
            assessment: None,
            assessments: None,
            valuation: None,
            raise_reason: None,
            number: None,
            grant_key: None,
        }
    }

    fn worth(cents: i64, quantity: i64) -> Worth {
        Worth {
            cents: Cents(cents),
            quantity,
        }
    }

    fn on(today: &str, last: Option<&Model>, rule: Replenishment) -> Option<Due> {
        let granted = day("2027-02-10");
        due(
            &voucher(State::Active),
            granted,
            last,
            rule,
            worth(3_000, 1_500),
            day(today),
        )
    }

    #[test]
    fn comes_on_the_first_of_the_month_after_the_grant() {
        assert_eq!(on("2027-02-28", None, Replenishment::Monthly), None);
        let march = Due {
            starts_on: day("2027-03-01"),
            ends_on: day("2027-03-31"),
            worth: worth(10_000, 5_000),
            returned: worth(3_000, 1_500),
        };
        assert_eq!(on("2027-03-01", None, Replenishment::Monthly), Some(march));
        let kept = Due {
            returned: Worth::default(),
            ..march
        };
        assert_eq!(on("2027-03-01", None, Replenishment::MonthlyCarryingOver), Some(kept));
        assert_eq!(on("2027-03-01", None, Replenishment::None), None);
    }

    #[test]
    fn a_raise_is_for_the_present_month_and_those_to_come() {
        let decide = |purse| Decision {
            unit: programmes::Unit::Visit,
            worth: worth(purse, 5_000),
            assessment: None,
            valuation: programmes::value::ValueRule::Flat(programmes::value::flat::Flat {
                value: Cents(purse),
                per: programmes::value::flat::Per::Voucher,
                coefficients: None,
            })
            .value(
                &programmes::value::Assessment::default(),
                None,
                1,
                programmes::model::terms::moment_of_decision(day("2027-02-10")),
            ),
            raise_reason: None,
        };
        let granted = voucher(State::Active);
        let raise = |voucher: &Voucher, last: Option<&Model>, purse, today| {
            raised(voucher, day("2027-02-10"), last, decide(purse), day(today))
                .map(|raised| (raised.value_cents.0, raised.refill_cents.map(|cents| cents.0)))
                .ok()
        };
        assert_eq!(
            raise(&granted, None, 12_000, "2027-02-28"),
            Some((12_000, Some(12_000)))
        );
        // March has not been filled yet: it comes with the raise.
        assert_eq!(
            raise(&granted, None, 12_000, "2027-03-01"),
            Some((10_000, Some(12_000)))
        );
        assert_eq!(raise(&granted, None, 9_999, "2027-02-28"), None);
        let march = |came| Model {
            id: ReplenishmentId::from_uuid(Uuid::from_u128(9)),
            city_id: granted.city_id,
            voucher_id: granted.id,
            starts_on: day("2027-03-01"),
            ends_on: day("2027-03-31"),
            due_cents: Cents(10_000),
            came_cents: Cents(came),
            returned_cents: Cents::ZERO,
            due_quantity: 5_000,
            came_quantity: 5_000,
            returned_quantity: 0,
            created_at: DateTime::UNIX_EPOCH,
        };
        let filled = Voucher {
            value_cents: Cents(20_000),
            ..granted.clone()
        };
        assert_eq!(
            raise(&filled, Some(&march(10_000)), 12_000, "2027-03-31"),
            Some((22_000, Some(12_000)))
        );
        assert_eq!(
            raise(&filled, Some(&march(0)), 12_000, "2027-03-31"),
            Some((20_000, Some(12_000)))
        );
        let again = Voucher {
            refill_cents: Some(Cents(12_000)),
            ..filled
        };
        assert_eq!(raise(&again, Some(&march(10_000)), 11_000, "2027-03-31"), None);
        assert_eq!(monthly(&again, Some(&march(10_000))), worth(12_000, 5_000));
    }

    #[test]
    fn comes_once_a_month_until_the_end_and_makes_up_for_none() {
        let march = Model {
            id: ReplenishmentId::from_uuid(Uuid::from_u128(9)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            voucher_id: VoucherId::from_uuid(Uuid::from_u128(1)),
            starts_on: day("2027-03-01"),
            ends_on: day("2027-03-31"),
            due_cents: Cents(4_000),
            due_quantity: 2_000,
            came_quantity: 0,
            returned_quantity: 0,
            came_cents: Cents::ZERO,
            returned_cents: Cents::ZERO,
            created_at: DateTime::UNIX_EPOCH,
        };
        let monthly = |today| on(today, Some(&march), Replenishment::Monthly);
        assert_eq!(monthly("2027-03-31"), None);
        let late = monthly("2027-05-20").unwrap();
        assert_eq!((late.starts_on, late.ends_on), (day("2027-05-01"), day("2027-05-31")));
        assert_eq!(late.worth, worth(4_000, 2_000), "a refusal does not lower what is due");
        assert_eq!(monthly("2027-06-01").unwrap().ends_on, day("2027-06-15"));
        assert_eq!(monthly("2027-06-16"), None);
        let suspended = voucher(State::Suspended);
        let rule = Replenishment::Monthly;
        assert_eq!(
            due(
                &suspended,
                day("2027-02-10"),
                None,
                rule,
                Worth::default(),
                day("2027-03-01")
            ),
            None
        );
    }
}
