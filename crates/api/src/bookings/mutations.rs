//! What residents and providers do to bookings.

use async_graphql::{Context, ID, InputObject, Object, Result};
use bookings::{NewBooking, NewDelivery};

use super::Booking;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::payload;
use crate::scalars::id;

/// What a resident books.
#[derive(InputObject)]
pub struct BookOfferInput {
    /// The occurrence of the offer.
    occurrence_id: ID,
    /// The voucher that pays.
    voucher_id: ID,
    /// How many places, 1 to 10.
    #[graphql(default = 1)]
    units: i32,
    /// 16 to 64 characters of the caller's choice; the same key never books twice.
    idempotency_key: String,
}

/// A booking that somebody answers or renews.
#[derive(InputObject)]
pub struct BookingInput {
    /// The booking.
    booking_id: ID,
}

/// A booking that its resident cancels.
#[derive(InputObject)]
pub struct CancelBookingInput {
    /// The booking.
    booking_id: ID,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

/// A booking that its provider gives up.
#[derive(InputObject)]
pub struct GiveUpBookingInput {
    /// The booking.
    booking_id: ID,
    /// Why, at most 500 characters.
    reason: String,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

/// A delivery to record.
#[derive(InputObject)]
pub struct RecordDeliveryInput {
    /// The booking.
    booking_id: ID,
    /// The resident's one-time code.
    code: String,
    /// The company's own reference, at most 35 characters.
    claim_reference: Option<String>,
    /// 16 to 64 characters of the caller's choice; the same key never records twice.
    idempotency_key: String,
}

payload! {
    /// What a change of a booking answers.
    BookingPayload { booking: Booking }
}

/// Mutations on bookings.
#[derive(Default)]
pub struct BookingMutation;

#[Object]
impl BookingMutation {
    /// Books: takes places and reserves the voucher's share at once.
    #[graphql(directive = auth::apply(bookings::policy::OWN.to_string()))]
    async fn book_offer(&self, ctx: &Context<'_>, input: BookOfferInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().person().await?;
            let new = NewBooking {
                occurrence: id("occurrenceId", &input.occurrence_id)?,
                voucher: id("voucherId", &input.voucher_id)?,
                units: input.units,
            };
            Ok(ctx.app().bookings.book(&actor, &input.idempotency_key, new).await?)
        };
        BookingPayload::of(ctx, "bookOffer", result.await).await
    }

    /// Cancels a booking of the caller: free until its deadline, then for the programme's late fee.
    #[graphql(directive = auth::apply(bookings::policy::OWN.to_string()))]
    async fn cancel_booking(&self, ctx: &Context<'_>, input: CancelBookingInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().person().await?;
            let booking = id("bookingId", &input.booking_id)?;
            Ok(ctx
                .app()
                .bookings
                .cancel(&actor, &input.idempotency_key, booking)
                .await?)
        };
        BookingPayload::of(ctx, "cancelBooking", result.await).await
    }

    /// Gives a booking of the caller a new one-time code and unlocks it after wrong ones.
    #[graphql(directive = auth::apply(bookings::policy::OWN.to_string()))]
    async fn renew_delivery_code(&self, ctx: &Context<'_>, input: BookingInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().person().await?;
            Ok(ctx
                .app()
                .bookings
                .renew_code(&actor, id("bookingId", &input.booking_id)?)
                .await?)
        };
        BookingPayload::of(ctx, "renewDeliveryCode", result.await).await
    }

    /// Agrees to a booking of the caller's company.
    #[graphql(directive = auth::apply(bookings::policy::MANAGE.to_string()))]
    async fn confirm_booking(&self, ctx: &Context<'_>, input: BookingInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .bookings
                .confirm(actor, id("bookingId", &input.booking_id)?)
                .await?)
        };
        BookingPayload::of(ctx, "confirmBooking", result.await).await
    }

    /// Refuses a booking of the caller's company; places and money go back.
    #[graphql(directive = auth::apply(bookings::policy::MANAGE.to_string()))]
    async fn decline_booking(&self, ctx: &Context<'_>, input: GiveUpBookingInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let booking = id("bookingId", &input.booking_id)?;
            Ok(ctx
                .app()
                .bookings
                .decline(actor, &input.idempotency_key, booking, &input.reason)
                .await?)
        };
        BookingPayload::of(ctx, "declineBooking", result.await).await
    }

    /// Cancels a booking of the caller's company; places and money go back whatever the hour.
    #[graphql(directive = auth::apply(bookings::policy::MANAGE.to_string()))]
    async fn cancel_booking_as_provider(&self, ctx: &Context<'_>, input: GiveUpBookingInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let booking = id("bookingId", &input.booking_id)?;
            Ok(ctx
                .app()
                .bookings
                .cancel_as_provider(actor, &input.idempotency_key, booking, &input.reason)
                .await?)
        };
        BookingPayload::of(ctx, "cancelBookingAsProvider", result.await).await
    }

    /// Records that the service was given, proved by the resident's one-time code.
    #[graphql(directive = auth::apply(bookings::policy::DELIVER.to_string()))]
    async fn record_delivery(&self, ctx: &Context<'_>, input: RecordDeliveryInput) -> Result<BookingPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewDelivery {
                booking: id("bookingId", &input.booking_id)?,
                code: input.code,
                claim_reference: input.claim_reference,
            };
            Ok(ctx.app().bookings.deliver(actor, &input.idempotency_key, new).await?)
        };
        BookingPayload::of(ctx, "recordDelivery", result.await).await
    }
}
