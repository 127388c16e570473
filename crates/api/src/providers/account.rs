//! The account that a company is paid to, changed by two persons.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use kernel::CompanyId;
use providers::policy;

use super::company::{Company, PublicCompany};
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{DateTime, id, show};

/// An account that one person has proposed for a company and another has to confirm.
#[derive(Clone)]
pub struct BankAccountChange(Arc<providers::AccountChange>);

impl From<providers::AccountChange> for BankAccountChange {
    fn from(change: providers::AccountChange) -> Self {
        Self(Arc::new(change))
    }
}

/// How far the change of an account has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::AccountChangeState")]
pub enum BankAccountChangeState {
    /// A second person has to confirm it.
    Proposed,
    /// Settlement runs that are made from now on pay to this account.
    Confirmed,
    /// It was taken back.
    Withdrawn,
    /// Nobody has confirmed it in time, and another one was proposed.
    Expired,
}

/// Names the account that waits to be confirmed for a company, for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountChangeOf(pub(crate) CompanyId);

#[Object]
impl BankAccountChange {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The company.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        let company = self.0.company_id;
        match ctx.loader().load_one(company).await? {
            Some(company) => Ok(Some(company)),
            None => ctx.loader().load_one(PublicCompany(company)).await,
        }
    }
    /// The account (IBAN), without spaces.
    async fn iban(&self) -> &str {
        &self.0.iban
    }
    /// How far it has come.
    async fn state(&self) -> BankAccountChangeState {
        self.0.state.into()
    }
    /// When it was proposed.
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.0.proposed_at)
    }
    /// Until when it can be confirmed.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// An account to propose.
#[derive(InputObject)]
pub struct ProposeBankAccountInput {
    /// The company.
    company_id: ID,
    /// The version of the company that was read.
    expected_version: i32,
    /// The account it is to be paid to (IBAN).
    iban: String,
}

/// A proposed account.
#[derive(InputObject)]
pub struct BankAccountChangeInput {
    /// The change.
    account_change_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of an account answers.
    BankAccountChangePayload { account_change: BankAccountChange }
}

/// Mutations on accounts.
#[derive(Default)]
pub struct BankAccountMutation;

#[Object]
impl BankAccountMutation {
    /// Proposes another account for a company to be paid to; its contact address is told. A second person has to confirm
    /// it within 30 days.
    #[graphql(directive = auth::apply(policy::PROPOSE_ACCOUNT.to_string()))]
    async fn propose_bank_account(
        &self,
        ctx: &Context<'_>,
        input: ProposeBankAccountInput,
    ) -> Result<BankAccountChangePayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let company = id("companyId", &input.company_id)?;
            Ok(providers
                .propose_account(actor, company, input.expected_version, &input.iban)
                .await?)
        };
        BankAccountChangePayload::of(ctx, "proposeBankAccount", result.await).await
    }

    /// Confirms a proposed account as a second person; settlement runs that are made from now on pay to it.
    #[graphql(directive = auth::apply(policy::CONFIRM_ACCOUNT.to_string()))]
    async fn confirm_bank_account(
        &self,
        ctx: &Context<'_>,
        input: BankAccountChangeInput,
    ) -> Result<BankAccountChangePayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let change = id("accountChangeId", &input.account_change_id)?;
            Ok(providers.confirm_account(actor, change, input.expected_version).await?)
        };
        BankAccountChangePayload::of(ctx, "confirmBankAccount", result.await).await
    }

    /// Takes a proposed account back.
    #[graphql(directive = auth::apply(policy::PROPOSE_ACCOUNT.to_string()))]
    async fn withdraw_bank_account(
        &self,
        ctx: &Context<'_>,
        input: BankAccountChangeInput,
    ) -> Result<BankAccountChangePayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let change = id("accountChangeId", &input.account_change_id)?;
            Ok(providers
                .withdraw_account(actor, change, input.expected_version)
                .await?)
        };
        BankAccountChangePayload::of(ctx, "withdrawBankAccount", result.await).await
    }
}
