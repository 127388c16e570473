//! Offers, their times and the catalogue.

mod mutations;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use kernel::{FieldError, OfferId};
use offers::{MAX_UPCOMING, OfferFilter};

use crate::auth::auth;
use crate::bookings::Quote;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::Failure;
use crate::programmes::Programme;
use crate::providers::{Company, PublicCompany};
use crate::scalars::{self, Cents, Date, DateTime, Lang, LocalizedText, Money, id, optional_id, show};
use crate::vouchers::OwnPurse;

pub(crate) use mutations::OfferMutation;

/// A service that a company lists in a programme of a city.
#[derive(Clone)]
pub struct Offer(pub(crate) Arc<offers::Offer>);

impl From<offers::Offer> for Offer {
    fn from(offer: offers::Offer) -> Self {
        Self(Arc::new(offer))
    }
}

/// A dated time of an offer with its places.
#[derive(Clone)]
pub struct Occurrence(pub(crate) Arc<offers::Occurrence>);

impl From<offers::Occurrence> for Occurrence {
    fn from(occurrence: offers::Occurrence) -> Self {
        Self(Arc::new(occurrence))
    }
}

/// How far an offer has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "offers::State")]
pub enum OfferState {
    /// The company writes it.
    Draft,
    /// Residents see and book it.
    Published,
    /// The company has taken it out of the catalogue for a while.
    Paused,
    /// It is over.
    Archived,
}

/// What a company may do to its offer.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "offers::Action")]
pub enum OfferAction {
    /// Change its content.
    Update,
    /// Show it in the catalogue.
    Publish,
    /// Take it out for a while.
    Pause,
    /// End it.
    Archive,
    /// Add times to it.
    AddOccurrences,
}

/// Whether an occurrence takes place.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "offers::OccurrenceState")]
pub enum OccurrenceState {
    /// It takes place.
    Open,
    /// The company has called it off.
    Cancelled,
}

/// The class of value added tax of a service; the rate follows from the day of delivery.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "offers::VatClass")]
pub enum VatClass {
    /// What no other class covers.
    General,
    /// Sport, culture, passenger transport, accommodation.
    Reduced,
    /// Social welfare and health care: no tax is due.
    Exempt,
}

/// The venue of an offer.
#[derive(SimpleObject)]
pub struct Place {
    /// Its name.
    name: String,
    /// Its street address.
    street: String,
    /// Its postal code, five digits.
    postal_code: String,
    /// North, in millionths of a degree (WGS 84).
    latitude_e6: Option<i32>,
    /// East, in millionths of a degree (WGS 84).
    longitude_e6: Option<i32>,
}

impl From<offers::Place> for Place {
    fn from(place: offers::Place) -> Self {
        Self {
            name: place.name,
            street: place.street,
            postal_code: place.postal_code,
            latitude_e6: place.coordinates.map(|point| point.latitude_e6),
            longitude_e6: place.coordinates.map(|point| point.longitude_e6),
        }
    }
}

/// Names the coming occurrences of an offer for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OccurrencesOf(pub(crate) OfferId);

#[Object]
impl Offer {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city of the programme.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// Who sells it.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        // Most callers see a company because it is public; roles are looked up only for the others.
        match ctx.loader().load_one(PublicCompany(self.0.company_id)).await? {
            Some(company) => Ok(Some(company)),
            None => ctx.loader().load_one(self.0.company_id).await,
        }
    }
    /// The programme whose vouchers pay for it.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// Its name in one language.
    async fn name(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.name.get(scalars::lang(lang, ctx.session().lang))
    }
    /// Its name in all languages.
    async fn names(&self) -> LocalizedText {
        self.0.name.clone().into()
    }
    /// What the resident gets, in one language.
    async fn description(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.description.get(scalars::lang(lang, ctx.session().lang))
    }
    /// What the resident gets, in all languages.
    async fn descriptions(&self) -> LocalizedText {
        self.0.description.clone().into()
    }
    /// Words under which it is found as well.
    async fn keywords(&self) -> &[String] {
        &self.0.keywords.0
    }
    /// The price of one unit with VAT.
    async fn price(&self) -> Money {
        Money(self.0.price_cents)
    }
    /// Its class of VAT.
    async fn vat_class(&self) -> VatClass {
        self.0.vat_class.into()
    }
    /// The rate of VAT for a delivery on this day, in basis points (2 550 = 25.5 %).
    async fn vat_rate_basis_points(&self, on: Date) -> i32 {
        self.0.vat_class.rate_on(on.0).0
    }
    /// The venue; null where the service comes to the resident's home.
    async fn place(&self) -> Option<Place> {
        self.0.place().map(Place::from)
    }
    /// The next occurrences with free places in the order of time; `first` is 1 to 20.
    async fn occurrences(&self, ctx: &Context<'_>, first: i32) -> Result<Vec<Occurrence>, Failure> {
        let first = kernel::field::number("first", i64::from(first), 1, MAX_UPCOMING)?;
        let mut coming = ctx
            .loader()
            .load_one(OccurrencesOf(self.0.id))
            .await?
            .unwrap_or_default();
        coming.truncate(usize::try_from(first).unwrap_or_default());
        Ok(coming)
    }
    /// What the caller would pay for one place with a voucher of hers by today's terms; none when the voucher is for
    /// another programme or not in use, and where its value depends on the time of the visit. What a visit costs is told
    /// by `bookingPreview`.
    async fn quote(&self, ctx: &Context<'_>, voucher_id: ID) -> Result<Option<Quote>, Failure> {
        let purse = ctx.loader().load_one(OwnPurse(id("voucherId", &voucher_id)?)).await?;
        let usable = |purse: &bookings::Purse| {
            purse.voucher.programme_id == self.0.programme_id && purse.voucher.state == vouchers::State::Active
        };
        let listed = |purse: bookings::Purse| purse.listed(self.0.price_cents);
        Ok(purse.filter(usable).and_then(listed).map(Into::into))
    }
    /// How far it has come.
    async fn state(&self) -> OfferState {
        self.0.state.into()
    }
    /// What its company may do next.
    async fn allowed_actions(&self) -> Vec<OfferAction> {
        self.0
            .state
            .allowed_actions()
            .into_iter()
            .map(OfferAction::from)
            .collect()
    }
    /// When it was last put into the catalogue.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(DateTime)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

#[Object]
impl Occurrence {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The offer.
    async fn offer(&self, ctx: &Context<'_>) -> Result<Option<Offer>, Failure> {
        ctx.loader().load_one(self.0.offer_id).await
    }
    /// When it starts.
    async fn starts_at(&self) -> DateTime {
        DateTime(self.0.starts_at)
    }
    /// When it ends.
    async fn ends_at(&self) -> DateTime {
        DateTime(self.0.ends_at)
    }
    /// How many places there are.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }
    /// How many places are left; none once it is called off.
    async fn places_left(&self) -> i32 {
        self.0.places_left()
    }
    /// Whether it takes place.
    async fn state(&self) -> OccurrenceState {
        self.0.state.into()
    }
    /// Counts the company's changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// What to look for in the catalogue of a city. Everything that is given must hold.
#[derive(InputObject)]
pub struct OfferFilterInput {
    /// The city.
    city_id: ID,
    /// Words that all occur in the texts, the place or the keywords, at most 100 characters.
    text: Option<String>,
    /// The programme.
    programme_id: Option<ID>,
    /// The company.
    company_id: Option<ID>,
    /// The highest price.
    max_price: Option<Cents>,
    /// With a free place at this instant or later.
    bookable_from: Option<DateTime>,
    /// With a free place before this instant.
    bookable_until: Option<DateTime>,
}

impl TryFrom<OfferFilterInput> for OfferFilter {
    type Error = FieldError;

    fn try_from(input: OfferFilterInput) -> Result<Self, FieldError> {
        Ok(Self {
            city: id("cityId", &input.city_id)?,
            text: input.text,
            programme: optional_id("programmeId", input.programme_id.as_ref())?,
            company: optional_id("companyId", input.company_id.as_ref())?,
            max_price: input.max_price.map(|price| price.0),
            bookable_from: input.bookable_from.map(|at| at.0),
            bookable_until: input.bookable_until.map(|at| at.0),
        })
    }
}

/// Queries on offers.
#[derive(Default)]
pub struct OfferQuery;

#[Object]
impl OfferQuery {
    /// The catalogue of a city, the oldest listing first: an order that nobody can buy.
    #[graphql(directive = auth::apply(offers::policy::BROWSE.to_string()))]
    async fn offers(
        &self,
        ctx: &Context<'_>,
        filter: OfferFilterInput,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Offer>, Failure> {
        let (filter, after) = (OfferFilter::try_from(filter)?, after.as_deref());
        let rows = ctx.app().offers.search(&filter, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, ctx.app().offers.count(&filter)).await
    }

    /// An offer: everybody sees what the catalogue shows, its company and the staff of its city see every state.
    #[graphql(directive = auth::apply(offers::policy::BROWSE.to_string()))]
    async fn offer(&self, ctx: &Context<'_>, offer_id: ID) -> Result<Option<Offer>, Failure> {
        ctx.loader().load_one(id::<OfferId>("offerId", &offer_id)?).await
    }

    /// Every offer of a company in every state, oldest first.
    #[graphql(directive = auth::apply(offers::policy::SEE_OWN.to_string()))]
    async fn company_offers(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Offer>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx
            .app()
            .offers
            .offers_of_company(actor, company, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().offers.count_of_company(actor, company),
        )
        .await
    }

    /// Every occurrence of an offer, past, full and called off, in the order of time; for its company and the staff of
    /// its city.
    #[graphql(directive = auth::apply(offers::policy::SEE_SCHEDULE.to_string()))]
    async fn offer_schedule(
        &self,
        ctx: &Context<'_>,
        offer_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Occurrence>, Failure> {
        let (offer, after) = (id("offerId", &offer_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().offers.schedule(actor, offer, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().offers.count_schedule(actor, offer),
        )
        .await
    }
}
