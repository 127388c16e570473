//! The consent of every guardian of a child to an application.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, Result};
use vouchers::ConsentsOf;

use super::application::VoucherApplicationPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::loaders::Batch;
use crate::scalars::id;

impl Loader<ConsentsOf> for Batch {
    type Value = usize;
    type Error = Failure;

    async fn load(&self, keys: &[ConsentsOf]) -> Result<HashMap<ConsentsOf, usize>, Failure> {
        Ok(self.0.app.vouchers.consents_missing(keys).await?)
    }
}

/// An application for a child to consent to.
#[derive(InputObject)]
pub struct ConsentToVoucherApplicationInput {
    /// The application.
    application_id: ID,
}

/// Mutations on consents.
#[derive(Default)]
pub struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Consents as a guardian who acts for the child to what another guardian, or the child, has applied for. Twice is as
    /// once.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn consent_to_voucher_application(
        &self,
        ctx: &Context<'_>,
        input: ConsentToVoucherApplicationInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            Ok(vouchers
                .consent(&actor, id("applicationId", &input.application_id)?)
                .await?)
        };
        VoucherApplicationPayload::of(ctx, "consentToVoucherApplication", result.await).await
    }
}
