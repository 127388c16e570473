//! The terms on which an occurrence can be booked, and the price they make.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use cities::Zone;
use kernel::{BasisPoints, Cents, CityId, CompanyId, OccurrenceId, OfferId, ProgrammeId};
use offers::model::vat::VatClass;
use sea_orm::FromQueryResult;

/// Everything about an occurrence, its offer, its programme and its provider's approval that a booking freezes.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Terms {
    /// The occurrence.
    pub occurrence_id: OccurrenceId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Its places.
    pub capacity: i32,
    /// The places taken when it was read.
    pub taken: i32,
    /// The offer.
    pub offer_id: OfferId,
    /// The city.
    pub city_id: CityId,
    /// The city's zone.
    pub zone: Zone,
    /// The company.
    pub company_id: CompanyId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The price of one place, in cents.
    pub price_cents: Cents,
    /// The VAT class of the service.
    pub vat_class: VatClass,
    /// The programme's highest price, in cents.
    pub price_ceiling_cents: Cents,
    /// Hours before the visit up to which cancelling costs nothing.
    pub free_cancellation_hours: i32,
    /// What is paid of the voucher share after that, in basis points.
    pub late_fee_bp: BasisPoints,
    /// The first day of the approval.
    pub approved_from: NaiveDate,
    /// The last day of the approval.
    pub approved_until: NaiveDate,
}

/// A price with its parts: `price = voucher_share + own_share`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The price, in cents.
    pub price: Cents,
    /// What the voucher pays, in cents.
    pub voucher_share: Cents,
    /// What the resident pays (omavastuu), in cents.
    pub own_share: Cents,
}

/// Why the terms do not allow a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The visit has begun.
    TooLate,
    /// Not as many places were left when it was read; taking them decides.
    SoldOut,
    /// The approval does not cover the day.
    NotApproved,
    /// The ceiling was lowered below the price.
    PriceAboveCeiling(Cents),
}

impl Terms {
    /// The civil day of the visit, which decides validity, VAT and budget.
    pub fn day(&self) -> NaiveDate {
        kernel::civil_day(self.starts_at, self.zone.0)
    }

    /// Decides whether `units` places can be booked at `now`.
    pub fn bookable(&self, units: i32, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now >= self.starts_at {
            return Err(Refusal::TooLate);
        }
        if !(self.approved_from..=self.approved_until).contains(&self.day()) {
            return Err(Refusal::NotApproved);
        }
        if self.price_cents > self.price_ceiling_cents {
            return Err(Refusal::PriceAboveCeiling(self.price_ceiling_cents));
        }
        if self.capacity - self.taken < units {
            return Err(Refusal::SoldOut);
        }
        Ok(())
    }

    /// The price of `units` places with a voucher that holds `balance`.
    pub fn quote(&self, units: i32, balance: Cents) -> Quote {
        quote(self.price_cents.times(units), balance)
    }

    /// Until when cancelling costs nothing.
    pub fn free_cancellation_until(&self) -> DateTime<Utc> {
        self.starts_at - Duration::hours(i64::from(self.free_cancellation_hours))
    }

    /// The VAT rate on the day of the visit, in basis points.
    pub fn vat_bp(&self) -> BasisPoints {
        self.vat_class.rate_on(self.day())
    }
}

/// The parts of a price with a voucher that holds `balance`; the one place where shares are computed.
pub fn quote(price: Cents, balance: Cents) -> Quote {
    let voucher_share = vouchers::model::voucher_share(price, balance);
    Quote {
        price,
        voucher_share,
        own_share: price - voucher_share,
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;
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
            price_ceiling_cents: Cents(15_000),
            free_cancellation_hours: 24,
            late_fee_bp: BasisPoints(5_000),
            approved_from: "2027-03-02".parse().unwrap(),
            approved_until: "2027-12-31".parse().unwrap(),
        }
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

    #[test]
    fn quotes_the_cases_of_the_tour() {
        let quote = |price, balance| terms(price).quote(1, Cents(balance));
        let shares = |price, voucher, own| Quote {
            price: Cents(price),
            voucher_share: Cents(voucher),
            own_share: Cents(own),
        };
        assert_eq!(quote(13_000, 10_000), shares(13_000, 10_000, 3_000));
        assert_eq!(quote(8_000, 10_000), shares(8_000, 8_000, 0));
    }

    proptest! {
        #[test]
        fn shares_add_up(price in 1i64..15_000, units in 1i32..=10, balance in 0i64..1_000_000) {
            let quote = terms(price).quote(units, Cents(balance));
            prop_assert_eq!(quote.voucher_share + quote.own_share, quote.price);
            prop_assert!(quote.voucher_share >= Cents::ZERO && quote.own_share >= Cents::ZERO);
            prop_assert!(quote.voucher_share <= Cents(balance));
        }
    }
}
