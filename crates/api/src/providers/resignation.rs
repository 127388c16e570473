//! Companies that resign from a programme with notice.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use kernel::ApprovalId;
use providers::policy;

use super::approval::Approval;
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Date, DateTime, id, show};

/// A company's word that it stops in a programme after a day.
#[derive(Clone)]
pub struct Resignation(pub(crate) Arc<providers::Resignation>);

impl From<providers::Resignation> for Resignation {
    fn from(resignation: providers::Resignation) -> Self {
        Self(Arc::new(resignation))
    }
}

/// How far a resignation has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::ResignationState")]
pub enum ResignationState {
    /// The company sells until its last day.
    Notice,
    /// The company stays.
    TakenBack,
    /// The last day has passed.
    Effective,
}

/// Names the newest resignation about an approval for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResignationOf(pub(crate) ApprovalId);

#[Object]
impl Resignation {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city of the programme.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The approval that ends.
    async fn approval(&self, ctx: &Context<'_>) -> Result<Option<Approval>, Failure> {
        ctx.loader().load_one(self.0.approval_id).await
    }
    /// How far it has come.
    async fn state(&self) -> ResignationState {
        self.0.state.into()
    }
    /// The last day on which the company delivers.
    async fn last_day(&self) -> Date {
        Date(self.0.last_day)
    }
    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }
    /// When notice was given.
    async fn given_at(&self) -> DateTime {
        DateTime(self.0.given_at)
    }
    /// When it was taken back or its last day had passed.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on resignations.
#[derive(Default)]
pub struct ResignationQuery;

#[Object]
impl ResignationQuery {
    /// The resignations in a city, oldest first.
    #[graphql(directive = auth::apply(policy::REVIEW.to_string()))]
    async fn resignations(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Resignation>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
        let rows = providers.resignations(actor, city, page(first, after)?).await?;
        let count = providers.count_resignations(actor, city);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

/// A resignation to give.
#[derive(InputObject)]
pub struct ResignFromProgrammeInput {
    /// The approval.
    approval_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The last day on which the company delivers: 30 days ahead or more, and before the approval's own last day.
    last_day: Date,
    /// Why, at most 5 000 characters.
    reason: String,
}

/// A resignation to take back.
#[derive(InputObject)]
pub struct TakeBackResignationInput {
    /// The resignation.
    resignation_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of a resignation answers.
    ResignationPayload { resignation: Resignation }
}

/// Mutations on resignations.
#[derive(Default)]
pub struct ResignationMutation;

#[Object]
impl ResignationMutation {
    /// Resigns from a programme after a day. From now on the approval ends on that day; those who have booked later visits
    /// are told.
    #[graphql(directive = auth::apply(policy::APPLY.to_string()))]
    async fn resign_from_programme(
        &self,
        ctx: &Context<'_>,
        input: ResignFromProgrammeInput,
    ) -> Result<ResignationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let approval = id("approvalId", &input.approval_id)?;
            Ok(providers
                .resign(actor, approval, input.expected_version, input.last_day.0, &input.reason)
                .await?)
        };
        ResignationPayload::of(ctx, "resignFromProgramme", result.await).await
    }

    /// Takes a resignation back until the end of its last day.
    #[graphql(directive = auth::apply(policy::APPLY.to_string()))]
    async fn take_back_resignation(
        &self,
        ctx: &Context<'_>,
        input: TakeBackResignationInput,
    ) -> Result<ResignationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let resignation = id("resignationId", &input.resignation_id)?;
            Ok(providers
                .take_back_resignation(actor, resignation, input.expected_version)
                .await?)
        };
        ResignationPayload::of(ctx, "takeBackResignation", result.await).await
    }
}
