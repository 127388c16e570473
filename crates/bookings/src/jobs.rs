use db::Tx;

use crate::events::BookingChanged;
use crate::store::Scope;
use crate::{Bookings, Error, letters, store};

impl Bookings {
    /// Tells the resident and the company by mail what has become of a booking.
    pub async fn tell(&self, changed: BookingChanged) -> Result<(), Error> {
        let ids = [changed.booking];
        let Some((resident, company)) = store::parties(self.db.read(), changed.booking).await? else {
            return Ok(());
        };
        let booking = store::by_ids(self.db.read(), &[Scope::Resident(resident)], &ids)
            .await?
            .pop();
        let booking = booking.ok_or(Error::NotFound)?;
        let visits = store::visits(self.db.read(), &ids).await?;
        let starts_at = visits.first().map(|visit| visit.starts_at).ok_or(Error::NotFound)?;
        let resident = self.identity.person(resident).await?.ok_or(Error::NotFound)?;
        let company = self.providers.contact(company).await?.ok_or(Error::NotFound)?;
        let news = letters::News {
            state: changed.state,
            starts_at,
            booking: &booking,
        };
        let mails = [
            Some(letters::to_resident(&resident, &news)),
            letters::to_company(&company, &news),
        ];
        self.db
            .write(async |tx: &Tx| {
                for letter in mails.clone().into_iter().flatten() {
                    mail::enqueue(tx, letter).await?;
                }
                Ok(())
            })
            .await
    }
}
