//! Companies and what is decided about them, looked up in batches.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{ApplicationId, ApprovalId, CompanyId, HearingId, ResignationId, SanctionId};

use super::{
    AccountChangeOf, AppealOf, Application, ApplicationMessage, Approval, ApprovalOf, ApprovalPeriod,
    BankAccountChange, ChecklistItem, ChecklistOf, Company, Hearing, MessagesOf, PeriodsOf, PublicCompany, Resignation,
    ResignationOf, Sanction, SanctionAppeal, ServicesOf,
};
use crate::error::Failure;
use crate::loaders::{Batch, grouped};
use crate::offers::Offer;

impl Loader<CompanyId> for Batch {
    type Value = Company;
    type Error = Failure;

    async fn load(&self, keys: &[CompanyId]) -> Result<HashMap<CompanyId, Company>, Failure> {
        let rows = self
            .0
            .app
            .providers
            .companies_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<PublicCompany> for Batch {
    type Value = Company;
    type Error = Failure;

    async fn load(&self, keys: &[PublicCompany]) -> Result<HashMap<PublicCompany, Company>, Failure> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .companies_by_ids(&kernel::Actor::nobody(""), &ids)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (PublicCompany(row.id), row.into()))
            .collect())
    }
}

impl Loader<AccountChangeOf> for Batch {
    type Value = BankAccountChange;
    type Error = Failure;

    async fn load(&self, keys: &[AccountChangeOf]) -> Result<HashMap<AccountChangeOf, BankAccountChange>, Failure> {
        let companies: Vec<_> = keys.iter().map(|key| key.0).collect();
        let providers = &self.0.app.providers;
        let rows = providers.account_changes(self.0.actor().await?, &companies).await?;
        Ok(rows
            .into_iter()
            .map(|row| (AccountChangeOf(row.company_id), row.into()))
            .collect())
    }
}

impl Loader<ApplicationId> for Batch {
    type Value = Application;
    type Error = Failure;

    async fn load(&self, keys: &[ApplicationId]) -> Result<HashMap<ApplicationId, Application>, Failure> {
        let rows = self
            .0
            .app
            .providers
            .applications_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<MessagesOf> for Batch {
    type Value = Vec<ApplicationMessage>;
    type Error = Failure;

    async fn load(&self, keys: &[MessagesOf]) -> Result<HashMap<MessagesOf, Vec<ApplicationMessage>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .messages(self.0.actor().await?, &applications)
            .await?;
        Ok(grouped(
            rows.into_iter().map(|row| (MessagesOf(row.application_id), row.into())),
        ))
    }
}

impl Loader<ChecklistOf> for Batch {
    type Value = Vec<ChecklistItem>;
    type Error = Failure;

    async fn load(&self, keys: &[ChecklistOf]) -> Result<HashMap<ChecklistOf, Vec<ChecklistItem>>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .checklists(self.0.actor().await?, &applications)
            .await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (ChecklistOf(row.application_id), row.into())),
        ))
    }
}

impl Loader<ApprovalId> for Batch {
    type Value = Approval;
    type Error = Failure;

    async fn load(&self, keys: &[ApprovalId]) -> Result<HashMap<ApprovalId, Approval>, Failure> {
        let rows = self
            .0
            .app
            .providers
            .approvals_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ApprovalOf> for Batch {
    type Value = Approval;
    type Error = Failure;

    async fn load(&self, keys: &[ApprovalOf]) -> Result<HashMap<ApprovalOf, Approval>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .providers
            .approvals_of_applications(self.0.actor().await?, &applications)
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| Some((ApprovalOf(row.application_id?), row.into())))
            .collect())
    }
}

impl Loader<PeriodsOf> for Batch {
    type Value = Vec<ApprovalPeriod>;
    type Error = Failure;

    async fn load(&self, keys: &[PeriodsOf]) -> Result<HashMap<PeriodsOf, Vec<ApprovalPeriod>>, Failure> {
        let approvals: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.providers.periods(self.0.actor().await?, &approvals).await?;
        Ok(grouped(
            rows.into_iter().map(|row| (PeriodsOf(row.approval_id), row.into())),
        ))
    }
}

impl Loader<SanctionId> for Batch {
    type Value = Sanction;
    type Error = Failure;

    async fn load(&self, keys: &[SanctionId]) -> Result<HashMap<SanctionId, Sanction>, Failure> {
        let providers = &self.0.app.providers;
        let rows = providers.sanctions_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<AppealOf> for Batch {
    type Value = SanctionAppeal;
    type Error = Failure;

    async fn load(&self, keys: &[AppealOf]) -> Result<HashMap<AppealOf, SanctionAppeal>, Failure> {
        let sanctions: Vec<_> = keys.iter().map(|key| key.0).collect();
        let providers = &self.0.app.providers;
        let rows = providers.appeals_of(self.0.actor().await?, &sanctions).await?;
        Ok(rows
            .into_iter()
            .map(|row| (AppealOf(row.sanction_id), row.into()))
            .collect())
    }
}

impl Loader<HearingId> for Batch {
    type Value = Hearing;
    type Error = Failure;

    async fn load(&self, keys: &[HearingId]) -> Result<HashMap<HearingId, Hearing>, Failure> {
        let providers = &self.0.app.providers;
        let rows = providers.hearings_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ResignationId> for Batch {
    type Value = Resignation;
    type Error = Failure;

    async fn load(&self, keys: &[ResignationId]) -> Result<HashMap<ResignationId, Resignation>, Failure> {
        let providers = &self.0.app.providers;
        let rows = providers.resignations_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<ResignationOf> for Batch {
    type Value = Resignation;
    type Error = Failure;

    async fn load(&self, keys: &[ResignationOf]) -> Result<HashMap<ResignationOf, Resignation>, Failure> {
        let approvals: Vec<_> = keys.iter().map(|key| key.0).collect();
        let providers = &self.0.app.providers;
        let rows = providers.resignations_of(self.0.actor().await?, &approvals).await?;
        // The newest of each comes last.
        Ok(rows
            .into_iter()
            .map(|row| (ResignationOf(row.approval_id), row.into()))
            .collect())
    }
}

impl Loader<ServicesOf> for Batch {
    type Value = Vec<Offer>;
    type Error = Failure;

    async fn load(&self, keys: &[ServicesOf]) -> Result<HashMap<ServicesOf, Vec<Offer>>, Failure> {
        let approved: Vec<_> = keys.iter().map(|key| (key.0, key.1)).collect();
        let rows = self.0.app.offers.services_of(&approved).await?;
        let key = |offer: &offers::Offer| ServicesOf(offer.company_id, offer.programme_id);
        Ok(grouped(rows.into_iter().map(|row| (key(&row), row.into()))))
    }
}
