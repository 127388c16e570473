use audit::Act;
use cities::City;
use db::Tx;
use kernel::{Actor, Cents, CompanyId, OfferId, ProgrammeId};

use crate::model::offer::{Action, Keywords, Model as Offer, State, fits};
use crate::{Error, OfferContent, Offers, policy, store};

/// An offer to create.
#[derive(Clone, Debug)]
pub struct NewOffer {
    /// Who sells it.
    pub company: CompanyId,
    /// The programme whose vouchers are to pay for it.
    pub programme: ProgrammeId,
    /// Its content.
    pub content: OfferContent,
}

impl Offers {
    /// Drafts an offer of a company in a programme.
    ///
    /// # Errors
    /// `NotApproved` when the company has no approval in force today, `PriceAboveCeiling`, `State` when the programme
    /// is closed.
    pub async fn create(&self, actor: &Actor, new: NewOffer) -> Result<Offer, Error> {
        let person = policy::MANAGE.in_company(actor, new.company)?;
        let programme = programmes::find_public(self.db.read(), new.programme)
            .await?
            .ok_or(Error::NotFound)?;
        let city = self.cities.find(programme.city_id).await?.ok_or(Error::NotFound)?;
        let content = new.content.checked(city.bilingual)?;
        self.db
            .write(async |tx: &Tx| {
                approved(tx, &city, new.company, new.programme).await?;
                fits_programme(tx, &city, new.programme, content.price).await?;
                let draft = Offer {
                    id: tx.new_id(),
                    city_id: city.id,
                    company_id: new.company,
                    programme_id: new.programme,
                    name: content.name.clone(),
                    description: content.description.clone(),
                    keywords: Keywords::default(),
                    search_text: String::new(),
                    price_cents: content.price,
                    vat_class: content.vat_class,
                    place_name: None,
                    street: None,
                    postal_code: None,
                    latitude_e6: None,
                    longitude_e6: None,
                    state: State::Draft,
                    version: 1,
                    created_by: person,
                    created_at: tx.now(),
                    published_at: None,
                };
                let offer = content.clone().write_to(&draft);
                store::insert(tx, offer.clone()).await?;
                audit::record(tx, actor, Act::new("createOffer", offer.id).in_city(city.id)).await?;
                Ok(offer)
            })
            .await
    }

    /// Changes the content of an offer. A new price holds for later bookings only: each booking has frozen its own.
    ///
    /// # Errors
    /// `Stale` when somebody changed it since `expected_version`, `PriceAboveCeiling`, `State` when it is archived or
    /// its programme closed.
    pub async fn update(
        &self,
        actor: &Actor,
        id: OfferId,
        expected_version: i32,
        content: OfferContent,
    ) -> Result<Offer, Error> {
        let Offer {
            company_id, city_id, ..
        } = self.find_to_manage(actor, id).await?;
        let city = self.cities.find(city_id).await?.ok_or(Error::NotFound)?;
        let content = content.checked(city.bilingual)?;
        self.db
            .write(async |tx: &Tx| {
                let offer = store::find_for_update(tx, company_id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                offer.act(Action::Update, expected_version)?;
                fits_programme(tx, &city, offer.programme_id, content.price).await?;
                audit::record(tx, actor, Act::new("updateOffer", id).in_city(city_id)).await?;
                Ok(store::update(tx, content.clone().write_to(&offer)).await?)
            })
            .await
    }

    /// Puts an offer into the catalogue.
    ///
    /// # Errors
    /// `NotApproved`, `PriceAboveCeiling`, `State` and `Stale` as for [`Self::create`] and [`Self::update`].
    pub async fn publish(&self, actor: &Actor, id: OfferId, expected_version: i32) -> Result<Offer, Error> {
        let Offer {
            company_id,
            city_id,
            programme_id,
            ..
        } = self.find_to_manage(actor, id).await?;
        let city = self.cities.find(city_id).await?.ok_or(Error::NotFound)?;
        self.db
            .write(async |tx: &Tx| {
                approved(tx, &city, company_id, programme_id).await?;
                let offer = store::find_for_update(tx, company_id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let state = offer.act(Action::Publish, expected_version)?;
                fits_programme(tx, &city, programme_id, offer.price_cents).await?;
                audit::record(tx, actor, Act::new("publishOffer", id).in_city(city_id)).await?;
                Ok(store::update(
                    tx,
                    Offer {
                        state,
                        published_at: Some(tx.now()),
                        ..offer
                    },
                )
                .await?)
            })
            .await
    }

    /// Takes a published offer out of the catalogue for a while; its bookings stand.
    pub async fn pause(&self, actor: &Actor, id: OfferId, expected_version: i32) -> Result<Offer, Error> {
        self.act(actor, "pauseOffer", id, Action::Pause, expected_version).await
    }

    /// Ends an offer for good; its bookings stand.
    pub async fn archive(&self, actor: &Actor, id: OfferId, expected_version: i32) -> Result<Offer, Error> {
        self.act(actor, "archiveOffer", id, Action::Archive, expected_version)
            .await
    }

    async fn act(
        &self,
        actor: &Actor,
        operation: &'static str,
        id: OfferId,
        action: Action,
        expected_version: i32,
    ) -> Result<Offer, Error> {
        let Offer { company_id, .. } = self.find_to_manage(actor, id).await?;
        self.db
            .write(async |tx: &Tx| {
                let offer = store::find_for_update(tx, company_id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let state = offer.act(action, expected_version)?;
                audit::record(tx, actor, Act::new(operation, id).in_city(offer.city_id)).await?;
                Ok(store::update(tx, Offer { state, ..offer }).await?)
            })
            .await
    }

    /// The offer as it was just read, when the actor may see and manage it.
    pub(crate) async fn find_to_manage(&self, actor: &Actor, id: OfferId) -> Result<Offer, Error> {
        policy::MANAGE.signed_in(actor)?;
        let offer = self.find(actor, id).await?.ok_or(Error::NotFound)?;
        policy::MANAGE.in_company(actor, offer.company_id)?;
        Ok(offer)
    }
}

/// Checks that the company's approval is in force on the city's civil day. The approval is locked and therefore holds
/// until the transaction ends.
async fn approved(tx: &Tx, city: &City, company: CompanyId, programme: ProgrammeId) -> Result<(), Error> {
    let today = city.day_of(tx.now());
    providers::approvals::find_in_force_shared(tx, company, programme, today)
        .await?
        .ok_or(Error::NotApproved)?;
    Ok(())
}

/// Checks the price by the programme's terms that are in force today or later.
async fn fits_programme(tx: &Tx, city: &City, programme: ProgrammeId, price: Cents) -> Result<(), Error> {
    let today = city.day_of(tx.now());
    let found = programmes::get(tx.conn(), city.id, programme).await?;
    let mut terms = programmes::published_terms(tx.conn(), programme).await?;
    terms.retain(|terms| terms.valid_until.is_none_or(|last| today <= last));
    Ok(fits(&found.ok_or(Error::NotFound)?, &terms, price)?)
}
