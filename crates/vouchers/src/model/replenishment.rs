//! A month for which a voucher was filled anew, and the pure decisions on it (V10).

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Cents, CityId, ReplenishmentId, VoucherId};
use programmes::Replenishment;
use programmes::model::parameters::month_of;
use sea_orm::entity::prelude::*;

use super::{Model as Voucher, State, Worth};

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
    /// What was to come, in cents: as much as for the month before.
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
        worth: last.map_or(voucher.worth(), Model::due),
        returned: if keeps { Worth::default() } else { available },
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
