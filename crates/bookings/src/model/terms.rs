//! The terms on which an occurrence can be booked, and the price they make.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use cities::Zone;
use identity::Age;
use kernel::{BasisPoints, BudgetId, Cents, CityId, CompanyId, OccurrenceId, OfferId, ProgrammeId};
use offers::model::vat::VatClass;
use programmes::model::budget::NO_OVERCOMMIT;
use programmes::model::parameters::{OtherVisit, TooMuch};
use programmes::model::terms::moment_of;
use programmes::value::share::{self, Mode, share};
use programmes::value::{InForce, Line, ValueRule};
use programmes::{Conditions, FinancingMode, Parameters, PriceMode};
use sea_orm::FromQueryResult;
use vouchers::Voucher;
use vouchers::spend::Charge;

use super::booking::RECORDING;

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
    /// The first day on which the programme's terms below are in force.
    pub in_force_from: NaiveDate,
    /// Their last day; until further notice when there is none.
    pub in_force_until: Option<NaiveDate>,
    /// How a resident's situation becomes the value of a voucher.
    pub value_rule: ValueRule,
    /// Who pays what the value does not cover.
    pub price_mode: PriceMode,
    /// The highest price of a place that is allowed or paid, by the mode, in cents.
    pub price_ceiling_cents: Cents,
    /// Hours before the visit up to which cancelling costs nothing.
    pub free_cancellation_hours: i32,
    /// What is paid of the voucher share after that, in basis points.
    pub late_fee_bp: BasisPoints,
    /// Who may book how often, and what else differs between programmes.
    pub parameters: Parameters,
    /// What the programme asks of residents.
    pub conditions: Conditions,
    /// The day of birth of the resident, where a code of hers is recorded.
    pub resident_born: Option<NaiveDate>,
    /// The first day of the approval.
    pub approved_from: NaiveDate,
    /// The last day of the approval.
    pub approved_until: NaiveDate,
    /// The company has not accepted a rulebook of the programme that binds by now.
    pub rulebook_open: bool,
    /// The budget below; none where the programme has no budget of the year of the visit.
    pub budget_id: Option<BudgetId>,
    /// The fiscal year of a budget of the programme.
    pub fiscal_year: Option<i32>,
    /// How much of it may be promised, in basis points.
    pub overcommit_bp: Option<BasisPoints>,
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
    /// The approval does not cover the day, or the company has not accepted the rulebook.
    NotApproved,
    /// The ceiling of the day lies below the price.
    PriceAboveCeiling(Cents),
    /// No terms of the programme are in force on the day.
    NoTermsInForce,
    /// The service is free of charge and its price is above this value, in cents.
    PriceAboveValue(Cents),
    /// The value rule makes nothing of the visit.
    WorthNothing,
    /// The voucher has nothing left, or for a free service less than the price.
    EmptyVoucher,
    /// The programme does not pay by voucher.
    ModeNotAccepted,
    /// The person comes too often, or has booked something else for the time.
    TooMuch(TooMuch),
    /// The programme has no budget of the year of the visit.
    BudgetExceeded,
    /// The resident is a minor, and a guardian has to book this for her.
    NeedsGuardian,
}

impl Terms {
    /// The civil day of the visit, which decides validity, VAT and budget.
    pub fn day(&self) -> NaiveDate {
        kernel::civil_day(self.starts_at, self.zone.0)
    }

    /// True when its approval covers the day of the visit.
    fn is_approved(&self) -> bool {
        (self.approved_from..=self.approved_until).contains(&self.day())
    }

    /// Decides whether `units` places can be booked at `now`.
    pub fn bookable(&self, units: i32, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now >= self.starts_at {
            return Err(Refusal::TooLate);
        }
        if !self.is_approved() || self.rulebook_open {
            return Err(Refusal::NotApproved);
        }
        if !self.price_mode.allows(self.price_cents, self.price_ceiling_cents) {
            return Err(Refusal::PriceAboveCeiling(self.price_ceiling_cents));
        }
        // Every offer is paid by voucher: listings of other modes are not taken in.
        if !self.parameters.accepts(FinancingMode::Voucher) {
            return Err(Refusal::ModeNotAccepted);
        }
        if self.capacity - self.taken < units {
            return Err(Refusal::SoldOut);
        }
        Ok(())
    }

    /// Decides whether its person, who has booked `others`, may come (B8).
    pub fn allow_visit(&self, others: &[OtherVisit]) -> Result<(), Refusal> {
        let time = (self.starts_at, self.ends_at);
        let allowed = self.parameters.allow_visit(time, self.zone.0, others);
        allowed.map_err(Refusal::TooMuch)
    }

    /// The terms among `of_all_periods` that are in force on the day of the visit, with the budget of its year and the
    /// approval that covers it, where one does. All of them are of one occurrence; each period comes once with each budget
    /// and each approval.
    pub fn in_force(of_all_periods: Vec<Self>) -> Result<Self, Refusal> {
        let covers = |terms: &Self| {
            let period = InForce {
                from: terms.in_force_from,
                until: terms.in_force_until,
            };
            period.covers(terms.day())
        };
        let of_the_year = |terms: &Self| terms.fiscal_year == Some(terms.day().year());
        let mut in_force: Vec<_> = of_all_periods.into_iter().filter(covers).collect();
        if in_force.iter().any(Self::is_approved) {
            in_force.retain(Self::is_approved);
        }
        let charged = in_force.iter().position(of_the_year);
        let mut terms = in_force
            .into_iter()
            .nth(charged.unwrap_or(0))
            .ok_or(Refusal::NoTermsInForce)?;
        terms.budget_id = terms.budget_id.filter(|_| charged.is_some());
        Ok(terms)
    }

    /// The budget that a visit is charged to: that of the fiscal year in which the service is given (P5).
    pub fn charge(&self) -> Result<Charge, Refusal> {
        let budget = self.budget_id.ok_or(Refusal::BudgetExceeded)?;
        let overcommitted = self.overcommit_bp.is_some_and(|ratio| ratio > NO_OVERCOMMIT);
        Ok(Charge { budget, overcommitted })
    }

    /// The price of `units` places with a voucher that still holds `balance`, and how its value came about.
    ///
    /// Where the rule makes one sum, or the voucher was granted without an assessment, it is worth what it holds; else
    /// the rule values the visit, and the voucher pays that as long as it holds it.
    pub fn quote(&self, units: i32, voucher: &Voucher, balance: Cents) -> Result<(Quote, Vec<Line>), Refusal> {
        let price = self.price_cents.times(units);
        let mode = self.price_mode.of_units(self.price_ceiling_cents, units);
        match voucher.assessment_on(self.day()) {
            Some(assessment) if !self.value_rule.is_paid_once() => {
                let moment = moment_of(self.starts_at, self.ends_at, self.zone.0);
                let moment = moment.rounded_up(self.parameters.rounding_minutes);
                let valuation = self.value_rule.value(assessment, Some(price), units, moment);
                if price.is_positive() && !valuation.value.is_positive() {
                    return Err(Refusal::WorthNothing);
                }
                Ok((divide(price, valuation.value, balance, mode)?, valuation.lines))
            }
            _ => {
                let lines = voucher.valuation.as_ref().map(|granted| granted.lines.clone());
                Ok((divide(price, balance, balance, mode)?, lines.unwrap_or_default()))
            }
        }
    }

    /// Decides whether the resident may book by herself at `now` for this `quote` (G5): from 15 on what costs her nothing,
    /// where the programme allows it, and of age everything. Of whom no code is recorded, the age is not known.
    pub fn alone(&self, quote: &Quote, now: DateTime<Utc>) -> Result<(), Refusal> {
        let today = kernel::civil_day(now, self.zone.0);
        match self.resident_born.map(|born| Age::on(born, today)) {
            None | Some(Age::Adult) => Ok(()),
            Some(Age::Youth) if self.conditions.minors_book_free && !quote.own_share.is_positive() => Ok(()),
            Some(Age::Youth | Age::Child) => Err(Refusal::NeedsGuardian),
        }
    }

    /// Until when cancelling costs nothing.
    pub fn free_cancellation_until(&self) -> DateTime<Utc> {
        self.starts_at - Duration::hours(i64::from(self.free_cancellation_hours))
    }

    /// From when on a delivery cannot be recorded any more, paid by `voucher`: some days after the visit, and a grace
    /// after the end of the voucher (P7).
    pub fn record_before(&self, voucher: &Voucher) -> DateTime<Utc> {
        let grace = self.parameters.record_before(voucher.valid_until, self.zone.0);
        grace.min(self.ends_at + RECORDING)
    }

    /// The VAT rate on the day of the visit, in basis points.
    pub fn vat_bp(&self) -> BasisPoints {
        self.vat_class.rate_on(self.day())
    }
}

/// What one place at `price` would cost with a voucher that still holds `balance`, by terms of its programme; none where
/// the value depends on the visit, or these terms do not allow the price.
pub(crate) fn listed(price: Cents, voucher: &Voucher, balance: Cents, terms: &programmes::Terms) -> Option<Quote> {
    if voucher.assessment.is_some() && !terms.value_rule.is_paid_once() {
        return None;
    }
    let mode = terms.price_mode.of_units(terms.price_ceiling_cents, 1);
    let allowed = terms.allows_price(price).then_some(price)?;
    let voucher_share = share(allowed, balance, mode).ok()?.voucher_share;
    Some(Quote::new(price, voucher_share))
}

/// Divides a price with a voucher worth `value` that still holds `balance`; the one place where shares are computed.
fn divide(price: Cents, value: Cents, balance: Cents, mode: Mode) -> Result<Quote, Refusal> {
    let above = |refusal| {
        let share::Refusal::PriceAboveValue { value, .. } = refusal;
        Refusal::PriceAboveValue(value)
    };
    if !balance.is_positive() {
        return Err(Refusal::EmptyVoucher);
    }
    let shares = share(price, value, mode).map_err(above)?;
    let voucher_share = shares.voucher_share.min(balance);
    if !voucher_share.is_positive() || (mode == Mode::ZeroCopay && voucher_share < price) {
        return Err(Refusal::EmptyVoucher);
    }
    Ok(Quote::new(price, voucher_share))
}

impl Quote {
    fn new(price: Cents, voucher_share: Cents) -> Self {
        Self {
            price,
            voucher_share,
            own_share: price - voucher_share,
        }
    }
}

#[cfg(test)]
mod tests {
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

    fn shares(price: i64, voucher: i64, own: i64) -> Quote {
        Quote {
            price: Cents(price),
            voucher_share: Cents(voucher),
            own_share: Cents(own),
        }
    }

    #[test]
    fn quotes_the_cases_of_the_tour() {
        let quote = |price, balance| {
            terms(price)
                .quote(1, &voucher(None), Cents(balance))
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
            terms.quote(units, &voucher, Cents(balance)).map(|(quote, _)| quote)
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
            let quote = terms.quote(1, &voucher(Some(Assessment::default())), Cents(10_000));
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
            let (quote, _) = terms(price).quote(units, &voucher(None), Cents(balance)).unwrap();
            prop_assert_eq!(quote.voucher_share + quote.own_share, quote.price);
            prop_assert!(quote.voucher_share >= Cents::ZERO && quote.own_share >= Cents::ZERO);
            prop_assert!(quote.voucher_share <= Cents(balance));
        }
    }
}
