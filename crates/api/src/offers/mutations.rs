use async_graphql::{Context, ID, InputObject, Object, Result};
use offers::{NewOccurrence, NewOffer, OfferContent};

use super::{Occurrence, Offer, VatClass};
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Cents, DateTime, LocalizedTextInput, id};

/// The venue of an offer.
#[derive(InputObject)]
pub struct PlaceInput {
    /// Its name, at most 200 characters.
    name: String,
    /// Its street address, at most 200 characters.
    street: String,
    /// Its postal code, five digits.
    postal_code: String,
    /// Where it lies.
    coordinates: Option<CoordinatesInput>,
}

/// A point in Finland (WGS 84).
#[derive(InputObject)]
pub struct CoordinatesInput {
    /// North, in millionths of a degree: 59 000 000 to 71 000 000.
    latitude_e6: i32,
    /// East, in millionths of a degree: 19 000 000 to 32 000 000.
    longitude_e6: i32,
}

impl From<PlaceInput> for offers::Place {
    fn from(input: PlaceInput) -> Self {
        Self {
            name: input.name,
            street: input.street,
            postal_code: input.postal_code,
            coordinates: input.coordinates.map(|point| offers::Coordinates {
                latitude_e6: point.latitude_e6,
                longitude_e6: point.longitude_e6,
            }),
        }
    }
}

/// The content of an offer.
#[derive(InputObject)]
pub struct OfferContentInput {
    /// Its name, at most 200 characters a language.
    name: LocalizedTextInput,
    /// What the resident gets, at most 5 000 characters a language.
    description: LocalizedTextInput,
    /// Words under which it is found as well, at most 20 of at most 50 characters.
    #[graphql(default)]
    keywords: Vec<String>,
    /// The price of one unit with VAT, at most the ceiling of the programme.
    price: Cents,
    /// Its class of VAT.
    vat_class: VatClass,
    /// The venue; left out where the service comes to the resident's home.
    place: Option<PlaceInput>,
}

impl From<OfferContentInput> for OfferContent {
    fn from(input: OfferContentInput) -> Self {
        Self {
            name: input.name.into(),
            description: input.description.into(),
            keywords: input.keywords,
            price: input.price.0,
            vat_class: input.vat_class.into(),
            place: input.place.map(offers::Place::from),
        }
    }
}

/// An offer to draft.
#[derive(InputObject)]
pub struct CreateOfferInput {
    /// Who sells it.
    company_id: ID,
    /// The programme whose vouchers are to pay for it.
    programme_id: ID,
    /// Its content.
    content: OfferContentInput,
}

/// An offer to change.
#[derive(InputObject)]
pub struct UpdateOfferInput {
    /// The offer.
    offer_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Its new content, whole.
    content: OfferContentInput,
}

/// An offer to publish, pause or archive.
#[derive(InputObject)]
pub struct OfferInput {
    /// The offer.
    offer_id: ID,
    /// The version that was read.
    expected_version: i32,
}

/// A time to add to an offer.
#[derive(InputObject)]
pub struct OccurrenceInput {
    /// When it starts: in the future, on a day on which vouchers of the programme can be used.
    starts_at: DateTime,
    /// When it ends, at most 24 hours later.
    ends_at: DateTime,
    /// How many places there are, 1 to 10 000.
    capacity: i32,
}

impl From<OccurrenceInput> for NewOccurrence {
    fn from(input: OccurrenceInput) -> Self {
        Self {
            starts_at: input.starts_at.0,
            ends_at: input.ends_at.0,
            capacity: input.capacity,
        }
    }
}

/// Times to add to an offer.
#[derive(InputObject)]
pub struct AddOccurrencesInput {
    /// The offer.
    offer_id: ID,
    /// The times, 1 to 100: all are added or none.
    occurrences: Vec<OccurrenceInput>,
}

/// A number of places to change.
#[derive(InputObject)]
pub struct ChangeCapacityInput {
    /// The occurrence.
    occurrence_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// How many places there are to be, at least those that are booked.
    capacity: i32,
}

/// An occurrence to call off.
#[derive(InputObject)]
pub struct CancelOccurrenceInput {
    /// The occurrence.
    occurrence_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of an offer answers.
    OfferPayload { offer: Offer }
}

payload! {
    /// What adding times answers.
    AddOccurrencesPayload { occurrences: Vec<Occurrence> }
}

payload! {
    /// What a change of an occurrence answers.
    OccurrencePayload { occurrence: Occurrence }
}

/// The fields of an offer stand in the content of its inputs.
fn in_content(failure: Failure) -> Failure {
    failure.inside("content", &["companyId", "programmeId", "offerId", "expectedVersion"])
}

/// Mutations on offers.
#[derive(Default)]
pub struct OfferMutation;

#[Object]
impl OfferMutation {
    /// Drafts an offer of an approved company.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn create_offer(&self, ctx: &Context<'_>, input: CreateOfferInput) -> Result<OfferPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewOffer {
                company: id("companyId", &input.company_id)?,
                programme: id("programmeId", &input.programme_id)?,
                content: input.content.into(),
            };
            Ok(ctx.app().offers.create(actor, new).await?)
        };
        let result: Result<_, Failure> = result.await;
        OfferPayload::of(ctx, "createOffer", result.map_err(in_content)).await
    }

    /// Changes an offer; a new price holds for later bookings only.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn update_offer(&self, ctx: &Context<'_>, input: UpdateOfferInput) -> Result<OfferPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let offer = id("offerId", &input.offer_id)?;
            Ok(ctx
                .app()
                .offers
                .update(actor, offer, input.expected_version, input.content.into())
                .await?)
        };
        let result: Result<_, Failure> = result.await;
        OfferPayload::of(ctx, "updateOffer", result.map_err(in_content)).await
    }

    /// Puts an offer into the catalogue.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn publish_offer(&self, ctx: &Context<'_>, input: OfferInput) -> Result<OfferPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let offer = id("offerId", &input.offer_id)?;
            Ok(ctx.app().offers.publish(actor, offer, input.expected_version).await?)
        };
        OfferPayload::of(ctx, "publishOffer", result.await).await
    }

    /// Takes an offer out of the catalogue for a while; its bookings stand.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn pause_offer(&self, ctx: &Context<'_>, input: OfferInput) -> Result<OfferPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let offer = id("offerId", &input.offer_id)?;
            Ok(ctx.app().offers.pause(actor, offer, input.expected_version).await?)
        };
        OfferPayload::of(ctx, "pauseOffer", result.await).await
    }

    /// Ends an offer for good; its bookings stand.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn archive_offer(&self, ctx: &Context<'_>, input: OfferInput) -> Result<OfferPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let offer = id("offerId", &input.offer_id)?;
            Ok(ctx.app().offers.archive(actor, offer, input.expected_version).await?)
        };
        OfferPayload::of(ctx, "archiveOffer", result.await).await
    }

    /// Adds times to an offer.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn add_occurrences(&self, ctx: &Context<'_>, input: AddOccurrencesInput) -> Result<AddOccurrencesPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let offer = id("offerId", &input.offer_id)?;
            let new: Vec<_> = input.occurrences.into_iter().map(NewOccurrence::from).collect();
            let added = ctx.app().offers.add_occurrences(actor, offer, &new).await?;
            Ok(added.into_iter().map(Occurrence::from).collect::<Vec<_>>())
        };
        let result: Result<_, Failure> = result.await;
        let result = result.map_err(|failure| failure.inside_item_of("occurrences"));
        AddOccurrencesPayload::of(ctx, "addOccurrences", result).await
    }

    /// Changes the number of places of an occurrence.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn change_capacity(&self, ctx: &Context<'_>, input: ChangeCapacityInput) -> Result<OccurrencePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let occurrence = id("occurrenceId", &input.occurrence_id)?;
            let changed = ctx
                .app()
                .offers
                .change_capacity(actor, occurrence, input.expected_version, input.capacity);
            Ok(changed.await?)
        };
        OccurrencePayload::of(ctx, "changeCapacity", result.await).await
    }

    /// Calls an occurrence off that nobody has booked.
    #[graphql(directive = auth::apply(offers::policy::MANAGE.to_string()))]
    async fn cancel_occurrence(&self, ctx: &Context<'_>, input: CancelOccurrenceInput) -> Result<OccurrencePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let occurrence = id("occurrenceId", &input.occurrence_id)?;
            Ok(ctx
                .app()
                .offers
                .cancel_occurrence(actor, occurrence, input.expected_version)
                .await?)
        };
        OccurrencePayload::of(ctx, "cancelOccurrence", result.await).await
    }
}
