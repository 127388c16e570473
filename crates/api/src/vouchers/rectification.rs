//! Requests for rectification of decisions.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use kernel::{DecisionId, RectificationId};
use vouchers::{Circumstances, NewRequest, NewVerdict, Ruling, Verdict, policy};

use super::RaiseInput;
use super::decision::{VoucherDecision, VoucherDecisionPayload};
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::loaders::{Batch, grouped};
use crate::people::Person;
use crate::scalars::{Cents, DateTime, id, show};
use crate::values::AssessmentInput;

/// A resident's request for rectification of a decision (oikaisuvaatimus).
#[derive(Clone)]
pub struct Rectification(pub(crate) Arc<vouchers::Rectification>);

impl From<vouchers::Rectification> for Rectification {
    fn from(request: vouchers::Rectification) -> Self {
        Self(Arc::new(request))
    }
}

/// How far a request for rectification has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::RectificationState")]
pub enum RectificationState {
    /// The resident has sent it.
    Submitted,
    /// She has taken it back.
    Withdrawn,
    /// The city has decided on it.
    Decided,
}

/// What can be done with a request for rectification.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::RectificationEvent")]
pub enum RectificationAction {
    /// The resident takes it back.
    Withdraw,
    /// The city decides on it.
    Decide,
}

/// Names the requests about a decision for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RectificationsOf(pub(crate) DecisionId);

impl Loader<RectificationId> for Batch {
    type Value = Rectification;
    type Error = Failure;

    async fn load(&self, keys: &[RectificationId]) -> Result<HashMap<RectificationId, Rectification>, Failure> {
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.rectifications_by_ids(actor, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<RectificationsOf> for Batch {
    type Value = Vec<Rectification>;
    type Error = Failure;

    async fn load(&self, keys: &[RectificationsOf]) -> Result<HashMap<RectificationsOf, Vec<Rectification>>, Failure> {
        let decisions: Vec<_> = keys.iter().map(|key| key.0).collect();
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.rectifications_of(actor, &decisions).await?;
        Ok(grouped(
            rows.into_iter()
                .map(|row| (RectificationsOf(row.decision_id), row.into())),
        ))
    }
}

#[Object]
impl Rectification {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that decides.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The decision it is about; the look at it is recorded.
    async fn decision(&self, ctx: &Context<'_>) -> Result<Option<VoucherDecision>, Failure> {
        ctx.loader().load_one(self.0.decision_id).await
    }
    /// Whom the decision is about.
    async fn resident(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.resident_id).await
    }
    /// What should be changed.
    async fn demand(&self) -> &str {
        &self.0.demand
    }
    /// Why.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }
    /// True when it came after the last day that the decision names.
    async fn is_late(&self) -> bool {
        self.0.late
    }
    /// How far it has come.
    async fn state(&self) -> RectificationState {
        self.0.state.into()
    }
    /// What the caller may do with it now.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<RectificationAction>, Failure> {
        let actions = self.0.allowed_actions(ctx.session().actor().await?);
        Ok(actions.into_iter().map(Into::into).collect())
    }
    /// When it was sent.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A request for rectification to send.
#[derive(InputObject)]
pub struct RequestRectificationInput {
    /// The decision.
    decision_id: ID,
    /// What should be changed, at most 5 000 characters.
    demand: String,
    /// Why, at most 5 000 characters.
    grounds: String,
}

/// A request for rectification to take back.
#[derive(InputObject)]
pub struct WithdrawRectificationInput {
    /// The request.
    request_id: ID,
    /// The version that was read.
    expected_version: i32,
}

/// What is decided on a request for rectification.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum RectificationVerdict {
    /// It is accepted: the voucher that was refused is granted, or what the granted one pays is raised.
    Accept,
    /// The decision stays as it is.
    Uphold,
    /// The request came too late and is not examined.
    NotExamined,
}

/// A decision on a request for rectification.
#[derive(InputObject)]
pub struct DecideRectificationInput {
    /// The request.
    request_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// What is decided.
    verdict: RectificationVerdict,
    /// The grounds of the decision, at most 2 000 characters.
    grounds: String,
    /// The rules applied: statutes and the city's own, at most 2 000 characters.
    rules_applied: String,
    /// Who tells more: name, number or address, at most 300 characters.
    contact: String,
    /// The situation as the officer has assessed it anew, where the request is accepted.
    assessment: Option<AssessmentInput>,
    /// What the voucher may pay in all from now on, where the request is accepted and the rule values each visit; never
    /// less than before.
    amount: Option<Cents>,
    /// What it grants in all from now on in a programme in visits or hours: thousandths of a visit, or minutes; never less
    /// than before.
    quantity: Option<i32>,
    /// A raise of the value for the sake of livelihood or social care, where the request is accepted.
    raise: Option<RaiseInput>,
    /// On what grounds the conditions of the programme are taken as met about which nothing is recorded, at most 2 000
    /// characters.
    eligibility_confirmed: Option<String>,
    /// 16 to 64 characters of the caller's choice; the same key never decides twice.
    idempotency_key: String,
}

impl DecideRectificationInput {
    fn read(self) -> Result<(String, NewVerdict), Failure> {
        let circumstances = Circumstances {
            accepts_without_income: self
                .assessment
                .as_ref()
                .is_some_and(|assessed| assessed.accepts_without_income),
            assessment: self.assessment.map(Into::into),
            amount: self.amount.map(|cents| cents.0),
            quantity: self.quantity,
            raise: self.raise.map(Into::into),
        };
        let verdict = NewVerdict {
            request: id("requestId", &self.request_id)?,
            expected_version: self.expected_version,
            ruling: Ruling {
                grounds: self.grounds,
                rules_applied: self.rules_applied,
                contact: self.contact,
            },
            verdict: match self.verdict {
                RectificationVerdict::Accept => Verdict::Accept(circumstances),
                RectificationVerdict::Uphold => Verdict::Uphold,
                RectificationVerdict::NotExamined => Verdict::NotExamined,
            },
            eligibility_confirmed: self.eligibility_confirmed,
        };
        Ok((self.idempotency_key, verdict))
    }
}

/// Queries on requests for rectification.
#[derive(Default)]
pub struct RectificationQuery;

#[Object]
impl RectificationQuery {
    /// The requests for rectification to a city, oldest first; the looks are recorded.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn rectifications(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        state: Option<RectificationState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Rectification>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
        let state = state.map(Into::into);
        let rows = vouchers.rectifications(actor, city, state, page(first, after)?).await?;
        let count = vouchers.count_rectifications(actor, city, state);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

payload! {
    /// What a change of a request for rectification answers.
    RectificationPayload { request: Rectification }
}

/// Mutations on requests for rectification.
#[derive(Default)]
pub struct RectificationMutation;

#[Object]
impl RectificationMutation {
    /// Asks for rectification of a decision about the caller or whom she acts for.
    #[graphql(directive = auth::apply(policy::OWN.to_string()))]
    async fn request_rectification(
        &self,
        ctx: &Context<'_>,
        input: RequestRectificationInput,
    ) -> Result<RectificationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            let new = NewRequest {
                decision: id("decisionId", &input.decision_id)?,
                demand: input.demand,
                grounds: input.grounds,
            };
            Ok(vouchers.request_rectification(&actor, new).await?)
        };
        RectificationPayload::of(ctx, "requestRectification", result.await).await
    }

    /// Takes a request for rectification back that is not decided.
    #[graphql(directive = auth::apply(policy::OWN.to_string()))]
    async fn withdraw_rectification(
        &self,
        ctx: &Context<'_>,
        input: WithdrawRectificationInput,
    ) -> Result<RectificationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            let request = id("requestId", &input.request_id)?;
            Ok(vouchers
                .withdraw_rectification(&actor, request, input.expected_version)
                .await?)
        };
        RectificationPayload::of(ctx, "withdrawRectification", result.await).await
    }

    /// Decides on a request for rectification; another officer does than the one who made the decision. What a voucher
    /// gains leaves the programme's budget at once, and the decision is frozen.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn decide_rectification(
        &self,
        ctx: &Context<'_>,
        input: DecideRectificationInput,
    ) -> Result<VoucherDecisionPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let (key, verdict) = input.read()?;
            Ok(vouchers.decide_rectification(actor, &key, verdict).await?)
        };
        VoucherDecisionPayload::of(ctx, "decideRectification", result.await).await
    }
}
