use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use providers::{CompanyDetails, NewCompany};

use super::company::{Company, CompanyKind};
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::scalars::{DateTime, Lang, id, show};

/// A person's membership in a company.
#[derive(Clone)]
pub struct CompanyMember(Arc<providers::Member>);

impl From<providers::Member> for CompanyMember {
    fn from(member: providers::Member) -> Self {
        Self(Arc::new(member))
    }
}

/// A role in a company.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "kernel::CompanyRole")]
pub enum CompanyRole {
    /// Signs applications and binds the company.
    Signatory,
    /// Keeps the company's data, offers and bookings.
    Manager,
    /// Records deliveries.
    Recorder,
    /// Prepares applications, keeps approved data, offers and prices, sees billing.
    ServiceOwner,
    /// Completes what is approved, without prices and billing.
    Preparer,
}

/// How far a membership has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::MemberState")]
pub enum MemberState {
    /// The person says so; it gives her no right.
    Claimed,
    /// Somebody entitled has confirmed it.
    Active,
    /// It was refused or has ended.
    Removed,
}

/// What a person who claims to sign for a company says about it.
#[derive(SimpleObject)]
pub struct ClaimedCompany {
    /// Its name.
    name: String,
    /// What kind of provider it is.
    kind: CompanyKind,
    /// Its public contact address.
    email: String,
}

#[Object]
impl CompanyMember {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The company; null while the caller may not see it.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        ctx.loader().load_one(self.0.company_id).await
    }
    /// The person.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.person_id).await
    }
    /// Her role.
    async fn role(&self) -> CompanyRole {
        self.0.role.into()
    }
    /// How far it has come.
    async fn state(&self) -> MemberState {
        self.0.state.into()
    }
    /// The city whose approver confirms a signatory.
    async fn claim_city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        match self.0.claim_city_id {
            Some(city) => ctx.loader().load_one(city).await,
            None => Ok(None),
        }
    }
    /// What she says about the company, until her claim to sign for it is decided.
    async fn claimed(&self) -> Option<ClaimedCompany> {
        let details = self.0.claimed_details.clone()?;
        Some(ClaimedCompany {
            name: details.name,
            kind: details.kind.into(),
            email: details.email,
        })
    }
    /// When she asked.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// Queries on members.
#[derive(Default)]
pub struct MemberQuery;

#[Object]
impl MemberQuery {
    /// The caller's own memberships, also those that wait to be confirmed; at most 100.
    #[graphql(directive = auth::apply(providers::policy::JOIN.to_string()))]
    async fn my_companies(&self, ctx: &Context<'_>) -> Result<Vec<CompanyMember>, Failure> {
        let actor = ctx.session().person().await?;
        Ok(ctx
            .app()
            .providers
            .my_companies(&actor)
            .await?
            .into_iter()
            .map(CompanyMember::from)
            .collect())
    }

    /// The members of a company, also those who wait to be confirmed, oldest first.
    #[graphql(directive = auth::apply(providers::policy::MANAGE_MEMBERS.to_string()))]
    async fn company_members(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<CompanyMember>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().providers.members(actor, company, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().providers.count_members(actor, company),
        )
        .await
    }

    /// The claims to sign for a company that wait for an approver of the city, oldest first.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn signatory_claims(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<CompanyMember>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx
            .app()
            .providers
            .signatory_claims(actor, city, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().providers.count_signatory_claims(actor, city),
        )
        .await
    }
}

/// A company to register.
#[derive(InputObject)]
pub struct RegisterCompanyInput {
    /// The city whose approver confirms that the caller signs for the company.
    city_id: ID,
    /// Its business id, such as `0201256-6`.
    business_id: String,
    /// Its name, at most 200 characters.
    name: String,
    /// What kind of provider it is.
    kind: CompanyKind,
    /// Its public contact address.
    email: String,
    /// The account it is paid to (IBAN).
    iban: String,
    /// The language of letters to it.
    lang: Lang,
}

/// A company to work for.
#[derive(InputObject)]
pub struct JoinCompanyInput {
    /// Its business id, such as `0201256-6`.
    business_id: String,
    /// Any role but that of a signatory.
    role: CompanyRole,
}

/// A membership to decide on.
#[derive(InputObject)]
pub struct CompanyMemberInput {
    /// The membership.
    member_id: ID,
}

payload! {
    /// What a change of a membership answers.
    CompanyMemberPayload { member: CompanyMember }
}

/// Mutations on members.
#[derive(Default)]
pub struct MemberMutation;

#[Object]
impl MemberMutation {
    /// Registers a company and claims to sign for it; an approver of the city has to confirm the claim. A company that
    /// is registered already gets a further claim and does not change.
    #[graphql(directive = auth::apply(providers::policy::JOIN.to_string()))]
    async fn register_company(&self, ctx: &Context<'_>, input: RegisterCompanyInput) -> Result<CompanyMemberPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewCompany {
                city: id("cityId", &input.city_id)?,
                business_id: input.business_id,
                details: CompanyDetails {
                    name: input.name,
                    kind: input.kind.into(),
                    email: input.email,
                    iban: input.iban,
                    lang: input.lang.into(),
                },
            };
            Ok(ctx.app().providers.register_company(actor, new).await?)
        };
        CompanyMemberPayload::of(ctx, "registerCompany", result.await).await
    }

    /// Asks to work for a company; one of its signatories has to confirm it.
    #[graphql(directive = auth::apply(providers::policy::JOIN.to_string()))]
    async fn join_company(&self, ctx: &Context<'_>, input: JoinCompanyInput) -> Result<CompanyMemberPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .providers
                .join_company(actor, &input.business_id, input.role.into())
                .await?)
        };
        CompanyMemberPayload::of(ctx, "joinCompany", result.await).await
    }

    /// Confirms that a person signs for a company.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn confirm_signatory(&self, ctx: &Context<'_>, input: CompanyMemberInput) -> Result<CompanyMemberPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .providers
                .confirm_signatory(actor, id("memberId", &input.member_id)?)
                .await?)
        };
        CompanyMemberPayload::of(ctx, "confirmSignatory", result.await).await
    }

    /// Rejects a person's claim to sign for a company.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn reject_signatory(&self, ctx: &Context<'_>, input: CompanyMemberInput) -> Result<CompanyMemberPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .providers
                .reject_signatory(actor, id("memberId", &input.member_id)?)
                .await?)
        };
        CompanyMemberPayload::of(ctx, "rejectSignatory", result.await).await
    }

    /// Confirms a member, other than a signatory, of the caller's company.
    #[graphql(directive = auth::apply(providers::policy::MANAGE_MEMBERS.to_string()))]
    async fn confirm_member(&self, ctx: &Context<'_>, input: CompanyMemberInput) -> Result<CompanyMemberPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .providers
                .confirm_member(actor, id("memberId", &input.member_id)?)
                .await?)
        };
        CompanyMemberPayload::of(ctx, "confirmMember", result.await).await
    }

    /// Ends the caller's own membership or, for a signatory, one in her company. The last signatory stays.
    #[graphql(directive = auth::apply(providers::policy::REMOVE_MEMBER.to_string()))]
    async fn remove_member(&self, ctx: &Context<'_>, input: CompanyMemberInput) -> Result<CompanyMemberPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            Ok(ctx
                .app()
                .providers
                .remove_member(actor, id("memberId", &input.member_id)?)
                .await?)
        };
        CompanyMemberPayload::of(ctx, "removeMember", result.await).await
    }
}
