use audit::Act;
use chrono::Duration;
use identity::Limit;
use kernel::{Actor, CompanyId};
use vouchers::{Number, Voucher, Worth};

use crate::{Bookings, Error, policy, store};

/// How many numbers a person may look up: more than a counter serves, and nothing against 74 random bits.
const LOOK_UPS: Limit = Limit {
    tries: 120,
    window: Duration::hours(1),
};

/// What a company learns of a voucher whose number a resident tells it (PSOP: purchasing power, no personal data beyond the
/// given name).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedVoucher {
    /// The voucher.
    pub voucher: Voucher,
    /// What may be spent of it.
    pub left: Worth,
    /// The given name of its resident.
    pub given_name: String,
}

impl Bookings {
    /// The voucher of a number, for a company that is approved in its programme today; the look is recorded. `None` when
    /// there is no such voucher or it is of a programme in which the company may not sell.
    ///
    /// # Errors
    /// `InvalidVoucherNumber` for a mistyped number, which is no guess and is not counted; `RateLimited` beyond the limit.
    pub async fn voucher_by_number(
        &self,
        actor: &Actor,
        company: CompanyId,
        number: &str,
    ) -> Result<Option<PresentedVoucher>, Error> {
        policy::DELIVER.in_company(actor, company)?;
        let number = Number::parse(number)?;
        self.identity.count_look_up(actor, "voucherByNumber", LOOK_UPS).await?;
        let conn = self.db.read();
        let approvals = providers::approvals::active_of(conn, company).await?;
        let programmes: Vec<_> = approvals.iter().map(|approval| approval.programme_id).collect();
        let Some((voucher, left)) = vouchers::spend::look_at_number(conn, &programmes, &number).await? else {
            return Ok(None);
        };
        let zone = store::zone_of_city(conn, voucher.city_id).await?;
        let today = kernel::civil_day(self.db.clock().now(), zone);
        let approved = approvals.iter().any(|approval| {
            approval.programme_id == voucher.programme_id
                && (approval.valid_from..=approval.valid_until).contains(&today)
        });
        if !approved {
            return Ok(None);
        }
        let resident = self
            .identity
            .person(voucher.resident_id)
            .await?
            .ok_or(Error::NotFound)?;
        let act = Act::new("readVoucherByNumber", voucher.id)
            .in_city(voucher.city_id)
            .about(voucher.resident_id);
        audit::record_reads(&self.db, actor, &[act]).await?;
        Ok(Some(PresentedVoucher {
            voucher,
            left,
            given_name: resident.given_name,
        }))
    }
}
