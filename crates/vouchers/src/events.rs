use chrono::NaiveDate;
use jobs::Event;
use kernel::{CityId, VoucherId};
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
