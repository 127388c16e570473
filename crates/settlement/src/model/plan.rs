//! Who is paid how much in a run, decided from plain values.

use std::collections::{BTreeMap, HashMap};

use bookings::model::delivery::Model as Delivery;
use iban::Iban;
use kernel::{Cents, CompanyId, PaymentId};

use super::payment::Model as Payment;
use super::statement::set_aside::Reason;
use crate::bank::pain001::AMOUNT_MAX;

/// A company as it is when the run is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The company.
    pub id: CompanyId,
    /// Its business id (Y-tunnus).
    pub business_id: String,
    /// Its name.
    pub name: String,
    /// The account it is paid to (IBAN).
    pub iban: String,
}

/// What a run does for one company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The company.
    pub payee: Payee,
    /// The deliveries that are settled, in the order of their ids.
    pub deliveries: Vec<Delivery>,
    /// Failed payments of earlier runs that are paid again.
    pub carried: Vec<PaymentId>,
    /// The sum of the voucher shares of the deliveries.
    pub lines: Cents,
    /// The sum of the payments that are paid again.
    pub brought_forward: Cents,
}

impl Share {
    /// What is paid.
    pub fn total(&self) -> Cents {
        self.lines + self.brought_forward
    }

    /// Why the company cannot be paid in this run; `None` when it can.
    pub fn obstacle(&self) -> Option<Reason> {
        if !self.total().is_positive() {
            Some(Reason::NothingToPay)
        } else if self.total().0 > AMOUNT_MAX {
            Some(Reason::AmountTooLarge)
        } else if self.payee.iban.parse::<Iban>().is_err() {
            Some(Reason::NoValidIban)
        } else {
            None
        }
    }
}

/// Sorts unsettled deliveries and failed payments by company, in the order of company ids.
///
/// A company without a record among `payees` cannot be paid, so its rows are left for a later run.
pub fn shares(deliveries: Vec<Delivery>, failed: &[Payment], payees: Vec<Payee>) -> Vec<Share> {
    let mut delivered: HashMap<CompanyId, Vec<Delivery>> = HashMap::new();
    for delivery in deliveries {
        delivered.entry(delivery.company_id).or_default().push(delivery);
    }
    let payees: BTreeMap<_, _> = payees.into_iter().map(|payee| (payee.id, payee)).collect();
    payees
        .into_values()
        .map(|payee| {
            let deliveries = delivered.remove(&payee.id).unwrap_or_default();
            let failed = || failed.iter().filter(|payment| payment.company_id == payee.id);
            Share {
                lines: deliveries.iter().map(|delivery| delivery.voucher_share_cents).sum(),
                brought_forward: failed().map(|payment| payment.amount_cents).sum(),
                carried: failed().map(|payment| payment.id).collect(),
                deliveries,
                payee,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use bookings::model::delivery::Kind;
    use chrono::{DateTime, NaiveDate};
    use kernel::{BasisPoints, TypedId};
    use proptest::prelude::*;
    use sea_orm::prelude::Uuid;

    use super::*;
    use crate::model::payment::State;

    fn id<T: TypedId>(n: u64) -> T {
        T::from_uuid(Uuid::from_u128(u128::from(n)))
    }

    fn payee(company: u64, iban: &str) -> Payee {
        Payee {
            id: id(company),
            business_id: "0201256-6".into(),
            name: "Siivous Oy".into(),
            iban: iban.into(),
        }
    }

    fn delivery(n: u64, company: u64, share: i64) -> Delivery {
        Delivery {
            id: id(n),
            city_id: id(1),
            company_id: id(company),
            programme_id: id(1),
            booking_id: id(n),
            visit_id: id(n),
            kind: Kind::Service,
            day: NaiveDate::MIN,
            price_cents: Cents(share),
            voucher_share_cents: Cents(share),
            quantity: 0,
            own_share_cents: Cents::ZERO,
            vat_class: "GENERAL".into(),
            vat_bp: BasisPoints(2_550),
            recorded_by: id(1),
            recorded_at: DateTime::UNIX_EPOCH,
            claim_reference: None,
        }
    }

    fn failed(n: u64, company: u64, amount: i64) -> Payment {
        Payment {
            id: id(n),
            run_id: id(1),
            statement_id: id(n),
            city_id: id(1),
            company_id: id(company),
            end_to_end_id: n.to_string(),
            amount_cents: Cents(amount),
            iban: "FI2112345600000785".into(),
            name: "Siivous Oy".into(),
            reference: "RF111232".into(),
            state: State::Rejected,
            reason: None,
            carried_to: None,
        }
    }

    #[test]
    fn a_company_is_left_out_rather_than_stopping_the_run() {
        let iban = "FI2112345600000785";
        let obstacle = |share: i64, iban| shares(vec![delivery(1, 7, share)], &[], vec![payee(7, iban)])[0].obstacle();
        assert_eq!(obstacle(1, iban), None);
        assert_eq!(obstacle(0, iban), Some(Reason::NothingToPay));
        assert_eq!(obstacle(1, "FI2112345600000786"), Some(Reason::NoValidIban));
        assert_eq!(obstacle(1, ""), Some(Reason::NoValidIban));
        assert_eq!(obstacle(AMOUNT_MAX, iban), None);
        assert_eq!(obstacle(AMOUNT_MAX + 1, iban), Some(Reason::AmountTooLarge));
    }

    #[test]
    fn a_failed_payment_is_paid_again_without_new_deliveries() {
        let shares = shares(Vec::new(), &[failed(9, 7, 500)], vec![payee(7, "FI2112345600000785")]);
        assert_eq!((shares[0].lines, shares[0].total()), (Cents::ZERO, Cents(500)));
        assert_eq!(shares[0].carried, [id(9)]);
    }

    proptest! {
        /// One cent over any number of companies is neither lost nor paid twice.
        #[test]
        fn nothing_is_lost_between_companies(
            delivered in prop::collection::vec((0u64..5, 0i64..1_000_000), 0..40),
            failures in prop::collection::vec((0u64..5, 1i64..1_000_000), 0..10),
        ) {
            let deliveries: Vec<_> =
                delivered.iter().zip(1..).map(|((company, share), n)| delivery(n, *company, *share)).collect();
            let failures: Vec<_> =
                failures.iter().zip(1..).map(|((company, amount), n)| failed(n, *company, *amount)).collect();
            let payees = (0..5).map(|company| payee(company, "FI2112345600000785")).collect();
            let shares = shares(deliveries.clone(), &failures, payees);
            prop_assert!(shares.is_sorted_by_key(|share| share.payee.id));
            prop_assert_eq!(shares.iter().map(|share| share.deliveries.len()).sum::<usize>(), deliveries.len());
            prop_assert_eq!(shares.iter().map(|share| share.carried.len()).sum::<usize>(), failures.len());
            let total: Cents = shares.iter().map(Share::total).sum();
            let expected = deliveries.iter().map(|delivery| delivery.voucher_share_cents).sum::<Cents>()
                + failures.iter().map(|payment| payment.amount_cents).sum();
            prop_assert_eq!(total, expected);
            for share in &shares {
                let own: Cents = share.deliveries.iter().map(|delivery| delivery.voucher_share_cents).sum();
                prop_assert_eq!(share.lines, own);
            }
        }
    }
}
