//! Residents' applications for vouchers.

mod inputs;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::VoucherApplicationId;
use vouchers::{NewApplication, NewGrant, QueueFilter, Rejection, Ruling};

use super::attachment::{AttachmentsOf, VoucherAttachment};
use super::decision::{DecisionsOn, VoucherDecision, VoucherDecisionPayload};
use super::waiting::{VoucherWaiting, WaitingOf};
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::programmes::Programme;
use crate::scalars::{Cents, DateTime, id, show};
use inputs::{
    ApplyForVoucherInput, GrantVoucherApplicationInput, ProvideVoucherInformationInput, RejectVoucherApplicationInput,
    RequestVoucherInformationInput, WithdrawVoucherApplicationInput,
};

/// A resident's application for a voucher of a programme.
#[derive(Clone)]
pub struct VoucherApplication(pub(crate) Arc<vouchers::Application>);

impl From<vouchers::Application> for VoucherApplication {
    fn from(application: vouchers::Application) -> Self {
        Self(Arc::new(application))
    }
}

/// How far an application for a voucher has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::ApplicationState")]
pub enum VoucherApplicationState {
    /// The resident has sent it.
    Submitted,
    /// The city wants to know more.
    InfoRequested,
    /// The resident has answered.
    InfoProvided,
    /// The city has granted a voucher.
    Granted,
    /// The city has said no.
    Rejected,
    /// The resident has taken it back.
    Withdrawn,
    /// The budget does not carry it: it is on the waiting list.
    Waiting,
    /// Money came back and is set aside for it, until the resident accepts or her time is over.
    Offered,
    /// The resident has not answered an offer in time.
    Lapsed,
}

/// What can be done with an application for a voucher.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::ApplicationEvent")]
pub enum VoucherApplicationAction {
    /// The city asks a question.
    RequestInformation,
    /// The resident answers it.
    ProvideInformation,
    /// The city grants a voucher.
    Grant,
    /// The city rejects.
    Reject,
    /// The resident withdraws; an offer is declined by that.
    Withdraw,
    /// The city puts it on the waiting list, or gives it another place there.
    Waitlist,
    /// The resident accepts an offer from the waiting list.
    Accept,
}

/// What a message about an application for a voucher is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::MessageKind")]
pub enum VoucherMessageKind {
    /// The city asks.
    Question,
    /// The resident answers.
    Answer,
}

/// What a city and a resident wrote to each other about an application.
#[derive(Clone, SimpleObject)]
pub struct VoucherMessage {
    /// What it is.
    kind: VoucherMessageKind,
    /// Its text.
    text: String,
    /// When.
    at: DateTime,
}

impl From<vouchers::Message> for VoucherMessage {
    fn from(message: vouchers::Message) -> Self {
        Self {
            kind: message.kind.into(),
            text: message.text,
            at: DateTime(message.at),
        }
    }
}

/// Names the messages of an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VoucherMessagesOf(pub(crate) VoucherApplicationId);

#[Object]
impl VoucherApplication {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that decides.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// For whom the voucher is meant.
    async fn resident(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.resident_id).await
    }
    /// How far it has come.
    async fn state(&self) -> VoucherApplicationState {
        self.0.state.into()
    }
    /// What the caller may do with it now.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<VoucherApplicationAction>, Failure> {
        let actions = self.0.allowed_actions(ctx.session().actor().await?);
        Ok(actions.into_iter().map(VoucherApplicationAction::from).collect())
    }
    /// Why a voucher is asked for.
    async fn statement(&self) -> &str {
        &self.0.statement
    }
    /// The gross income of the household in a month, as the resident has told it.
    async fn monthly_income(&self) -> Option<Cents> {
        let told = self.0.assessment.as_ref();
        told.and_then(|told| told.monthly_income).map(Cents)
    }
    /// The persons of the household, as the resident has told them.
    async fn household_size(&self) -> Option<i32> {
        self.0.assessment.as_ref().map(|told| told.household_size)
    }
    /// Questions and answers, oldest first.
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<VoucherMessage>, Failure> {
        let messages = ctx.loader().load_one(VoucherMessagesOf(self.0.id)).await?;
        Ok(messages.unwrap_or_default())
    }
    /// The files that came with it, oldest first.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<VoucherAttachment>, Failure> {
        let attachments = ctx.loader().load_one(AttachmentsOf(self.0.id)).await?;
        Ok(attachments.unwrap_or_default())
    }
    /// How many guardians of a child have neither sent it nor consented; it can be granted without them where the programme
    /// does not ask for all of them.
    async fn consents_missing(&self, ctx: &Context<'_>) -> Result<usize, Failure> {
        let of = vouchers::ConsentsOf {
            application: self.0.id,
            resident: self.0.resident_id,
            sender: self.0.created_by,
        };
        Ok(ctx.loader().load_one(of).await?.unwrap_or_default())
    }
    /// The decision, and those on requests for its rectification, in the order of time.
    async fn decisions(&self, ctx: &Context<'_>) -> Result<Vec<VoucherDecision>, Failure> {
        let decisions = ctx.loader().load_one(DecisionsOn(self.0.id)).await?;
        Ok(decisions.unwrap_or_default())
    }
    /// Its place on the waiting list; null when it is not there.
    async fn waiting(&self, ctx: &Context<'_>) -> Result<Option<VoucherWaiting>, Failure> {
        ctx.loader().load_one(WaitingOf(self.0.id)).await
    }
    /// How many whole days ago it was sent.
    async fn age_days(&self, ctx: &Context<'_>) -> i64 {
        self.0.age_days(ctx.app().db.clock().now())
    }
    /// When it was sent.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// When it changed last.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Which applications of a city are asked for; all when nothing is given.
#[derive(InputObject, Default)]
pub struct VoucherApplicationFilter {
    /// Those to one programme.
    programme_id: Option<ID>,
    /// Those in one state.
    state: Option<VoucherApplicationState>,
    /// Those sent at least so many days ago, 0 to 3 650.
    older_than_days: Option<i32>,
}

/// Queries on applications for vouchers.
#[derive(Default)]
pub struct VoucherApplicationQuery;

#[Object]
impl VoucherApplicationQuery {
    /// The caller's applications for vouchers, oldest first.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn my_voucher_applications(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<VoucherApplication>, Failure> {
        let (actor, after) = (ctx.session().person().await?, after.as_deref());
        let vouchers = &ctx.app().vouchers;
        let rows = vouchers.own_applications(&actor, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, vouchers.count_own_applications(&actor)).await
    }

    /// An application for a voucher by its id; null when there is none or the caller may not see it. Looks at those of
    /// others are recorded.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn voucher_application(
        &self,
        ctx: &Context<'_>,
        application_id: ID,
    ) -> Result<Option<VoucherApplication>, Failure> {
        vouchers::policy::OWN.own(&ctx.session().person().await?)?;
        let application: VoucherApplicationId = id("applicationId", &application_id)?;
        ctx.loader().load_one(application).await
    }

    /// The applications for vouchers to a city, oldest first; the look is recorded.
    #[graphql(directive = auth::apply(vouchers::policy::SEE.to_string()))]
    async fn voucher_applications(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        filter: Option<VoucherApplicationFilter>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<VoucherApplication>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let asked = filter.unwrap_or_default();
        let programme = asked.programme_id.as_ref();
        let filter = QueueFilter {
            programme: programme.map(|programme| id("programmeId", programme)).transpose()?,
            state: asked.state.map(Into::into),
            older_than_days: asked.older_than_days,
        };
        let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
        let rows = vouchers.queue(actor, city, filter, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            vouchers.count_queue(actor, city, filter),
        )
        .await
    }
}

payload! {
    /// What a change of an application for a voucher answers.
    VoucherApplicationPayload { application: VoucherApplication }
}

/// Mutations on applications for vouchers.
#[derive(Default)]
pub struct VoucherApplicationMutation;

#[Object]
impl VoucherApplicationMutation {
    /// Applies for a voucher of a published programme.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn apply_for_voucher(
        &self,
        ctx: &Context<'_>,
        input: ApplyForVoucherInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let actor = ctx.session().person().await?;
            let told = input.assessment.as_ref();
            let new = NewApplication {
                programme: id("programmeId", &input.programme_id)?,
                statement: input.statement,
                accepts_without_income: told.is_some_and(|told| told.accepts_without_income),
                assessment: input.assessment.map(Into::into),
            };
            Ok(ctx.app().vouchers.apply(&actor, new).await?)
        };
        VoucherApplicationPayload::of(ctx, "applyForVoucher", result.await).await
    }

    /// Takes an application back that is not decided.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn withdraw_voucher_application(
        &self,
        ctx: &Context<'_>,
        input: WithdrawVoucherApplicationInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            let application = id("applicationId", &input.application_id)?;
            Ok(vouchers
                .withdraw_application(&actor, application, input.expected_version)
                .await?)
        };
        VoucherApplicationPayload::of(ctx, "withdrawVoucherApplication", result.await).await
    }

    /// Answers the city's question.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn provide_voucher_information(
        &self,
        ctx: &Context<'_>,
        input: ProvideVoucherInformationInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            let application = id("applicationId", &input.application_id)?;
            Ok(vouchers
                .provide_information(&actor, application, input.expected_version, &input.answer)
                .await?)
        };
        VoucherApplicationPayload::of(ctx, "provideVoucherInformation", result.await).await
    }

    /// Asks the resident for more information.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn request_voucher_information(
        &self,
        ctx: &Context<'_>,
        input: RequestVoucherInformationInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let application = id("applicationId", &input.application_id)?;
            Ok(vouchers
                .request_information(actor, application, input.expected_version, &input.question)
                .await?)
        };
        VoucherApplicationPayload::of(ctx, "requestVoucherInformation", result.await).await
    }

    /// Grants a voucher on an application; what it may pay leaves the programme's budget at once, and the decision is
    /// frozen.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn grant_voucher_application(
        &self,
        ctx: &Context<'_>,
        input: GrantVoucherApplicationInput,
    ) -> Result<VoucherDecisionPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let assessed = input.assessment.as_ref();
            let new = NewGrant {
                application: id("applicationId", &input.application_id)?,
                expected_version: input.expected_version,
                ruling: Ruling {
                    grounds: input.grounds,
                    rules_applied: input.rules_applied,
                    contact: input.contact,
                },
                accepts_without_income: assessed.is_some_and(|assessed| assessed.accepts_without_income),
                assessment: input.assessment.map(Into::into),
                amount: input.amount.map(|cents| cents.0),
                quantity: input.quantity,
                raise: input.raise.map(Into::into),
                eligibility_confirmed: input.eligibility_confirmed,
            };
            Ok(vouchers.grant_application(actor, &input.idempotency_key, new).await?)
        };
        VoucherDecisionPayload::of(ctx, "grantVoucherApplication", result.await).await
    }

    /// Rejects an application; the decision is frozen.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn reject_voucher_application(
        &self,
        ctx: &Context<'_>,
        input: RejectVoucherApplicationInput,
    ) -> Result<VoucherDecisionPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let new = Rejection {
                application: id("applicationId", &input.application_id)?,
                expected_version: input.expected_version,
                ruling: Ruling {
                    grounds: input.grounds,
                    rules_applied: input.rules_applied,
                    contact: input.contact,
                },
            };
            Ok(vouchers.reject_application(actor, new).await?)
        };
        VoucherDecisionPayload::of(ctx, "rejectVoucherApplication", result.await).await
    }
}
