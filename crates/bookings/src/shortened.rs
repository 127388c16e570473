use audit::Act;
use chrono::{DateTime, Days, Utc};
use db::Tx;
use kernel::{Actor, BookingId};
use vouchers::VoucherShortened;

use crate::cancel::give_back;
use crate::events::BookingChanged;
use crate::store::Scope;
use crate::{Bookings, Error, store};

/// Who releases bookings of a voucher that ends early.
const SHORTENED: &str = "bookings.shortened";

impl Bookings {
    /// Releases the open bookings of a voucher after its new last day: places and voucher share go back in full, whatever
    /// the deadline of cancelling. Safe to run twice and at once: each booking has a transaction of its own and is judged
    /// under its lock. Nothing can be booked on those days meanwhile, because booking reads the voucher under its lock.
    pub async fn release_after(&self, shortened: VoucherShortened) -> Result<(), Error> {
        let zone = store::zone_of_city(self.db.read(), shortened.city).await?;
        let next = shortened.last_day.checked_add_days(Days::new(1));
        let until = kernel::start_of_day(next.unwrap_or(shortened.last_day), zone);
        for id in store::open_from(self.db.read(), shortened.voucher, until).await? {
            self.release_one(shortened, id, until).await?;
        }
        Ok(())
    }

    async fn release_one(&self, shortened: VoucherShortened, id: BookingId, until: DateTime<Utc>) -> Result<(), Error> {
        let (actor, scope) = (Actor::system(SHORTENED), Scope::Cities(vec![shortened.city]));
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let Some(state) = booking.lose_entitlement(until, tx.now()) else {
                    return Ok(());
                };
                give_back(tx, &actor, &booking, booking.worth()).await?;
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new("releaseBooking", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, &actor, act).await?;
                store::set_ended(tx, &booking, state, None).await?;
                Ok(())
            })
            .await
    }
}
