use chrono::NaiveDate;
use jobs::Event;
use kernel::{CityId, IncomeReviewId, VoucherId};
use serde::{Deserialize, Serialize};

/// A voucher ends earlier than it did: visits after its new last day are not paid any more.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct VoucherShortened {
    /// The voucher.
    pub voucher: VoucherId,
    /// Its city.
    pub city: CityId,
    /// Its last civil day now.
    pub last_day: NaiveDate,
}

impl Event for VoucherShortened {
    const KIND: &'static str = "voucher.shortened";
}

/// Visits of days that have passed are valued anew: what was delivered is corrected.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct VoucherRevalued {
    /// The decision.
    pub review: IncomeReviewId,
}

impl Event for VoucherRevalued {
    const KIND: &'static str = "voucher.revalued";
}
