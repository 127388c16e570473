use audit::Act;
use db::Tx;
use kernel::{Actor, ErrorCode, FieldError, ITEM, OccurrenceId, OfferId};

use crate::model::Refusal;
use crate::model::occurrence::{Model as Occurrence, NewOccurrence, State};
use crate::model::offer::{Action, Model as Offer};
use crate::{Error, Offers, policy, store};

/// The most occurrences of one call.
const MAX_OCCURRENCES: usize = 100;

impl Offers {
    /// Adds times to an offer: all of them or none.
    ///
    /// # Errors
    /// `Field` for a time in the past, outside the days of the programme or longer than 24 hours, `Duplicate` when two
    /// start at the same time, `State` when the offer is archived.
    pub async fn add_occurrences(
        &self,
        actor: &Actor,
        id: OfferId,
        new: &[NewOccurrence],
    ) -> Result<Vec<Occurrence>, Error> {
        let Offer {
            company_id,
            city_id,
            programme_id,
            ..
        } = self.find_to_manage(actor, id).await?;
        let city = self.cities.find(city_id).await?.ok_or(Error::NotFound)?;
        if new.is_empty() {
            return Err(FieldError::new("occurrences", ErrorCode::Required).into());
        }
        if new.len() > MAX_OCCURRENCES {
            return Err(FieldError::new("occurrences", ErrorCode::TooManyItems)
                .with("max", MAX_OCCURRENCES)
                .into());
        }
        self.db
            .write(async |tx: &Tx| {
                let offer = store::find_for_update(tx, company_id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let programme = programmes::get(tx.conn(), city_id, programme_id)
                    .await?
                    .ok_or(Error::NotFound)?;
                offer.state.on(Action::AddOccurrences).ok_or(Refusal::State)?;
                let valid = programme.valid_from..=programme.valid_until;
                let mut rows = Vec::with_capacity(new.len());
                for (item, occurrence) in new.iter().enumerate() {
                    let checked = occurrence.check(tx.now(), &valid, city.zone.0);
                    checked.map_err(|error| error.with(ITEM, item))?;
                    rows.push(occurrence.of(&offer, tx.new_id()));
                }
                if store::insert_occurrences(tx, &rows).await? != u64::try_from(rows.len()).unwrap_or(u64::MAX) {
                    return Err(Error::Duplicate);
                }
                audit::record(tx, actor, Act::new("addOccurrences", id).in_city(city_id)).await?;
                Ok(rows)
            })
            .await
    }

    /// Changes the number of places of an occurrence, at least to what is booked.
    ///
    /// # Errors
    /// `Field` with `OutOfRange`, `Stale` when somebody changed it since `expected_version`, `State` when it is called off.
    pub async fn change_capacity(
        &self,
        actor: &Actor,
        id: OccurrenceId,
        expected_version: i32,
        capacity: i32,
    ) -> Result<Occurrence, Error> {
        let offer = self.find_offer_to_manage(actor, id).await?;
        self.db
            .write(async |tx: &Tx| {
                let occurrence = store::occurrence_for_update(tx, offer.id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                occurrence.change(expected_version)?;
                let capacity = occurrence.checked_capacity(capacity)?;
                audit::record(tx, actor, Act::new("changeCapacity", id).in_city(offer.city_id)).await?;
                Ok(store::set_occurrence(tx, &occurrence, capacity, State::Open).await?)
            })
            .await
    }

    /// Calls an occurrence off that nobody has booked.
    ///
    /// # Errors
    /// `State` when places are booked or it is called off already, `Stale` when somebody changed it since
    /// `expected_version`.
    pub async fn cancel_occurrence(
        &self,
        actor: &Actor,
        id: OccurrenceId,
        expected_version: i32,
    ) -> Result<Occurrence, Error> {
        let offer = self.find_offer_to_manage(actor, id).await?;
        self.db
            .write(async |tx: &Tx| {
                let occurrence = store::occurrence_for_update(tx, offer.id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let state = occurrence.cancel(expected_version)?;
                audit::record(tx, actor, Act::new("cancelOccurrence", id).in_city(offer.city_id)).await?;
                Ok(store::set_occurrence(tx, &occurrence, occurrence.capacity, state).await?)
            })
            .await
    }

    /// The offer of an occurrence, when the actor may see and manage it.
    async fn find_offer_to_manage(&self, actor: &Actor, id: OccurrenceId) -> Result<Offer, Error> {
        policy::MANAGE.signed_in(actor)?;
        let visible = self.visible_to(actor).await?;
        let offer = store::find_of_occurrence(self.db.read(), visible, id)
            .await?
            .ok_or(Error::NotFound)?;
        policy::MANAGE.in_company(actor, offer.company_id)?;
        Ok(offer)
    }
}
