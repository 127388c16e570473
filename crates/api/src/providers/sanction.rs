//! What a city decides when a company does not keep to its approval, and how the company asks for rectification.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::SanctionId;
use providers::{NewSanction, policy};

use super::approval::Approval;
use super::hearing::Hearing;
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Date, DateTime, id, show};

/// A decision of a city about a company's approval. It stands for ever: what changes it is another decision.
#[derive(Clone)]
pub struct Sanction(pub(crate) Arc<providers::Sanction>);

impl From<providers::Sanction> for Sanction {
    fn from(sanction: providers::Sanction) -> Self {
        Self(Arc::new(sanction))
    }
}

/// A rung of the ladder, the lightest first, and the way down.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::SanctionStep")]
pub enum SanctionStep {
    /// The city notes what is wrong; nothing of the approval changes.
    Note,
    /// It warns; the company sells on.
    Warning,
    /// It stops new bookings; what is booked is delivered.
    BookingsStop,
    /// It suspends the approval.
    Suspension,
    /// It takes the approval away for good.
    Revocation,
    /// It lifts what it has decided before.
    Lift,
}

/// How far a request for rectification has come, or how it was ruled.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::AppealState")]
pub enum AppealState {
    /// An officer has to rule.
    Open,
    /// The decision stays as it is.
    Upheld,
    /// The decision is lifted.
    Lifted,
    /// The request is not examined.
    Dismissed,
}

/// A company's request for rectification of a decision.
#[derive(Clone, SimpleObject)]
pub struct SanctionAppeal {
    /// What it asks for and why.
    text: String,
    /// When it came.
    filed_at: DateTime,
    /// How far it has come.
    state: AppealState,
    /// The grounds of the ruling.
    grounds: Option<String>,
    /// When it was ruled.
    ruled_at: Option<DateTime>,
    /// Counts the changes; goes into `expectedVersion`.
    version: i32,
}

impl From<providers::Appeal> for SanctionAppeal {
    fn from(appeal: providers::Appeal) -> Self {
        Self {
            text: appeal.text,
            filed_at: DateTime(appeal.filed_at),
            state: appeal.state.into(),
            grounds: appeal.grounds,
            ruled_at: appeal.ruled_at.map(DateTime),
            version: appeal.version,
        }
    }
}

/// Names the request against a decision for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AppealOf(pub(crate) SanctionId);

/// Who made a decision, as it stands in it.
#[derive(SimpleObject)]
pub struct DecidedBy {
    /// Her given name.
    given_name: String,
    /// Her family name.
    family_name: String,
}

#[Object]
impl Sanction {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that decided.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The approval it is about.
    async fn approval(&self, ctx: &Context<'_>) -> Result<Option<Approval>, Failure> {
        ctx.loader().load_one(self.0.approval_id).await
    }
    /// What was decided.
    async fn step(&self) -> SanctionStep {
        self.0.step.into()
    }
    /// True for a suspension that could not wait for the hearing, which follows.
    async fn urgent(&self) -> bool {
        self.0.urgent
    }
    /// The hearing before it, or the one that follows an urgent suspension.
    async fn hearing(&self, ctx: &Context<'_>) -> Result<Option<Hearing>, Failure> {
        match self.0.hearing_id {
            Some(hearing) => ctx.loader().load_one(hearing).await,
            None => Ok(None),
        }
    }
    /// The decision that it lifts because the company asked for rectification.
    async fn appealed(&self, ctx: &Context<'_>) -> Result<Option<Sanction>, Failure> {
        match self.0.appealed_id {
            Some(appealed) => ctx.loader().load_one(appealed).await,
            None => Ok(None),
        }
    }
    /// Why.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }
    /// The rules that were applied; null for a lift.
    async fn rules(&self) -> Option<&str> {
        self.0.rules.as_deref()
    }
    /// True when the nightly check has decided, because a requirement was not met in time.
    async fn automatic(&self) -> bool {
        self.0.decided_by.is_none()
    }
    /// Who decided; null where it was decided automatically.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<Option<DecidedBy>, Failure> {
        let Some(decided_by) = self.0.decided_by else {
            return Ok(None);
        };
        let officer: Option<crate::people::Person> = ctx.loader().load_one(decided_by).await?;
        Ok(officer.map(|officer| DecidedBy {
            given_name: officer.0.given_name.clone(),
            family_name: officer.0.family_name.clone(),
        }))
    }
    /// When.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.0.decided_at)
    }
    /// The last day on which the company may ask for rectification: 30 days after the third day from its sending, on
    /// which it counts as received; null for a lift, which is not appealed.
    async fn appeal_until(&self) -> Option<Date> {
        (self.0.step != providers::SanctionStep::Lift).then_some(Date(self.0.appeal_until))
    }
    /// The company's request for rectification, if it has made one.
    async fn appeal(&self, ctx: &Context<'_>) -> Result<Option<SanctionAppeal>, Failure> {
        ctx.loader().load_one(AppealOf(self.0.id)).await
    }
}

/// Queries on decisions about approvals.
#[derive(Default)]
pub struct SanctionQuery;

#[Object]
impl SanctionQuery {
    /// The decisions of a city about approvals, oldest first; all, or those with a request for rectification on which an
    /// officer has to rule.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn sanctions(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        #[graphql(default)] to_rule: bool,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Sanction>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
        let rows = providers
            .sanctions_of_city(actor, city, to_rule, page(first, after)?)
            .await?;
        let count = providers.count_sanctions_of_city(actor, city, to_rule);
        connection(ctx, after, rows, |row| row.id, count).await
    }

    /// The decisions of all cities about a company's approvals, oldest first.
    #[graphql(directive = auth::apply(policy::SEE_APPLICATIONS.to_string()))]
    async fn company_sanctions(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Sanction>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
        let rows = providers
            .sanctions_of_company(actor, company, page(first, after)?)
            .await?;
        let count = providers.count_sanctions_of_company(actor, company);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

/// A decision to make.
#[derive(InputObject)]
pub struct ImposeSanctionInput {
    /// The approval.
    approval_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// What is decided; `reinstateApproval` lifts.
    step: SanctionStep,
    /// Why, at most 5 000 characters.
    grounds: String,
    /// The rules that are applied: statutes and sections of the rulebook, at most 5 000 characters.
    rules: String,
    /// The hearing before it; only a note needs none.
    heard: Option<HeardInput>,
}

/// The hearing before a decision.
#[derive(InputObject)]
pub struct HeardInput {
    /// The hearing.
    hearing_id: ID,
    /// The version that was read, with or without an answer.
    expected_version: i32,
}

/// A request for rectification.
#[derive(InputObject)]
pub struct AppealSanctionInput {
    /// The decision.
    sanction_id: ID,
    /// What is asked for and why, at most 5 000 characters.
    text: String,
}

/// A ruling on a request for rectification.
#[derive(InputObject)]
pub struct RuleOnAppealInput {
    /// The decision.
    sanction_id: ID,
    /// The version of the request that was read.
    expected_version: i32,
    /// How it is ruled; not `OPEN`.
    ruling: AppealState,
    /// Why, at most 5 000 characters.
    grounds: String,
}

payload! {
    /// What a decision about an approval answers.
    SanctionPayload { sanction: Sanction }
}

/// Mutations on decisions about approvals.
#[derive(Default)]
pub struct SanctionMutation;

#[Object]
impl SanctionMutation {
    /// Notes, warns, stops new bookings, suspends or revokes after the company was heard; a note needs no hearing, and a
    /// revocation is decided by another approver than the one who opened the hearing. `suspendApproval` is for what
    /// cannot wait.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn impose_sanction(&self, ctx: &Context<'_>, input: ImposeSanctionInput) -> Result<SanctionPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let heard = |heard: HeardInput| {
                Ok::<_, Failure>((id("heard.hearingId", &heard.hearing_id)?, heard.expected_version))
            };
            let new = NewSanction {
                approval: id("approvalId", &input.approval_id)?,
                expected_version: input.expected_version,
                step: input.step.into(),
                grounds: input.grounds,
                rules: input.rules,
                heard: input.heard.map(heard).transpose()?,
            };
            Ok(providers.impose_sanction(actor, new).await?)
        };
        SanctionPayload::of(ctx, "imposeSanction", result.await).await
    }

    /// Asks for rectification of a decision, once and until its last day of appeal; it holds meanwhile.
    #[graphql(directive = auth::apply(policy::ANSWER.to_string()))]
    async fn appeal_sanction(&self, ctx: &Context<'_>, input: AppealSanctionInput) -> Result<SanctionPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let sanction = id("sanctionId", &input.sanction_id)?;
            Ok(providers.appeal_sanction(actor, sanction, &input.text).await?)
        };
        SanctionPayload::of(ctx, "appealSanction", result.await).await
    }

    /// Rules on a request for rectification; not the officer who decided. Lifting the decision reinstates the approval
    /// unless something has happened to it since.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn rule_on_appeal(&self, ctx: &Context<'_>, input: RuleOnAppealInput) -> Result<SanctionPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let sanction = id("sanctionId", &input.sanction_id)?;
            let (version, ruling) = (input.expected_version, input.ruling.into());
            Ok(providers
                .rule_on_appeal(actor, sanction, version, ruling, &input.grounds)
                .await?)
        };
        SanctionPayload::of(ctx, "ruleOnAppeal", result.await).await
    }
}
