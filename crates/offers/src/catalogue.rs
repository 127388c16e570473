use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Actor, Cents, CityId, CompanyId, Denied, ErrorCode, FieldError, OccurrenceId, OfferId, Page, PageRequest,
    ProgrammeId, field,
};
use sea_orm::{ColumnTrait, Condition};

use crate::model::occurrence::Model as Occurrence;
use crate::model::offer::{Column, Model as Offer};
use crate::{Error, Offers, policy, store};

/// How many coming occurrences of one offer the catalogue shows at the most.
pub const MAX_UPCOMING: i64 = 20;

/// What somebody looks for in the catalogue of a city. Everything that is given must hold.
#[derive(Clone, Debug)]
pub struct OfferFilter {
    /// The city.
    pub city: CityId,
    /// Words that all occur in the texts, the place or the keywords, at most 100 characters; case does not count.
    pub text: Option<String>,
    /// The programme.
    pub programme: Option<ProgrammeId>,
    /// The company.
    pub company: Option<CompanyId>,
    /// The highest price in cents.
    pub max_price: Option<Cents>,
    /// With a free place at this instant or later.
    pub bookable_from: Option<DateTime<Utc>>,
    /// With a free place before this instant.
    pub bookable_until: Option<DateTime<Utc>>,
}

impl OfferFilter {
    /// The condition on rows, for the civil day `today` of the city and the present instant.
    fn condition(&self, today: NaiveDate, now: DateTime<Utc>) -> Result<Condition, FieldError> {
        let words = match self.text.as_deref().map(str::trim) {
            Some(text) if !text.is_empty() => kernel::fold(&field::line("text", text, 100)?),
            _ => String::new(),
        };
        self.bookable_from
            .map(|from| field::instant("bookableFrom", from))
            .transpose()?;
        self.bookable_until
            .map(|until| field::instant("bookableUntil", until))
            .transpose()?;
        let bookable = (self.bookable_from.is_some() || self.bookable_until.is_some())
            .then(|| store::bookable(self.bookable_from.unwrap_or(now).max(now), self.bookable_until));
        Ok(words
            .split_whitespace()
            .fold(store::listed(today), |condition, word| {
                condition.add(store::containing(word))
            })
            .add(Column::CityId.eq(self.city))
            .add_option(self.programme.map(|programme| Column::ProgrammeId.eq(programme)))
            .add_option(self.company.map(|company| Column::CompanyId.eq(company)))
            .add_option(self.max_price.map(|price| Column::PriceCents.lte(price)))
            .add_option(bookable))
    }
}

impl Offers {
    /// The catalogue of a city, the oldest listing first: an order that nobody can buy.
    ///
    /// # Errors
    /// `NotFound` for an unknown city, `Field` for a text that is too long.
    pub async fn search(&self, filter: &OfferFilter, page: PageRequest<OfferId>) -> Result<Page<Offer>, Error> {
        let condition = self.condition(filter).await?;
        Ok(store::page(self.db.read(), condition, page).await?)
    }

    /// How many there are in [`Self::search`].
    pub async fn count(&self, filter: &OfferFilter) -> Result<u64, Error> {
        let condition = self.condition(filter).await?;
        Ok(store::count(self.db.read(), condition).await?)
    }

    async fn condition(&self, filter: &OfferFilter) -> Result<Condition, Error> {
        let city = self.cities.find(filter.city).await?.ok_or(Error::NotFound)?;
        let now = self.db.clock().now();
        Ok(filter.condition(city.day_of(now), now)?)
    }

    /// An offer if the actor may see it: everybody what the catalogue shows today, members of its company and staff of
    /// its city in every state.
    pub async fn find(&self, actor: &Actor, id: OfferId) -> Result<Option<Offer>, Error> {
        Ok(store::find(self.db.read(), self.visible_to(actor).await?, id).await?)
    }

    /// The offers among `ids` that the actor may see, in no order.
    pub async fn offers_by_ids(&self, actor: &Actor, ids: &[OfferId]) -> Result<Vec<Offer>, Error> {
        Ok(store::by_ids(self.db.read(), self.visible_to(actor).await?, ids).await?)
    }

    /// The occurrences among `ids` of offers that the actor may see, in no order.
    pub async fn occurrences_by_ids(&self, actor: &Actor, ids: &[OccurrenceId]) -> Result<Vec<Occurrence>, Error> {
        Ok(store::occurrences_by_ids(self.db.read(), self.visible_to(actor).await?, ids).await?)
    }

    /// The next [`MAX_UPCOMING`] occurrences with free places of each of the offers, in the order of time. The caller
    /// has been shown these offers, which makes their times public too.
    pub async fn occurrences_of(&self, offers: &[OfferId]) -> Result<Vec<Occurrence>, Error> {
        Ok(store::upcoming(self.db.read(), offers, self.db.clock().now(), MAX_UPCOMING).await?)
    }

    /// Every offer of a company in every state, for its members; the oldest first.
    pub async fn offers_of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        page: PageRequest<OfferId>,
    ) -> Result<Page<Offer>, Error> {
        policy::SEE_OWN.in_company(actor, company)?;
        Ok(store::page(self.db.read(), of_company(company), page).await?)
    }

    /// How many there are in [`Self::offers_of_company`].
    pub async fn count_of_company(&self, actor: &Actor, company: CompanyId) -> Result<u64, Error> {
        policy::SEE_OWN.in_company(actor, company)?;
        Ok(store::count(self.db.read(), of_company(company)).await?)
    }

    /// Every occurrence of an offer, past, full and called off, for members of its company and staff of its city; in
    /// the order of time.
    pub async fn schedule(
        &self,
        actor: &Actor,
        offer: OfferId,
        page: PageRequest<OccurrenceId>,
    ) -> Result<Page<Occurrence>, Error> {
        self.let_see_schedule(actor, offer).await?;
        Ok(store::schedule(self.db.read(), offer, page).await?)
    }

    /// How many there are in [`Self::schedule`].
    pub async fn count_schedule(&self, actor: &Actor, offer: OfferId) -> Result<u64, Error> {
        self.let_see_schedule(actor, offer).await?;
        Ok(store::count_occurrences(self.db.read(), offer).await?)
    }

    /// Lets members of the offer's company and staff of its city pass. Others learn that the offer is there only when
    /// the catalogue shows it.
    async fn let_see_schedule(&self, actor: &Actor, offer: OfferId) -> Result<(), Error> {
        policy::SEE_SCHEDULE.signed_in(actor)?;
        if store::find(self.db.read(), inside(actor), offer).await?.is_some() {
            return Ok(());
        }
        match self.find(actor, offer).await? {
            Some(_) => Err(Denied(ErrorCode::Forbidden).into()),
            None => Err(Error::NotFound),
        }
    }

    /// What the actor sees: the catalogue of each city on its own civil day, and what lies inside her roles.
    pub(crate) async fn visible_to(&self, actor: &Actor) -> Result<Condition, Error> {
        let now = self.db.clock().now();
        let mut cities_on = BTreeMap::<NaiveDate, Vec<CityId>>::new();
        for city in self.cities.list().await? {
            cities_on.entry(city.day_of(now)).or_default().push(city.id);
        }
        let public = |(day, cities)| store::listed(day).add(Column::CityId.is_in::<CityId, Vec<CityId>>(cities));
        Ok(cities_on.into_iter().map(public).fold(inside(actor), Condition::add))
    }
}

fn inside(actor: &Actor) -> Condition {
    store::inside(&policy::SEE_OWN.companies(actor), &policy::SEE_ALL.cities(actor))
}

fn of_company(company: CompanyId) -> Condition {
    Condition::all().add(Column::CompanyId.eq(company))
}
