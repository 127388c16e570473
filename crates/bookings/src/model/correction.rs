//! What a decision from a day that has passed changes in the share of a delivery (C5).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use kernel::{Cents, CityId, CorrectionId, DeliveryId, IncomeReviewId, VoucherId};
use programmes::model::terms::moment_of;
use programmes::value::Assessment;
use programmes::value::share::share;
use sea_orm::entity::prelude::*;

use super::delivery::Model as Delivery;
use super::visit::Model as Visit;

/// A fact for the settlement and for the resident: what the city owes of a delivery is another sum than before. It is never
/// changed, and each decision makes one for a delivery at most.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "share_correction")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CorrectionId,
    /// The city.
    pub city_id: CityId,
    /// The voucher.
    pub voucher_id: VoucherId,
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// The decision.
    pub review_id: IncomeReviewId,
    /// What the city owed, in cents, with all corrections before.
    pub old_cents: Cents,
    /// What it owes, in cents.
    pub new_cents: Cents,
    /// The one less the other, in cents; below zero where the city owes less.
    pub difference_cents: Cents,
    /// Why, in the words of the decision.
    pub reason: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A correction refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the city owes of a delivery whose visit is valued `after` instead of `before`, by the terms in force on its day; `owed`
/// is what it owes with all corrections so far. `None` when that stays as it is. What a purse that was used up did not pay, it
/// does not pay now.
pub fn corrected(
    visit: &Visit,
    terms: &programmes::Terms,
    zone: Tz,
    (before, after): (&Assessment, &Assessment),
    owed: Cents,
) -> Option<Cents> {
    if terms.value_rule.is_paid_once() {
        return None;
    }
    let (before, after) = (paid(visit, terms, zone, before), paid(visit, terms, zone, after));
    let new = if owed < before { after.min(owed) } else { after };
    (new != owed).then_some(new)
}

/// What the city pays of a visit by a situation, in cents.
fn paid(visit: &Visit, terms: &programmes::Terms, zone: Tz, assessment: &Assessment) -> Cents {
    let moment = moment_of(visit.starts_at, visit.ends_at, zone).rounded_up(terms.parameters.rounding_minutes);
    let mode = terms.price_mode.of_units(terms.price_ceiling_cents, visit.units);
    let price = visit.price_cents;
    let value = terms
        .value_rule
        .value(assessment, Some(price), visit.units, moment)
        .value;
    // Nothing is left to the resident of a service that is free, so the city owes the price whatever its value.
    share(price, value, mode).map_or(price, |shares| shares.voucher_share)
}

/// What the city owes of a delivery with all corrections of it.
pub fn owed(delivery: &Delivery, corrections: &[&Model]) -> Cents {
    let so_far: Cents = corrections.iter().map(|correction| correction.difference_cents).sum();
    delivery.voucher_share_cents + so_far
}

#[cfg(test)]
mod tests {
    use kernel::{BasisPoints, BookingId, OccurrenceId, PersonId, ProgrammeId, TermsId, TypedId, VisitId};
    use programmes::value::ValueRule;
    use programmes::value::home_care::{IncomeRow, IncomeTested};
    use programmes::value::households::ExtraPerson;
    use proptest::prelude::*;

    use super::*;

    fn terms() -> programmes::Terms {
        let rule = ValueRule::IncomeTested(IncomeTested {
            vmax: Cents(2_700),
            floor: Cents(700),
            households: vec![IncomeRow {
                household: 1,
                limit: Cents(56_300),
                rate: BasisPoints(3_500),
            }],
            extra_person: ExtraPerson {
                limit: Cents(34_200),
                rate: BasisPoints(100),
            },
            round_up_to: Cents(1),
            coefficients: None,
        });
        programmes::Terms {
            id: TermsId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            programme_id: ProgrammeId::from_uuid(Uuid::from_u128(3)),
            valid_from: "2027-01-01".parse().unwrap(),
            valid_until: None,
            value_rule: rule,
            price_mode: programmes::PriceMode::OwnShare,
            price_ceiling_cents: Cents(20_000),
            free_cancellation_hours: 24,
            late_fee_bp: BasisPoints(5_000),
            appeal_days: 30,
            parameters: programmes::Parameters::default(),
            conditions: programmes::Conditions::default(),
            state: programmes::TermsState::Published,
            drafted_by: PersonId::from_uuid(Uuid::from_u128(4)),
            published_by: None,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn visit(price: i64) -> Visit {
        let id = Uuid::from_u128;
        Visit {
            id: VisitId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            booking_id: BookingId::from_uuid(id(3)),
            occurrence_id: OccurrenceId::from_uuid(id(4)),
            starts_at: "2027-03-01T10:00:00Z".parse().unwrap(),
            ends_at: "2027-03-01T11:00:00Z".parse().unwrap(),
            units: 1,
            quantity: 0,
            price_cents: Cents(price),
            voucher_share_cents: Cents::ZERO,
            own_share_cents: Cents(price),
        }
    }

    fn earning(income: i64) -> Assessment {
        Assessment {
            monthly_income: Some(Cents(income)),
            ..Assessment::default()
        }
    }

    fn correct(price: i64, before: i64, after: i64, owed: i64) -> Option<i64> {
        let zone = chrono_tz::Europe::Helsinki;
        let situations = (&earning(before), &earning(after));
        corrected(&visit(price), &terms(), zone, situations, Cents(owed)).map(|cents| cents.0)
    }

    #[test]
    fn the_city_owes_what_the_new_income_makes() {
        assert_eq!(correct(13_000, 140_000, 50_000, 2_212), Some(2_700));
        assert_eq!(correct(13_000, 50_000, 140_000, 2_700), Some(2_212));
        assert_eq!(correct(13_000, 140_000, 140_000, 2_212), None);
        // A price below the value is paid whole before and after.
        assert_eq!(correct(1_000, 140_000, 50_000, 1_000), None);
        // The purse had only fifteen euros left.
        assert_eq!(correct(13_000, 140_000, 50_000, 1_500), None);
        assert_eq!(correct(13_000, 140_000, 1_000_000, 1_500), Some(700));
    }

    proptest! {
        /// One decision after the other: the differences add up to what the last makes of it, less what was frozen.
        #[test]
        fn differences_add_up(price in 1_i64..5_000, incomes in proptest::collection::vec(0_i64..400_000, 1..8)) {
            let by = |income| paid(&visit(price), &terms(), chrono_tz::Europe::Helsinki, &earning(income)).0;
            let frozen = by(incomes[0]);
            let (mut owed, mut sum) = (frozen, 0);
            for pair in incomes.windows(2) {
                if let Some(new) = correct(price, pair[0], pair[1], owed) {
                    prop_assert!((0..=price).contains(&new));
                    sum += new - owed;
                    owed = new;
                }
            }
            let last = *incomes.last().unwrap();
            prop_assert_eq!(sum, by(last) - frozen);
        }
    }
}
