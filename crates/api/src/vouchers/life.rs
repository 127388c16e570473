//! What becomes of a voucher after its grant.

use async_graphql::{Context, ID, InputObject, Object, Result};
use vouchers::NewMove;

use super::VoucherPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::scalars::{Date, id};

/// A voucher to refuse.
#[derive(InputObject)]
pub struct DeclineVoucherInput {
    /// The voucher.
    voucher_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

/// A voucher to suspend.
#[derive(InputObject)]
pub struct SuspendVoucherInput {
    /// The voucher.
    voucher_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Why, at most 2 000 characters.
    reason: String,
}

/// A suspension to end.
#[derive(InputObject)]
pub struct ReinstateVoucherInput {
    /// The voucher.
    voucher_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Why, at most 2 000 characters.
    reason: String,
}

/// A resident's move to another municipality.
#[derive(InputObject)]
pub struct RecordMoveInput {
    /// One of her vouchers, which says who she is and which city she leaves.
    voucher_id: ID,
    /// Her last day as a resident, at most 366 days before or after today.
    moved_on: Date,
    /// How this is known, at most 2 000 characters.
    reason: String,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

/// Mutations on the life of vouchers.
#[derive(Default)]
pub struct LifeMutation;

#[Object]
impl LifeMutation {
    /// Refuses a voucher of the caller while it has not been used; its officers see to the service otherwise.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn decline_voucher(&self, ctx: &Context<'_>, input: DeclineVoucherInput) -> Result<VoucherPayload> {
        let result = async {
            let actor = ctx.session().person().await?;
            let voucher = id("voucherId", &input.voucher_id)?;
            let (key, version) = (&input.idempotency_key, input.expected_version);
            Ok(ctx.app().vouchers.decline(&actor, key, voucher, version).await?)
        };
        VoucherPayload::of(ctx, "declineVoucher", result.await).await
    }

    /// Suspends a voucher: it pays for no new booking, and those that are made go on.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn suspend_voucher(&self, ctx: &Context<'_>, input: SuspendVoucherInput) -> Result<VoucherPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (voucher, version) = (id("voucherId", &input.voucher_id)?, input.expected_version);
            let vouchers = &ctx.app().vouchers;
            Ok(vouchers.suspend(actor, voucher, version, &input.reason).await?)
        };
        VoucherPayload::of(ctx, "suspendVoucher", result.await).await
    }

    /// Ends the suspension of a voucher of somebody else.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn reinstate_voucher(&self, ctx: &Context<'_>, input: ReinstateVoucherInput) -> Result<VoucherPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (voucher, version) = (id("voucherId", &input.voucher_id)?, input.expected_version);
            let vouchers = &ctx.app().vouchers;
            Ok(vouchers.reinstate(actor, voucher, version, &input.reason).await?)
        };
        VoucherPayload::of(ctx, "reinstateVoucher", result.await).await
    }

    /// Records that a resident moves away: all her vouchers of the city end with that day, or today when it has passed, and
    /// bookings of later days are released.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn record_move(&self, ctx: &Context<'_>, input: RecordMoveInput) -> Result<VoucherPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewMove {
                voucher: id("voucherId", &input.voucher_id)?,
                moved_on: input.moved_on.0,
                reason: input.reason,
            };
            Ok(ctx
                .app()
                .vouchers
                .record_move(actor, &input.idempotency_key, new)
                .await?)
        };
        VoucherPayload::of(ctx, "recordMove", result.await).await
    }
}
