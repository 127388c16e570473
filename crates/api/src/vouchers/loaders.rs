//! Applications for vouchers and decisions looked up in batches.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{DecisionId, VoucherApplicationId};

use super::application::{VoucherApplication, VoucherMessage, VoucherMessagesOf};
use super::decision::{DecisionsOn, VoucherDecision};
use crate::error::Failure;
use crate::loaders::{Batch, grouped};

impl Loader<VoucherApplicationId> for Batch {
    type Value = VoucherApplication;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[VoucherApplicationId],
    ) -> Result<HashMap<VoucherApplicationId, VoucherApplication>, Failure> {
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.applications_by_ids(actor, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<VoucherMessagesOf> for Batch {
    type Value = Vec<VoucherMessage>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[VoucherMessagesOf],
    ) -> Result<HashMap<VoucherMessagesOf, Vec<VoucherMessage>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .vouchers
            .messages(self.0.actor().await?, &applications)
            .await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (VoucherMessagesOf(row.application_id), row.into())),
        ))
    }
}

impl Loader<DecisionId> for Batch {
    type Value = VoucherDecision;
    type Error = Failure;

    async fn load(&self, keys: &[DecisionId]) -> Result<HashMap<DecisionId, VoucherDecision>, Failure> {
        let rows = self
            .0
            .app
            .vouchers
            .decisions_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<DecisionsOn> for Batch {
    type Value = Vec<VoucherDecision>;
    type Error = Failure;

    async fn load(&self, keys: &[DecisionsOn]) -> Result<HashMap<DecisionsOn, Vec<VoucherDecision>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.decisions_on(actor, &applications).await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (DecisionsOn(row.application_id), row.into())),
        ))
    }
}
