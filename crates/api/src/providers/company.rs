use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use kernel::CompanyId;
use providers::CompanyChange;

use super::account::{AccountChangeOf, BankAccountChange};
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Lang, id, show};

/// A company or an association that sells services, one for all cities.
#[derive(Clone)]
pub struct Company(Arc<providers::Company>);

/// Names a company as everybody sees it, for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicCompany(pub(crate) CompanyId);

impl From<providers::Company> for Company {
    fn from(company: providers::Company) -> Self {
        Self(Arc::new(company))
    }
}

/// What kind of provider it is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::CompanyKind")]
pub enum CompanyKind {
    /// A business.
    Company,
    /// A registered association.
    Association,
}

#[Object]
impl Company {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// Its business id, seven digits, a hyphen and a check digit.
    async fn business_id(&self) -> &str {
        &self.0.business_id
    }
    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// What kind of provider it is.
    async fn kind(&self) -> CompanyKind {
        self.0.kind.into()
    }
    /// Its public contact address.
    async fn email(&self) -> &str {
        &self.0.email
    }
    /// The language of letters to it.
    async fn lang(&self) -> Lang {
        self.0.lang.into()
    }
    /// The account it is paid to, without spaces; null for everybody but those who see its billing data.
    #[graphql(directive = auth::apply(providers::policy::SEE_ACCOUNT.to_string()))]
    async fn iban(&self, ctx: &Context<'_>) -> Result<Option<&str>, Failure> {
        Ok(self.0.account_for(ctx.session().actor().await?))
    }
    /// The account that waits for a second person to confirm it; null where none does, and for everybody but those who see
    /// the billing data and approvers who may confirm it.
    #[graphql(directive = auth::apply(providers::policy::SEE_ACCOUNT_CHANGE.to_string()))]
    async fn account_change(&self, ctx: &Context<'_>) -> Result<Option<BankAccountChange>, Failure> {
        ctx.loader().load_one(AccountChangeOf(self.0.id)).await
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on companies.
#[derive(Default)]
pub struct CompanyQuery;

#[Object]
impl CompanyQuery {
    /// A company by its id; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(providers::policy::SEE_COMPANY.to_string()))]
    async fn company(&self, ctx: &Context<'_>, company_id: ID) -> Result<Option<Company>, Failure> {
        let company: kernel::CompanyId = id("companyId", &company_id)?;
        ctx.loader().load_one(company).await
    }
}

/// A company to change.
#[derive(InputObject)]
pub struct UpdateCompanyInput {
    /// The company.
    company_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Its name, at most 200 characters.
    name: String,
    /// Its public contact address; the one before is told when it changes.
    email: String,
    /// The language of letters to it.
    lang: Lang,
}

payload! {
    /// What a change of a company answers.
    CompanyPayload { company: Company }
}

/// Mutations on companies.
#[derive(Default)]
pub struct CompanyMutation;

#[Object]
impl CompanyMutation {
    /// Changes a company's name, contact address or language.
    #[graphql(directive = auth::apply(providers::policy::MANAGE_COMPANY.to_string()))]
    async fn update_company(&self, ctx: &Context<'_>, input: UpdateCompanyInput) -> Result<CompanyPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let company = id("companyId", &input.company_id)?;
            let change = CompanyChange {
                name: input.name,
                email: input.email,
                lang: input.lang.into(),
            };
            Ok(ctx
                .app()
                .providers
                .update_company(actor, company, input.expected_version, change)
                .await?)
        };
        CompanyPayload::of(ctx, "updateCompany", result.await).await
    }
}
