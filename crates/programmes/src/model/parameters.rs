//! What terms say besides values and prices: who may book how often, until when a delivery counts, who pays for a visit
//! to which nobody came.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use kernel::{BasisPoints, ErrorCode, FieldError, field};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

use crate::value::stored;

/// The most days after the end of a voucher on which a delivery may still be recorded.
const MAX_GRACE_DAYS: i32 = 30;
/// How many months may lie between two reviews of an income, and how many days a resident may have to tell hers.
const REVIEW_MONTHS: (i32, i32) = (1, 24);
const INCOME_DAYS: (i32, i32) = (7, 90);
/// How many days a resident may have to answer an offer from the waiting list.
const OFFER_DAYS: (i32, i32) = (3, 60);
/// The most visits that a limit names.
const MAX_VISITS: i32 = 1_000;

/// The parameters of terms, in force on the days of their period. Terms from before there were any have the defaults,
/// which limit nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveValueType)]
#[serde(default)]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "stored")]
pub struct Parameters {
    /// How many days after a voucher's last day a visit of its time may still be recorded (P7), 0 to 30.
    pub grace_days: i32,
    /// How often one person may come.
    pub limits: Limits,
    /// Whether a person may book at a time for which she holds another open booking.
    pub may_overlap: bool,
    /// To which step the minutes of a visit are rounded up before they are valued: 0 (not at all), 15 or 30 (D6).
    pub rounding_minutes: i32,
    /// What the provider is paid of the voucher share when nobody comes, in basis points.
    pub no_show: BasisPoints,
    /// Whether the resident owes the same part of her own share as the city owes of the voucher share, when she cancels
    /// late or does not come.
    pub own_share_due: bool,
    /// Whose services the programme pays for.
    pub financing: Vec<FinancingMode>,
    /// Whether its vouchers are filled anew (V10).
    pub replenishment: Replenishment,
    /// Whether a voucher for a child takes the consent of every guardian (G2).
    pub all_guardians: bool,
    /// How many days a resident has to answer an offer from the waiting list (E8), 3 to 60.
    pub offer_days: i32,
    /// How many months after the grant, and after each review, incomes are asked for anew (V7), 1 to 24, usually 12; never
    /// where there is none or the value rule reads no income.
    pub income_review_months: Option<i32>,
    /// How many days a resident has to tell her income then, 7 to 90.
    pub income_answer_days: i32,
}

/// Whether vouchers are filled anew, and what becomes of what was left (V10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Replenishment {
    /// They are granted once.
    #[default]
    None,
    /// Each month by as much as they were granted; what is left of the month before returns to the programme.
    Monthly,
    /// Each month by as much as they were granted; what is left stays.
    MonthlyCarryingOver,
}

/// How often one person may come: a visit counts while its booking is open and once it is delivered (B8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// From Monday to Sunday.
    pub week: Option<i32>,
    /// In a calendar month.
    pub month: Option<i32>,
    /// By one voucher.
    pub voucher: Option<i32>,
}

/// How the service of an offer is produced and paid for: the modes of a market with many kinds of producers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FinancingMode {
    /// The city produces it.
    Own,
    /// The city buys it.
    Purchased,
    /// A voucher pays for it.
    Voucher,
    /// The producer has a licence of the city.
    Licence,
    /// The resident pays all of it.
    SelfPaid,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            grace_days: MAX_GRACE_DAYS,
            limits: Limits::default(),
            may_overlap: true,
            rounding_minutes: 0,
            no_show: BasisPoints(0),
            own_share_due: false,
            financing: vec![FinancingMode::Voucher],
            replenishment: Replenishment::None,
            all_guardians: false,
            offer_days: 14,
            income_review_months: None,
            income_answer_days: 30,
        }
    }
}

/// The period of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// From Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// The days of the voucher.
    Voucher,
}

/// A visit that a person has booked besides the one that she wants to book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherVisit {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Whether its booking is still open.
    pub open: bool,
    /// Whether it is of the same programme.
    pub same_programme: bool,
    /// Whether the same voucher pays for it.
    pub same_voucher: bool,
}

/// Why a person may not come once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// She comes as often as allowed in the period.
    Limit {
        /// How often that is.
        visits: i32,
        /// The period.
        period: Period,
    },
    /// She has booked something else for the time.
    Overlap,
}

impl Limits {
    /// The first and the last civil day whose visits count beside one on `day`; none without a limit by days.
    pub fn days(self, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let week = self.week.map(|_| week_of(day));
        let month = self.month.map(|_| month_of(day));
        match (week, month) {
            (Some(week), Some(month)) => Some((week.0.min(month.0), week.1.max(month.1))),
            (week, month) => week.or(month),
        }
    }
}

impl Parameters {
    /// Checks every field; wrong ones are named as in `terms` of an input.
    pub(crate) fn checked(&self) -> Result<(), FieldError> {
        field::number("terms.parameters.graceDays", self.grace_days, 0, MAX_GRACE_DAYS)?;
        let limits = [
            ("terms.parameters.visitsPerWeek", self.limits.week),
            ("terms.parameters.visitsPerMonth", self.limits.month),
            ("terms.parameters.visitsPerVoucher", self.limits.voucher),
        ];
        for (name, limit) in limits {
            field::number(name, limit.unwrap_or(1), 1, MAX_VISITS)?;
        }
        field::number(
            "terms.parameters.offerDays",
            self.offer_days,
            OFFER_DAYS.0,
            OFFER_DAYS.1,
        )?;
        let (months, days) = (
            self.income_review_months.unwrap_or(REVIEW_MONTHS.0),
            self.income_answer_days,
        );
        let name = "terms.parameters.incomeReviewMonths";
        field::number(name, months, REVIEW_MONTHS.0, REVIEW_MONTHS.1)?;
        field::number("terms.parameters.incomeAnswerDays", days, INCOME_DAYS.0, INCOME_DAYS.1)?;
        field::number("terms.parameters.noShowBasisPoints", self.no_show.0, 0, 10_000)?;
        let name = "terms.parameters.financingModes";
        if self.financing.is_empty() {
            return Err(FieldError::new(name, ErrorCode::Required));
        }
        let twice = |(at, mode): (usize, &FinancingMode)| self.financing.iter().take(at).any(|other| other == mode);
        if self.financing.iter().enumerate().any(twice) {
            return Err(FieldError::new(name, ErrorCode::AlreadyExists));
        }
        if !matches!(self.rounding_minutes, 0 | 15 | 30) {
            return Err(FieldError::new(
                "terms.parameters.roundingMinutes",
                ErrorCode::InvalidFormat,
            ));
        }
        Ok(())
    }

    /// Whether offers of this mode are booked.
    pub fn accepts(&self, mode: FinancingMode) -> bool {
        self.financing.contains(&mode)
    }

    /// The first instant at which a visit is too late to record, paid by a voucher whose last civil day is `last_day`
    /// (P7): the visit itself lies in its time, only the recording comes after it.
    pub fn record_before(&self, last_day: NaiveDate, zone: Tz) -> DateTime<Utc> {
        let days = u64::try_from(self.grace_days).unwrap_or_default() + 1;
        kernel::start_of_day(last_day.checked_add_days(Days::new(days)).unwrap_or(last_day), zone)
    }

    /// Decides whether a person who comes at `others` may also come from `starts_at` to `ends_at`.
    pub fn allow_visit(
        &self,
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
        zone: Tz,
        others: &[OtherVisit],
    ) -> Result<(), TooMuch> {
        let clash = |other: &OtherVisit| other.open && other.starts_at < ends_at && starts_at < other.ends_at;
        if !self.may_overlap && others.iter().any(clash) {
            return Err(TooMuch::Overlap);
        }
        let day = kernel::civil_day(starts_at, zone);
        let within = |(first, last): (NaiveDate, NaiveDate)| {
            let counts = |other: &&OtherVisit| {
                let day = kernel::civil_day(other.starts_at, zone);
                other.same_programme && first <= day && day <= last
            };
            others.iter().filter(counts).count()
        };
        let by_voucher = || others.iter().filter(|other| other.same_voucher).count();
        let reached = |limit: Option<i32>, booked: &dyn Fn() -> usize, period| match limit {
            Some(visits) if i32::try_from(booked()).unwrap_or(i32::MAX) >= visits => {
                Err(TooMuch::Limit { visits, period })
            }
            _ => Ok(()),
        };
        reached(self.limits.week, &|| within(week_of(day)), Period::Week)?;
        reached(self.limits.month, &|| within(month_of(day)), Period::Month)?;
        reached(self.limits.voucher, &by_voucher, Period::Voucher)
    }

    /// True when a booking has to look at what else its person has booked.
    pub fn looks_at_others(&self) -> bool {
        !self.may_overlap || self.limits != Limits::default()
    }
}

fn week_of(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let week = day.week(chrono::Weekday::Mon);
    (week.first_day(), week.last_day())
}

/// The first and the last day of the calendar month of a day.
pub fn month_of(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(chrono::Months::new(1));
    (first, next.and_then(|next| next.pred_opt()).unwrap_or(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: Tz = chrono_tz::Europe::Helsinki;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn visit(from: &str, minutes: i64) -> OtherVisit {
        OtherVisit {
            starts_at: at(from),
            ends_at: at(from) + chrono::Duration::minutes(minutes),
            open: true,
            same_programme: true,
            same_voucher: true,
        }
    }

    fn allow(parameters: &Parameters, from: &str, others: &[OtherVisit]) -> Result<(), TooMuch> {
        let wanted = visit(from, 60);
        parameters.allow_visit((wanted.starts_at, wanted.ends_at), ZONE, others)
    }

    #[test]
    fn the_defaults_limit_nothing() {
        let others = [visit("2027-03-01T10:00:00Z", 60); 50];
        assert_eq!(allow(&Parameters::default(), "2027-03-01T10:00:00Z", &others), Ok(()));
        assert_eq!(serde_json::from_str::<Parameters>("{}").unwrap(), Parameters::default());
        assert!(!Parameters::default().looks_at_others());
    }

    #[test]
    fn counts_visits_by_the_week_the_month_and_the_voucher_of_the_city() {
        let limited = |limits| Parameters {
            limits,
            ..Parameters::default()
        };
        let week = limited(Limits {
            week: Some(1),
            ..Limits::default()
        });
        let limit = |visits, period| Err(TooMuch::Limit { visits, period });
        // Half past midnight on a Monday in Helsinki.
        let monday = [visit("2027-02-28T22:30:00Z", 60)];
        assert_eq!(allow(&week, "2027-02-28T21:30:00Z", &monday), Ok(()));
        assert_eq!(allow(&week, "2027-03-07T21:30:00Z", &monday), limit(1, Period::Week));
        assert_eq!(allow(&week, "2027-03-07T22:30:00Z", &monday), Ok(()));
        let other_programme = [OtherVisit {
            same_programme: false,
            ..monday[0]
        }];
        assert_eq!(allow(&week, "2027-03-01T10:00:00Z", &other_programme), Ok(()));
        let month = limited(Limits {
            month: Some(1),
            ..Limits::default()
        });
        assert_eq!(allow(&month, "2027-03-31T20:59:00Z", &monday), limit(1, Period::Month));
        assert_eq!(allow(&month, "2027-03-31T21:00:00Z", &monday), Ok(()));
        let voucher = limited(Limits {
            voucher: Some(1),
            ..Limits::default()
        });
        assert_eq!(
            allow(&voucher, "2027-09-01T10:00:00Z", &monday),
            limit(1, Period::Voucher)
        );
    }

    #[test]
    fn nobody_is_in_two_places_unless_the_programme_allows_it() {
        let strict = Parameters {
            may_overlap: false,
            ..Parameters::default()
        };
        let others = [visit("2027-03-01T10:00:00Z", 60)];
        assert_eq!(allow(&strict, "2027-03-01T10:59:00Z", &others), Err(TooMuch::Overlap));
        assert_eq!(allow(&strict, "2027-03-01T11:00:00Z", &others), Ok(()));
        assert_eq!(allow(&strict, "2027-03-01T09:00:00Z", &others), Ok(()));
        let delivered = [OtherVisit {
            open: false,
            ..others[0]
        }];
        assert_eq!(allow(&strict, "2027-03-01T10:00:00Z", &delivered), Ok(()));
    }

    #[test]
    fn grace_ends_with_a_civil_day() {
        let grace = |grace_days| Parameters {
            grace_days,
            ..Parameters::default()
        };
        let last = "2027-06-30".parse().unwrap();
        assert_eq!(grace(0).record_before(last, ZONE), at("2027-06-30T21:00:00Z"));
        assert_eq!(grace(5).record_before(last, ZONE), at("2027-07-05T21:00:00Z"));
    }

    #[test]
    fn names_the_field_that_does_not_fit() {
        let wrong = |parameters: Parameters| parameters.checked().map_err(|error| (error.field, error.code));
        assert_eq!(wrong(Parameters::default()), Ok(()));
        let parameters = Parameters {
            rounding_minutes: 20,
            ..Parameters::default()
        };
        let refused = Err(("terms.parameters.roundingMinutes", ErrorCode::InvalidFormat));
        assert_eq!(wrong(parameters), refused);
        let parameters = Parameters {
            financing: Vec::new(),
            ..Parameters::default()
        };
        let refused = Err(("terms.parameters.financingModes", ErrorCode::Required));
        assert_eq!(wrong(parameters), refused);
    }
}
