//! Records looked up in batches, one statement for all rows of a list. Each context decides what the caller may see.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{
    BookingId, CityId, MassGrantId, OccurrenceId, OfferId, PersonId, ProgrammeId, TaskId, TermsId, VoucherId,
};

use crate::bookings::{Booking, DeliveriesOf, Delivery, Visit, VisitsOf};
use crate::cities::City;
use crate::context::Session;
use crate::error::Failure;
use crate::offers::{Occurrence, OccurrencesOf, Offer};
use crate::people::Person;
use crate::programmes::{Budget, BudgetsOf, Programme, ProgrammeTerms, TermsOf};
use crate::vouchers::{
    BalanceOf, MassGrant, MassGrantProgress, OfficerTask, OwnPurse, ProgressOf, Voucher, VoucherBalance,
};

/// The batch functions of one request.
pub struct Batch(pub(crate) Session);

/// Groups rows by their key.
pub(crate) fn grouped<K: std::hash::Hash + Eq, V>(rows: impl IntoIterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in rows {
        groups.entry(key).or_default().push(value);
    }
    groups
}

impl Loader<CityId> for Batch {
    type Value = City;
    type Error = Failure;

    async fn load(&self, _keys: &[CityId]) -> Result<HashMap<CityId, City>, Failure> {
        // There are few cities: all of them are one small statement.
        let cities = self.0.app.cities.list().await?;
        Ok(cities.into_iter().map(|city| (city.id, city.into())).collect())
    }
}

/// The record that leads to a person decides who sees her.
impl Loader<PersonId> for Batch {
    type Value = Person;
    type Error = Failure;

    async fn load(&self, keys: &[PersonId]) -> Result<HashMap<PersonId, Person>, Failure> {
        let persons = self.0.app.identity.persons_by_ids(keys).await?;
        Ok(persons.into_iter().map(|(id, person)| (id, person.into())).collect())
    }
}

impl Loader<ProgrammeId> for Batch {
    type Value = Programme;
    type Error = Failure;

    async fn load(&self, keys: &[ProgrammeId]) -> Result<HashMap<ProgrammeId, Programme>, Failure> {
        let rows = self.0.app.programmes.by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<BudgetsOf> for Batch {
    type Value = Vec<Budget>;
    type Error = Failure;

    async fn load(&self, keys: &[BudgetsOf]) -> Result<HashMap<BudgetsOf, Vec<Budget>>, Failure> {
        let programmes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .programmes
            .budgets(self.0.actor().await?, &programmes)
            .await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (BudgetsOf(row.budget.programme_id), row.into())),
        ))
    }
}

impl Loader<TermsId> for Batch {
    type Value = ProgrammeTerms;
    type Error = Failure;

    async fn load(&self, keys: &[TermsId]) -> Result<HashMap<TermsId, ProgrammeTerms>, Failure> {
        let rows = self.0.app.programmes.terms_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<TermsOf> for Batch {
    type Value = Vec<ProgrammeTerms>;
    type Error = Failure;

    async fn load(&self, keys: &[TermsOf]) -> Result<HashMap<TermsOf, Vec<ProgrammeTerms>>, Failure> {
        let programmes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .programmes
            .terms_of(self.0.actor().await?, &programmes)
            .await?;
        Ok(grouped(
            rows.into_iter().map(|row| (TermsOf(row.programme_id), row.into())),
        ))
    }
}

impl Loader<OfferId> for Batch {
    type Value = Offer;
    type Error = Failure;

    async fn load(&self, keys: &[OfferId]) -> Result<HashMap<OfferId, Offer>, Failure> {
        let rows = self.0.app.offers.offers_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<OccurrenceId> for Batch {
    type Value = Occurrence;
    type Error = Failure;

    async fn load(&self, keys: &[OccurrenceId]) -> Result<HashMap<OccurrenceId, Occurrence>, Failure> {
        let rows = self
            .0
            .app
            .offers
            .occurrences_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<OccurrencesOf> for Batch {
    type Value = Vec<Occurrence>;
    type Error = Failure;

    async fn load(&self, keys: &[OccurrencesOf]) -> Result<HashMap<OccurrencesOf, Vec<Occurrence>>, Failure> {
        let offers: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.offers.occurrences_of(&offers).await?;
        Ok(grouped(
            rows.into_iter().map(|row| (OccurrencesOf(row.offer_id), row.into())),
        ))
    }
}

impl Loader<VoucherId> for Batch {
    type Value = Voucher;
    type Error = Failure;

    async fn load(&self, keys: &[VoucherId]) -> Result<HashMap<VoucherId, Voucher>, Failure> {
        let rows = self.0.app.vouchers.by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<BalanceOf> for Batch {
    type Value = VoucherBalance;
    type Error = Failure;

    async fn load(&self, keys: &[BalanceOf]) -> Result<HashMap<BalanceOf, VoucherBalance>, Failure> {
        let vouchers: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let balances: HashMap<_, _> = self.0.app.vouchers.balances(&vouchers).await?.into_iter().collect();
        let found = |key: &BalanceOf| {
            let balance = VoucherBalance::of(*balances.get(&key.0.id)?, key.0.unit);
            Some((key.clone(), balance))
        };
        Ok(keys.iter().filter_map(found).collect())
    }
}

impl Loader<TaskId> for Batch {
    type Value = OfficerTask;
    type Error = Failure;

    async fn load(&self, keys: &[TaskId]) -> Result<HashMap<TaskId, OfficerTask>, Failure> {
        let rows = self.0.app.vouchers.tasks_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<MassGrantId> for Batch {
    type Value = MassGrant;
    type Error = Failure;

    async fn load(&self, keys: &[MassGrantId]) -> Result<HashMap<MassGrantId, MassGrant>, Failure> {
        let vouchers = &self.0.app.vouchers;
        let rows = vouchers.mass_grants_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ProgressOf> for Batch {
    type Value = MassGrantProgress;
    type Error = Failure;

    async fn load(&self, keys: &[ProgressOf]) -> Result<HashMap<ProgressOf, MassGrantProgress>, Failure> {
        let lists: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.vouchers.progress(self.0.actor().await?, &lists).await?;
        Ok(rows
            .into_iter()
            .map(|(list, progress)| (ProgressOf(list), progress.into()))
            .collect())
    }
}

impl Loader<OwnPurse> for Batch {
    type Value = ::bookings::Purse;
    type Error = Failure;

    async fn load(&self, keys: &[OwnPurse]) -> Result<HashMap<OwnPurse, Self::Value>, Failure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let purses = self.0.app.bookings.purses(&self.0.person().await?, &ids).await?;
        Ok(purses
            .into_iter()
            .map(|purse| (OwnPurse(purse.voucher.id), purse))
            .collect())
    }
}

impl Loader<BookingId> for Batch {
    type Value = Booking;
    type Error = Failure;

    async fn load(&self, keys: &[BookingId]) -> Result<HashMap<BookingId, Booking>, Failure> {
        let rows = self.0.app.bookings.by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<VisitsOf> for Batch {
    type Value = Vec<Visit>;
    type Error = Failure;

    async fn load(&self, keys: &[VisitsOf]) -> Result<HashMap<VisitsOf, Vec<Visit>>, Failure> {
        let bookings: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let rows = self.0.app.bookings.visits_of(&bookings).await?;
        let visits = grouped(rows.into_iter().map(|row| (row.booking_id, row.into())));
        let found = |key: &VisitsOf| Some((key.clone(), visits.get(&key.0.id)?.clone()));
        Ok(keys.iter().filter_map(found).collect())
    }
}

impl Loader<DeliveriesOf> for Batch {
    type Value = Vec<Delivery>;
    type Error = Failure;

    async fn load(&self, keys: &[DeliveriesOf]) -> Result<HashMap<DeliveriesOf, Vec<Delivery>>, Failure> {
        let bookings: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let rows = self.0.app.bookings.deliveries_of(&bookings).await?;
        let deliveries = grouped(rows.into_iter().map(|row| (row.booking_id, row.into())));
        let found = |key: &DeliveriesOf| Some((key.clone(), deliveries.get(&key.0.id)?.clone()));
        Ok(keys.iter().filter_map(found).collect())
    }
}
