//! Hearings of companies before decisions that burden them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use providers::{Hear, policy};

use super::approval::Approval;
use super::sanction::SanctionStep;
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Date, DateTime, id, show};

/// What a city means to decide about a company's approval and why, and what the company says to it.
#[derive(Clone)]
pub struct Hearing(pub(crate) Arc<providers::Hearing>);

impl From<providers::Hearing> for Hearing {
    fn from(hearing: providers::Hearing) -> Self {
        Self(Arc::new(hearing))
    }
}

/// How far a hearing has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::HearingState")]
pub enum HearingState {
    /// The company may answer.
    Open,
    /// It has.
    Answered,
    /// A decision has followed.
    Decided,
    /// The city has ended it without one.
    Closed,
}

#[Object]
impl Hearing {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that hears.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The approval it is about.
    async fn approval(&self, ctx: &Context<'_>) -> Result<Option<Approval>, Failure> {
        ctx.loader().load_one(self.0.approval_id).await
    }
    /// The heaviest decision that may follow.
    async fn step(&self) -> SanctionStep {
        self.0.step.into()
    }
    /// Why.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }
    /// The last day on which the city waits for an answer.
    async fn answer_by(&self) -> Date {
        Date(self.0.answer_by)
    }
    /// How far it has come.
    async fn state(&self) -> HearingState {
        self.0.state.into()
    }
    /// When it was opened.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }
    /// What the company says.
    async fn answer(&self) -> Option<&str> {
        self.0.answer.as_deref()
    }
    /// When it said so.
    async fn answered_at(&self) -> Option<DateTime> {
        self.0.answered_at.map(DateTime)
    }
    /// Why it ended without a decision.
    async fn outcome(&self) -> Option<&str> {
        self.0.outcome.as_deref()
    }
    /// When it ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on hearings.
#[derive(Default)]
pub struct HearingQuery;

#[Object]
impl HearingQuery {
    /// The hearings of a city, oldest first.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn hearings(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        state: Option<HearingState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Hearing>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
        let state = state.map(Into::into);
        let rows = providers
            .hearings_of_city(actor, city, state, page(first, after)?)
            .await?;
        let count = providers.count_hearings_of_city(actor, city, state);
        connection(ctx, after, rows, |row| row.id, count).await
    }

    /// The hearings of a company in all cities, oldest first.
    #[graphql(directive = auth::apply(policy::SEE_APPLICATIONS.to_string()))]
    async fn company_hearings(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Hearing>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
        let rows = providers
            .hearings_of_company(actor, company, page(first, after)?)
            .await?;
        let count = providers.count_hearings_of_company(actor, company);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

/// A hearing to open.
#[derive(InputObject)]
pub struct OpenHearingInput {
    /// The approval.
    approval_id: ID,
    /// The heaviest decision that may follow; a warning or more.
    step: SanctionStep,
    /// Why, at most 5 000 characters.
    grounds: String,
    /// For how many days the city waits for an answer, 7 to 60.
    #[graphql(default_with = "providers::HEARING_DAYS")]
    answer_days: i32,
}

/// The company's answer.
#[derive(InputObject)]
pub struct AnswerHearingInput {
    /// The hearing.
    hearing_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// What the company says, at most 5 000 characters.
    answer: String,
}

/// A hearing to end.
#[derive(InputObject)]
pub struct CloseHearingInput {
    /// The hearing.
    hearing_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Why no decision follows, at most 5 000 characters.
    outcome: String,
}

payload! {
    /// What a change of a hearing answers.
    HearingPayload { hearing: Hearing }
}

/// Mutations on hearings.
#[derive(Default)]
pub struct HearingMutation;

#[Object]
impl HearingMutation {
    /// Hears a company before a warning or something heavier; its signatories and managers are told by mail.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn open_hearing(&self, ctx: &Context<'_>, input: OpenHearingInput) -> Result<HearingPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let approval = id("approvalId", &input.approval_id)?;
            let hear = Hear {
                step: input.step.into(),
                grounds: input.grounds,
                days: input.answer_days,
            };
            Ok(providers.open_hearing(actor, approval, hear).await?)
        };
        HearingPayload::of(ctx, "openHearing", result.await).await
    }

    /// Answers a hearing of the caller's company, once and before the city decides.
    #[graphql(directive = auth::apply(policy::ANSWER.to_string()))]
    async fn answer_hearing(&self, ctx: &Context<'_>, input: AnswerHearingInput) -> Result<HearingPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let hearing = id("hearingId", &input.hearing_id)?;
            Ok(providers
                .answer_hearing(actor, hearing, input.expected_version, &input.answer)
                .await?)
        };
        HearingPayload::of(ctx, "answerHearing", result.await).await
    }

    /// Ends a hearing from which no decision follows; the company is told by mail.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn close_hearing(&self, ctx: &Context<'_>, input: CloseHearingInput) -> Result<HearingPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let hearing = id("hearingId", &input.hearing_id)?;
            Ok(providers
                .close_hearing(actor, hearing, input.expected_version, &input.outcome)
                .await?)
        };
        HearingPayload::of(ctx, "closeHearing", result.await).await
    }
}
