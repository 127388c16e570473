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
use programmes::{Conditions, FinancingMode, Parameters, PriceMode, Unit};
use sea_orm::FromQueryResult;
use vouchers::spend::Charge;
use vouchers::{Voucher, Worth};

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
    /// What is taken of a voucher in visits or hours, in thousandths of a visit or in minutes.
    pub quantity: i64,
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
    /// The voucher has fewer visits or minutes left than the booking takes.
    TooFewUnits {
        /// What it counts.
        unit: Unit,
        /// What is left, in thousandths of a visit or in minutes.
        left: i64,
        /// What the booking takes, likewise.
        needed: i64,
    },
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

    /// The price of `units` places with a voucher of which this is `left`, and how its value came about.
    ///
    /// Where the rule makes one sum, or the voucher was granted without an assessment, it is worth what it holds; else
    /// the rule values the visit, and the voucher pays that as long as it holds it. A voucher in visits or hours pays it whole:
    /// units are not taken for less than they are worth.
    pub fn quote(&self, units: i32, voucher: &Voucher, left: Worth) -> Result<(Quote, Vec<Line>), Refusal> {
        let price = self.price_cents.times(units);
        let mode = self.price_mode.of_units(self.price_ceiling_cents, units);
        let moment = moment_of(self.starts_at, self.ends_at, self.zone.0);
        let moment = moment.rounded_up(self.parameters.rounding_minutes);
        let (unit, balance) = (voucher.unit, left.cents);
        let needed = unit.taken_by(units, moment);
        if left.quantity < needed {
            let left = left.quantity;
            return Err(Refusal::TooFewUnits { unit, left, needed });
        }
        match voucher.assessment_on(self.day()) {
            Some(assessment) if !self.value_rule.is_paid_once() => {
                let valuation = self.value_rule.value(assessment, Some(price), units, moment);
                if price.is_positive() && !valuation.value.is_positive() {
                    return Err(Refusal::WorthNothing);
                }
                let quote = divide(price, valuation.value, balance, mode)?;
                if unit != Unit::Eur && quote.voucher_share < share_of(price, valuation.value, mode)? {
                    return Err(Refusal::EmptyVoucher);
                }
                let quantity = needed;
                Ok((Quote { quantity, ..quote }, valuation.lines))
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
    if !balance.is_positive() {
        return Err(Refusal::EmptyVoucher);
    }
    let voucher_share = share_of(price, value, mode)?.min(balance);
    if !voucher_share.is_positive() || (mode == Mode::ZeroCopay && voucher_share < price) {
        return Err(Refusal::EmptyVoucher);
    }
    Ok(Quote::new(price, voucher_share))
}

/// The share of a voucher worth `value` that holds enough.
fn share_of(price: Cents, value: Cents, mode: Mode) -> Result<Cents, Refusal> {
    let shares = share(price, value, mode).map_err(|refusal| {
        let share::Refusal::PriceAboveValue { value, .. } = refusal;
        Refusal::PriceAboveValue(value)
    });
    Ok(shares?.voucher_share)
}

impl Quote {
    fn new(price: Cents, voucher_share: Cents) -> Self {
        Self {
            price,
            voucher_share,
            own_share: price - voucher_share,
            quantity: 0,
        }
    }
}

#[cfg(test)]
mod tests;
