use chrono::Days;
use db::Tx;
use providers::CompanyResigned;

use crate::store::Uncovered;
use crate::{Bookings, Error, letters, store};

impl Bookings {
    /// Tells the residents who have open bookings after the last day of a company that it resigns, or that it stays after
    /// all: once each for each booking (A8). Their bookings stand until the city releases them or they cancel, which is
    /// free of charge.
    pub async fn tell_of_resignation(&self, resigned: CompanyResigned) -> Result<(), Error> {
        let approval = providers::approvals::find_for_job(self.db.read(), resigned.approval).await?;
        let Some(approval) = approval else { return Ok(()) };
        // A notice that was taken back before its turn is not told any more.
        if !resigned.taken_back && approval.valid_until > resigned.last_day {
            return Ok(());
        }
        let zone = store::zone_of_city(self.db.read(), approval.city_id).await?;
        let next = resigned.last_day.checked_add_days(Days::new(1));
        let from = kernel::start_of_day(next.unwrap_or(resigned.last_day), zone);
        let later = Uncovered {
            city: approval.city_id,
            company: approval.company_id,
            programme: approval.programme_id,
            from: from.max(self.db.clock().now()),
            except: Vec::new(),
        };
        let mut after = None;
        loop {
            let ids = store::uncovered_ids(self.db.read(), &later, after).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            for id in ids {
                let Some(booking) = store::find_for_job(self.db.read(), id).await? else {
                    continue;
                };
                let readers = self.identity.readers_for(booking.resident_id).await?;
                let about = format!("{}-{}-{id}", resigned.resignation, resigned.taken_back);
                let mails: Vec<_> = readers
                    .iter()
                    .map(|reader| {
                        let letter = letters::resigned(reader, &booking, zone, resigned.taken_back);
                        (format!("{about}-{}", reader.id), letter)
                    })
                    .collect();
                self.db
                    .write(async |tx: &Tx| {
                        for (key, letter) in mails.clone() {
                            mail::enqueue_once(tx, &key, letter).await?;
                        }
                        Ok::<_, Error>(())
                    })
                    .await?;
            }
        }
    }
}
