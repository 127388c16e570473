//! Bookings that no approval of their company covers any more.

use async_graphql::{Context, ID, InputObject, Object, Result};
use bookings::policy;

use super::Booking;
use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::providers::Approval;
use crate::scalars::id;

/// Queries on bookings that no approval covers.
#[derive(Default)]
pub struct ReleaseQuery;

#[Object]
impl ReleaseQuery {
    /// The open bookings of a company in the programme of one of its approvals that it may not deliver, because it is
    /// suspended, revoked or resigned, oldest first; the look at each resident is recorded.
    #[graphql(directive = auth::apply(policy::RELEASE.to_string()))]
    async fn bookings_to_release(
        &self,
        ctx: &Context<'_>,
        approval_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Booking>, Failure> {
        let (approval, after) = (id("approvalId", &approval_id)?, after.as_deref());
        let (actor, bookings) = (ctx.session().actor().await?, &ctx.app().bookings);
        let rows = bookings.uncovered(actor, approval, page(first, after)?).await?;
        let count = bookings.count_uncovered(actor, approval);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

/// The bookings to release.
#[derive(InputObject)]
pub struct ReleaseBookingsInput {
    /// The approval by which the company sold.
    approval_id: ID,
    /// What the residents read, at most 500 characters.
    reason: String,
}

payload! {
    /// What a release of bookings answers.
    ReleaseBookingsPayload { approval: Approval }
}

/// Mutations on bookings that no approval covers.
#[derive(Default)]
pub struct ReleaseMutation;

#[Object]
impl ReleaseMutation {
    /// Cancels what `bookingsToRelease` lists, one after the other: voucher shares go back whole, and the residents are
    /// told.
    #[graphql(directive = auth::apply(policy::RELEASE.to_string()))]
    async fn release_bookings(&self, ctx: &Context<'_>, input: ReleaseBookingsInput) -> Result<ReleaseBookingsPayload> {
        let result = async {
            let (actor, bookings) = (ctx.session().actor().await?, &ctx.app().bookings);
            let approval = id("approvalId", &input.approval_id)?;
            Ok(bookings.release(actor, approval, &input.reason).await?)
        };
        ReleaseBookingsPayload::of(ctx, "releaseBookings", result.await).await
    }
}
