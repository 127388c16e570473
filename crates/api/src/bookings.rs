//! Bookings, their visits and deliveries.

mod correction;
mod mutations;
mod release;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use bookings::NewBooking;

use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::Failure;
use crate::offers::{Occurrence, Offer};
use crate::people::Person;
use crate::programmes::Quantity;
use crate::providers::Company;
use crate::scalars::{Date, DateTime, Money, id, show};
use crate::values::{ValueLine, lines};
use crate::vouchers::Voucher;
pub use correction::{CorrectionQuery, CorrectionsOf, ShareCorrection};
pub use mutations::BookingMutation;
pub use release::{ReleaseMutation, ReleaseQuery};

/// A place taken by a resident; price and shares are frozen when it is made.
#[derive(Clone)]
pub struct Booking(pub(crate) Arc<bookings::Booking>);

impl From<bookings::Booking> for Booking {
    fn from(booking: bookings::Booking) -> Self {
        Self(Arc::new(booking))
    }
}

/// How far a booking has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "bookings::State")]
pub enum BookingState {
    /// The resident asks; places and money are held.
    Requested,
    /// The provider has agreed.
    Confirmed,
    /// The provider has refused; everything went back.
    Declined,
    /// The resident cancelled before the deadline, or lost her right to the day by moving away; everything went back.
    CancelledByClient,
    /// The resident cancelled after the deadline; the late fee is due.
    CancelledLate,
    /// The provider cancelled; everything went back.
    CancelledByProvider,
    /// The service was given.
    Delivered,
}

/// What the caller may do to a booking now.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "bookings::Action")]
pub enum BookingAction {
    /// `confirmBooking`.
    Confirm,
    /// `declineBooking`.
    Decline,
    /// `cancelBooking`.
    Cancel,
    /// `cancelBookingAsProvider`.
    CancelAsProvider,
    /// `recordDelivery`.
    RecordDelivery,
}

/// A price with its parts: `price = voucherShare + ownShare`.
#[derive(Clone, SimpleObject)]
pub struct Quote {
    /// The price.
    price: Money,
    /// What the voucher pays.
    voucher_share: Money,
    /// What the resident pays the company herself.
    own_share: Money,
}

impl From<bookings::model::terms::Quote> for Quote {
    fn from(quote: bookings::model::terms::Quote) -> Self {
        Self {
            price: Money(quote.price),
            voucher_share: Money(quote.voucher_share),
            own_share: Money(quote.own_share),
        }
    }
}

/// What a booking would cost.
#[derive(SimpleObject)]
pub struct BookingPreview {
    /// The price with its parts.
    #[graphql(flatten)]
    quote: Quote,
    /// What it would take of a voucher in visits or hours; none in euros.
    quantity: Option<Quantity>,
    /// Until when cancelling would cost nothing.
    free_cancellation_until: DateTime,
    /// What would be paid of the voucher share after that.
    late_fee: Money,
    /// What would be paid of the voucher share if nobody came.
    no_show_fee: Money,
    /// Whether the same part of the own share would be due to the company in both cases.
    own_share_due: bool,
    /// How the value of the voucher comes about for this visit.
    value_explanation: Vec<ValueLine>,
}

impl BookingPreview {
    fn of(preview: &bookings::Preview, lang: kernel::Lang) -> Self {
        Self {
            value_explanation: lines(&preview.explanation, lang),
            quote: preview.quote.into(),
            quantity: Quantity::of(preview.unit, preview.quote.quantity),
            free_cancellation_until: DateTime(preview.free_cancellation_until),
            late_fee: Money(preview.late_fee),
            no_show_fee: Money(preview.no_show_fee),
            own_share_due: preview.own_share_due,
        }
    }
}

/// One visit of a booking.
#[derive(Clone)]
pub struct Visit(Arc<bookings::Visit>);

impl From<bookings::Visit> for Visit {
    fn from(visit: bookings::Visit) -> Self {
        Self(Arc::new(visit))
    }
}

#[Object]
impl Visit {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The occurrence whose places it takes; none once it is no longer public.
    async fn occurrence(&self, ctx: &Context<'_>) -> Result<Option<Occurrence>, Failure> {
        ctx.loader().load_one(self.0.occurrence_id).await
    }
    /// When it begins.
    async fn starts_at(&self) -> DateTime {
        DateTime(self.0.starts_at)
    }
    /// When it ends.
    async fn ends_at(&self) -> DateTime {
        DateTime(self.0.ends_at)
    }
    /// How many places.
    async fn units(&self) -> i32 {
        self.0.units
    }
}

/// What a delivery pays for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "bookings::DeliveryKind")]
pub enum DeliveryKind {
    /// The service was given.
    Service,
    /// The resident cancelled too late; the late fee is due.
    LateCancellation,
}

/// A fact that the city owes the company for.
#[derive(Clone, SimpleObject)]
pub struct Delivery {
    /// Its id.
    id: ID,
    /// What it pays for.
    kind: DeliveryKind,
    /// The civil day of the visit.
    day: Date,
    /// What the city owes.
    voucher_share: Money,
    /// What the resident pays the company herself.
    own_share: Money,
    /// The company's own reference.
    claim_reference: Option<String>,
    /// When it was recorded.
    recorded_at: DateTime,
}

impl From<bookings::Delivery> for Delivery {
    fn from(delivery: bookings::Delivery) -> Self {
        Self {
            id: show(delivery.id),
            kind: delivery.kind.into(),
            day: Date(delivery.day),
            voucher_share: Money(delivery.voucher_share_cents),
            own_share: Money(delivery.own_share_cents),
            claim_reference: delivery.claim_reference,
            recorded_at: DateTime(delivery.recorded_at),
        }
    }
}

/// Names the visits of a booking for the loader.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VisitsOf(pub(crate) Arc<bookings::Booking>);

/// Names the deliveries of a booking for the loader.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DeliveriesOf(pub(crate) Arc<bookings::Booking>);

impl Booking {
    /// True when the caller is its resident or acts for her.
    async fn is_mine(&self, ctx: &Context<'_>) -> Result<bool, Failure> {
        Ok(ctx.session().principal().await? == Some(self.0.resident_id))
    }
}

#[Object]
impl Booking {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city whose voucher pays.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The company that delivers.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        ctx.loader().load_one(self.0.company_id).await
    }
    /// The offer; none once it is no longer public.
    async fn offer(&self, ctx: &Context<'_>) -> Result<Option<Offer>, Failure> {
        ctx.loader().load_one(self.0.offer_id).await
    }
    /// Whose booking it is. The provider sees her while the booking is open and 30 days after, and never her address
    /// when her contact has to stay with the city (turvakielto); others do not see her.
    async fn resident(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        let provider = async || {
            let actor = ctx.session().actor().await?;
            let works_there = bookings::policy::DELIVER.in_company(actor, self.0.company_id).is_ok();
            Ok::<_, Failure>(works_there && self.0.shows_client(ctx.app().db.clock().now()))
        };
        let mine = self.is_mine(ctx).await?;
        if !mine && !provider().await? {
            return Ok(None);
        }
        let resident: Option<Person> = ctx.loader().load_one(self.0.resident_id).await?;
        Ok(resident.map(|resident| if mine { resident } else { resident.for_provider() }))
    }
    /// The voucher that pays, for its resident.
    async fn voucher(&self, ctx: &Context<'_>) -> Result<Option<Voucher>, Failure> {
        if self.is_mine(ctx).await? {
            ctx.loader().load_one(self.0.voucher_id).await
        } else {
            Ok(None)
        }
    }
    /// How far it has come.
    async fn state(&self) -> BookingState {
        self.0.state.into()
    }
    /// The price agreed.
    async fn price(&self) -> Money {
        Money(self.0.price_cents)
    }
    /// What the voucher pays.
    async fn voucher_share(&self) -> Money {
        Money(self.0.voucher_share_cents)
    }
    /// What the resident pays the company herself.
    async fn own_share(&self) -> Money {
        Money(self.0.own_share_cents)
    }
    /// What it takes of a voucher in visits or hours; none in euros.
    async fn quantity(&self) -> Option<Quantity> {
        Quantity::of(self.0.unit, self.0.quantity)
    }
    /// The VAT rate on the day of the visit, in basis points.
    async fn vat_rate_basis_points(&self) -> i32 {
        self.0.vat_bp.0
    }
    /// Until when cancelling costs nothing.
    async fn free_cancellation_until(&self) -> DateTime {
        DateTime(self.0.free_cancellation_until)
    }
    /// The one-time code that the resident shows at the visit; for nobody else.
    async fn code(&self, ctx: &Context<'_>) -> Result<Option<&str>, Failure> {
        Ok(self.is_mine(ctx).await?.then_some(self.0.code.as_str()))
    }
    /// Its visits.
    async fn visits(&self, ctx: &Context<'_>) -> Result<Vec<Visit>, Failure> {
        let visits = VisitsOf(Arc::clone(&self.0));
        Ok(ctx.loader().load_one(visits).await?.unwrap_or_default())
    }
    /// What the city owes for it.
    async fn deliveries(&self, ctx: &Context<'_>) -> Result<Vec<Delivery>, Failure> {
        let deliveries = DeliveriesOf(Arc::clone(&self.0));
        Ok(ctx.loader().load_one(deliveries).await?.unwrap_or_default())
    }
    /// What the caller may do now.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<BookingAction>, Failure> {
        let now = ctx.app().db.clock().now();
        let actions = if self.is_mine(ctx).await? {
            self.0.actions_of_resident(now)
        } else {
            self.0.actions_of_provider(ctx.session().actor().await?, now)
        };
        Ok(actions.into_iter().map(BookingAction::from).collect())
    }
    /// Why the provider declined or cancelled it, in its words.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// Counts the changes.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on bookings.
#[derive(Default)]
pub struct BookingQuery;

#[Object]
impl BookingQuery {
    /// What a booking would cost the caller, by the same rules and refusals as `bookOffer`; nothing is held. An error
    /// carries the code of the refusal.
    #[graphql(directive = auth::apply(bookings::policy::OWN.to_string()))]
    async fn booking_preview(
        &self,
        ctx: &Context<'_>,
        occurrence_id: ID,
        voucher_id: ID,
        #[graphql(default = 1)] units: i32,
    ) -> Result<BookingPreview, Failure> {
        let actor = ctx.session().person().await?;
        let new = NewBooking {
            occurrence: id("occurrenceId", &occurrence_id)?,
            voucher: id("voucherId", &voucher_id)?,
            units,
        };
        let preview = ctx.app().bookings.preview(&actor, new).await?;
        Ok(BookingPreview::of(&preview, ctx.session().lang))
    }

    /// The bookings of the caller, oldest first.
    #[graphql(directive = auth::apply(bookings::policy::OWN.to_string()))]
    async fn my_bookings(
        &self,
        ctx: &Context<'_>,
        state: Option<BookingState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Booking>, Failure> {
        let (actor, after) = (ctx.session().person().await?, after.as_deref());
        let state = state.map(Into::into);
        let rows = ctx.app().bookings.own(&actor, state, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().bookings.count_own(&actor, state),
        )
        .await
    }

    /// The bookings of a company, oldest first; the look at its clients is recorded.
    #[graphql(directive = auth::apply(bookings::policy::DELIVER.to_string()))]
    async fn company_bookings(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        state: Option<BookingState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Booking>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let (actor, state) = (ctx.session().actor().await?, state.map(Into::into));
        let rows = ctx
            .app()
            .bookings
            .of_company(actor, company, state, page(first, after)?)
            .await?;
        let count = ctx.app().bookings.count_of_company(actor, company, state);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}
