use audit::Act;
use db::Tx;
use kernel::{Actor, BookingId, CityId};
use sea_orm::ActiveEnum;

use crate::cancel::give_back;
use crate::events::BookingChanged;
use crate::store::Scope;
use crate::{Bookings, Error, letters, store};

/// The job that ends bookings on which nobody has acted.
pub const LAPSE: &str = "bookings.lapse";

impl Bookings {
    /// Ends what has lapsed; places and voucher shares go back. Safe to run twice and at once: each booking has a
    /// transaction of its own and is judged under its lock.
    pub async fn run_lapse(&self) -> Result<(), Error> {
        let now = self.db.clock().now();
        let (mut after, mut failed) = (None, None);
        loop {
            let overdue = store::overdue(self.db.read(), now, after).await?;
            let Some((last, _)) = overdue.last() else { break };
            after = Some(*last);
            for (id, city) in overdue {
                // One booking that cannot be ended does not keep the others.
                if let Err(error) = self.lapse(city, id).await {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn lapse(&self, city: CityId, id: BookingId) -> Result<(), Error> {
        let (actor, scope) = (Actor::system(LAPSE), Scope::Cities(vec![city]));
        self.db
            .write(async |tx: &Tx| {
                let booking = store::find_for_update(tx, &scope, id).await?.ok_or(Error::NotFound)?;
                let Some(state) = booking.lapse(tx.now()) else {
                    return Ok(());
                };
                give_back(tx, &actor, &booking, booking.worth()).await?;
                jobs::publish(tx, &BookingChanged { booking: id, state }).await?;
                let act = Act::new("lapseBooking", id)
                    .in_city(booking.city_id)
                    .about(booking.resident_id);
                audit::record(tx, &actor, act).await?;
                store::set_ended(tx, &booking, state, None).await?;
                Ok(())
            })
            .await
    }

    /// Tells the resident, or who reads for her, and the company by mail what has become of a booking.
    pub async fn tell(&self, changed: BookingChanged) -> Result<(), Error> {
        let Some(booking) = store::find_for_job(self.db.read(), changed.booking).await? else {
            return Ok(());
        };
        let readers = self.identity.readers_for(booking.resident_id).await?;
        let company = self.providers.contact(booking.city_id, booking.company_id).await?;
        let company = company.ok_or(Error::NotFound)?;
        let news = letters::News {
            state: changed.state,
            booking: &booking,
            zone: store::zone(self.db.read(), &booking).await?,
        };
        let to_readers = readers
            .iter()
            .map(|reader| (reader.id.to_string(), letters::to_resident(reader, &news)));
        let to_company = letters::to_company(&company, &news).map(|letter| ("company".to_owned(), letter));
        let mails: Vec<_> = to_readers.chain(to_company).collect();
        let about = format!("{}-{}", changed.booking, changed.state.to_value());
        self.db
            .write(async |tx: &Tx| {
                for (reader, letter) in mails.clone() {
                    mail::enqueue_once(tx, &format!("{about}-{reader}"), letter).await?;
                }
                Ok(())
            })
            .await
    }
}
