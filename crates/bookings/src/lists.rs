use std::collections::{BTreeMap, BTreeSet};

use audit::Act;
use kernel::{Actor, BookingId, CityId, CompanyId, Page, PageRequest, PersonId};

use crate::book::principal;
use crate::model::booking::{Model as Booking, State};
use crate::model::delivery::Model as Delivery;
use crate::model::visit::Model as Visit;
use crate::store::Scope;
use crate::{Bookings, Error, policy, store};

impl Bookings {
    /// The bookings of the principal, oldest first. The look of somebody who acts for her is recorded.
    pub async fn own(
        &self,
        actor: &Actor,
        state: Option<State>,
        page: PageRequest<BookingId>,
    ) -> Result<Page<Booking>, Error> {
        let own = principal(actor)?;
        let resident = own.person;
        let rows = store::page(self.db.read(), &Scope::Own(own), state, page).await?;
        if actor.acting.is_some() {
            let cities: BTreeSet<_> = rows.items.iter().map(|row| row.city_id).collect();
            let look = |city| Act::new("readBookings", resident).in_city(city).about(resident);
            let looks: Vec<_> = cities.into_iter().map(look).collect();
            audit::record_reads(&self.db, actor, &looks).await?;
        }
        Ok(rows)
    }

    /// How many there are in [`Self::own`].
    pub async fn count_own(&self, actor: &Actor, state: Option<State>) -> Result<u64, Error> {
        Ok(store::count(self.db.read(), &Scope::Own(principal(actor)?), state).await?)
    }

    /// The bookings of a company, oldest first. The look at each client is recorded in the city that pays for her.
    pub async fn of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        state: Option<State>,
        page: PageRequest<BookingId>,
    ) -> Result<Page<Booking>, Error> {
        policy::DELIVER.in_company(actor, company)?;
        let rows = store::page(self.db.read(), &Scope::Companies(vec![company]), state, page).await?;
        let mut clients: BTreeMap<CityId, Vec<PersonId>> = BTreeMap::new();
        for row in &rows.items {
            clients.entry(row.city_id).or_default().push(row.resident_id);
        }
        let look = Act::new("readBookingsOfCompany", company);
        let looks = clients
            .into_iter()
            .flat_map(|(city, clients)| look.clone().in_city(city).about_each(actor, clients));
        let looks: Vec<_> = looks.collect();
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::of_company`].
    pub async fn count_of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        state: Option<State>,
    ) -> Result<u64, Error> {
        policy::DELIVER.in_company(actor, company)?;
        Ok(store::count(self.db.read(), &Scope::Companies(vec![company]), state).await?)
    }

    /// The bookings among `ids` that the actor may see: her own, her companies', her cities'. In no order; looks at
    /// those of others are recorded.
    pub async fn by_ids(&self, actor: &Actor, ids: &[BookingId]) -> Result<Vec<Booking>, Error> {
        let resident = principal(actor)?.person;
        let rows = self.visible(actor, ids).await?;
        let of_others = rows
            .iter()
            .filter(|row| row.resident_id != resident || actor.acting.is_some());
        let looks: Vec<_> = of_others
            .map(|row| {
                Act::new("readBooking", row.id)
                    .in_city(row.city_id)
                    .about(row.resident_id)
            })
            .collect();
        audit::record_reads(&self.db, actor, &looks).await?;
        Ok(rows)
    }

    /// The city of a booking that the actor may see. Nothing else of it is told, so no look is recorded.
    pub async fn city_of(&self, actor: &Actor, id: BookingId) -> Result<Option<CityId>, Error> {
        Ok(self.visible(actor, &[id]).await?.pop().map(|row| row.city_id))
    }

    async fn visible(&self, actor: &Actor, ids: &[BookingId]) -> Result<Vec<Booking>, Error> {
        let scopes = [
            Scope::Own(principal(actor)?),
            Scope::Companies(policy::DELIVER.companies(actor)),
            Scope::Cities(policy::OVERSEE.cities(actor)),
        ];
        Ok(store::by_ids(self.db.read(), &scopes, ids).await?)
    }

    /// The visits of bookings. Only who was shown a booking has its record to ask with.
    pub async fn visits_of(&self, bookings: &[&Booking]) -> Result<Vec<Visit>, Error> {
        Ok(store::visits(self.db.read(), bookings).await?)
    }

    /// The deliveries of bookings. Only who was shown a booking has its record to ask with.
    pub async fn deliveries_of(&self, bookings: &[&Booking]) -> Result<Vec<Delivery>, Error> {
        Ok(store::deliveries(self.db.read(), bookings).await?)
    }
}
