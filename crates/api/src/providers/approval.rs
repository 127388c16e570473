use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::{ApplicationId, ApprovalId, CompanyId, ProgrammeId};
use providers::{ApprovalTerms, Register, Reliance};

use super::company::Company;
use super::resignation::{Resignation, ResignationOf};
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::offers::Offer;
use crate::programmes::Programme;
use crate::scalars::{Date, DateTime, id, optional_id, show};

/// A company's approval in a programme, a decision of one city.
#[derive(Clone)]
pub struct Approval(pub(crate) Arc<providers::Approval>);

impl From<providers::Approval> for Approval {
    fn from(approval: providers::Approval) -> Self {
        Self(Arc::new(approval))
    }
}

/// How an approval stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::ApprovalState")]
pub enum ApprovalState {
    /// The company may sell within its days of validity.
    Active,
    /// It may sell, but a requirement is not met: the city looks into it.
    Warned,
    /// No new bookings until the city lifts it; what is booked is delivered.
    BookingsStopped,
    /// No offers and no new bookings until the city lifts it.
    Suspended,
    /// The city has taken it away for good.
    Revoked,
    /// The company has resigned, and its last day has passed.
    Resigned,
    /// Its days are over and a new one has taken its place.
    Expired,
}

/// What can be done with an approval.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::ApprovalEvent")]
pub enum ApprovalAction {
    /// A requirement is not met any more, or the city warns.
    Warn,
    /// The requirements are met again.
    Clear,
    /// The city stops new bookings.
    StopBookings,
    /// The city suspends it.
    Suspend,
    /// The city lifts the warning, the stop or the suspension.
    Reinstate,
    /// The city revokes it.
    Revoke,
    /// A new approval takes its place after its last day.
    Expire,
    /// The city notes what is wrong.
    Note,
    /// The city lifts its last decision upon a request for rectification.
    Annul,
    /// The last day of a company that has resigned has passed.
    Resign,
}

/// The time during which an approval stood in one state.
#[derive(Clone, SimpleObject)]
pub struct ApprovalPeriod {
    /// The state.
    state: ApprovalState,
    /// Why the city decided so.
    reason: String,
    /// When it began.
    from: DateTime,
    /// When the next one began; null for the present one.
    until: Option<DateTime>,
}

impl From<providers::ApprovalPeriod> for ApprovalPeriod {
    fn from(period: providers::ApprovalPeriod) -> Self {
        Self {
            state: period.state.into(),
            reason: period.reason,
            from: DateTime(period.from_at),
            until: period.until_at.map(DateTime),
        }
    }
}

/// Names the approval that followed from an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApprovalOf(pub(crate) ApplicationId);

/// Names the periods of an approval for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeriodsOf(pub(crate) ApprovalId);

/// Names what a company sells in a programme for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServicesOf(pub(crate) CompanyId, pub(crate) ProgrammeId);

#[Object]
impl Approval {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that decided.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// The company.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        ctx.loader().load_one(self.0.company_id).await
    }
    /// What the catalogue shows today of the company in the programme, with today's prices, the oldest offer first and at
    /// most 100; also beside an approval of a past day, for there is no history of prices.
    async fn services(&self, ctx: &Context<'_>) -> Result<Vec<Offer>, Failure> {
        let key = ServicesOf(self.0.company_id, self.0.programme_id);
        Ok(ctx.loader().load_one(key).await?.unwrap_or_default())
    }
    /// How it stands now.
    async fn state(&self) -> ApprovalState {
        self.0.state.into()
    }
    /// What the caller may do with it now.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<ApprovalAction>, Failure> {
        let actor = ctx.session().actor().await?;
        Ok(self
            .0
            .allowed_actions(actor)
            .into_iter()
            .map(ApprovalAction::from)
            .collect())
    }
    /// The first day on which it counts.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }
    /// The last day on which it counts.
    async fn valid_until(&self) -> Date {
        Date(self.0.valid_until)
    }
    /// Why the city approved; null for everybody but its approvers and the company's signatories and managers.
    async fn grounds(&self, ctx: &Context<'_>) -> Result<Option<&str>, Failure> {
        Ok(self.0.grounds_for(ctx.session().actor().await?))
    }
    /// Since when the nightly check has found a requirement unmet; 30 days later the approval is suspended. Null for
    /// everybody who does not see the grounds.
    async fn failing_since(&self, ctx: &Context<'_>) -> Result<Option<Date>, Failure> {
        let sees = self.0.grounds_for(ctx.session().actor().await?).is_some();
        Ok(self.0.failing_since.filter(|_| sees).map(Date))
    }
    /// What the company has to keep to beside the programme's terms.
    async fn conditions(&self) -> Option<&str> {
        self.0.conditions.as_deref()
    }
    /// The first digits of the postal codes where it may serve; empty for everywhere.
    async fn area(&self) -> &[String] {
        self.0.area.as_ref().map_or(&[], |area| area.0.as_slice())
    }
    /// The codes of the municipalities where it may serve; empty for the whole city.
    async fn municipalities(&self) -> &[String] {
        let municipalities = self.0.municipalities.as_ref();
        municipalities.map_or(&[], |municipalities| municipalities.0.as_slice())
    }
    /// The approval of another city that it relies on; null where it relies on none, or where the caller may not see that.
    async fn relies_on(&self, ctx: &Context<'_>) -> Result<Option<Approval>, Failure> {
        match self.0.relies_on {
            Some(origin) => ctx.loader().load_one(origin).await,
            None => Ok(None),
        }
    }
    /// How it has stood and why, oldest first; empty for everybody who does not see the grounds.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<ApprovalPeriod>, Failure> {
        Ok(ctx.loader().load_one(PeriodsOf(self.0.id)).await?.unwrap_or_default())
    }
    /// The company's newest resignation; null for everybody who does not see the grounds.
    async fn resignation(&self, ctx: &Context<'_>) -> Result<Option<Resignation>, Failure> {
        ctx.loader().load_one(ResignationOf(self.0.id)).await
    }
    /// When it was decided.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.0.decided_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on approvals.
#[derive(Default)]
pub struct ApprovalQuery;

#[Object]
impl ApprovalQuery {
    /// The register of providers approved in a city, oldest approval first. A past day is shown as it stood at its
    /// end, today as it stands now.
    #[graphql(directive = auth::apply(providers::policy::LIST_APPROVED.to_string()))]
    async fn approved_providers(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        programme_id: Option<ID>,
        day: Option<Date>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Approval>, Failure> {
        let programme = optional_id("programmeId", programme_id.as_ref())?;
        let register = Register {
            city: id("cityId", &city_id)?,
            programme,
            day: day.map(|day| day.0),
        };
        let (providers, after) = (&ctx.app().providers, after.as_deref());
        let rows = providers.approved(register, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, providers.count_approved(register)).await
    }
}

/// An application to approve.
#[derive(InputObject)]
pub struct ApproveApplicationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The first day on which the approval counts.
    valid_from: Date,
    /// The last day on which it counts, today or later.
    valid_until: Date,
    /// The grounds of the decision, at most 5 000 characters.
    grounds: String,
    /// What the company has to keep to beside the programme's terms, at most 5 000 characters.
    conditions: Option<String>,
    /// The first digits, one to five, of the postal codes where it may serve, at most 100; everywhere where there are
    /// none.
    #[graphql(default)]
    area: Vec<String>,
    /// The codes of the municipalities where it may serve, three digits each; the whole city where there are none.
    #[graphql(default)]
    municipalities: Vec<String>,
}

/// An approval of another city to rely on.
#[derive(InputObject)]
pub struct AcceptApprovalInput {
    /// The other city's approval.
    rely_on: ID,
    /// The version of it that was read.
    expected_version: i32,
    /// The programme of the own city, of the same service class.
    programme_id: ID,
    /// The first day on which the own approval counts.
    valid_from: Date,
    /// The last day on which it counts, today or later and not after the other approval's.
    valid_until: Date,
    /// The grounds of the decision, at most 5 000 characters.
    grounds: String,
    /// What the company has to keep to beside the programme's terms, at most 5 000 characters.
    conditions: Option<String>,
    /// The first digits, one to five, of the postal codes where it may serve, at most 100; everywhere where there are
    /// none.
    #[graphql(default)]
    area: Vec<String>,
    /// The codes of the municipalities where it may serve, three digits each; the whole city where there are none.
    #[graphql(default)]
    municipalities: Vec<String>,
}

/// A decision on an approval.
#[derive(InputObject)]
pub struct ApprovalInput {
    /// The approval.
    approval_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Why, at most 5 000 characters.
    reason: String,
}

payload! {
    /// What a decision on an approval answers.
    ApprovalPayload { approval: Approval }
}

/// Mutations on approvals.
#[derive(Default)]
pub struct ApprovalMutation;

#[Object]
impl ApprovalMutation {
    /// Approves a company for a programme.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn approve_application(&self, ctx: &Context<'_>, input: ApproveApplicationInput) -> Result<ApprovalPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            let terms = ApprovalTerms {
                valid_from: input.valid_from.0,
                valid_until: input.valid_until.0,
                grounds: input.grounds,
                conditions: input.conditions,
                area: input.area,
                municipalities: input.municipalities,
            };
            Ok(providers
                .approve_application(actor, application, input.expected_version, terms)
                .await?)
        };
        ApprovalPayload::of(ctx, "approveApplication", result.await).await
    }

    /// Approves a company for a programme because another city has approved it for one of the same service class.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn accept_approval(&self, ctx: &Context<'_>, input: AcceptApprovalInput) -> Result<ApprovalPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let new = Reliance {
                approval: id("relyOn", &input.rely_on)?,
                expected_version: input.expected_version,
                programme: id("programmeId", &input.programme_id)?,
                terms: ApprovalTerms {
                    valid_from: input.valid_from.0,
                    valid_until: input.valid_until.0,
                    grounds: input.grounds,
                    conditions: input.conditions,
                    area: input.area,
                    municipalities: input.municipalities,
                },
            };
            Ok(providers.accept_approval(actor, new).await?)
        };
        ApprovalPayload::of(ctx, "acceptApproval", result.await).await
    }

    /// Suspends an approval at once, where hearing the company first would endanger people or the purpose of the decision
    /// (434/2003 34 § 2 mom.); the hearing follows.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn suspend_approval(&self, ctx: &Context<'_>, input: ApprovalInput) -> Result<ApprovalPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let approval = id("approvalId", &input.approval_id)?;
            Ok(providers
                .suspend_approval(actor, approval, input.expected_version, &input.reason)
                .await?)
        };
        ApprovalPayload::of(ctx, "suspendApproval", result.await).await
    }

    /// Lifts the suspension of an approval, its stop of new bookings or its warning.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn reinstate_approval(&self, ctx: &Context<'_>, input: ApprovalInput) -> Result<ApprovalPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let approval = id("approvalId", &input.approval_id)?;
            Ok(providers
                .reinstate_approval(actor, approval, input.expected_version, &input.reason)
                .await?)
        };
        ApprovalPayload::of(ctx, "reinstateApproval", result.await).await
    }
}
