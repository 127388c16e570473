use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::RunId;
use settlement::policy;

use super::statement::{Payment, Statement};
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::scalars::{Date, DateTime, Money, id, show};

/// A settlement run of a city over one month.
#[derive(Clone)]
pub struct SettlementRun(pub(crate) Arc<settlement::Run>);

impl From<settlement::Run> for SettlementRun {
    fn from(run: settlement::Run) -> Self {
        Self(Arc::new(run))
    }
}

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::RunState")]
pub enum SettlementRunState {
    /// One clerk has made it; no money has moved.
    Draft,
    /// Another clerk has confirmed it: its lines never change again.
    Confirmed,
    /// The payment file exists and the bank's answers are awaited.
    Sent,
    /// The bank has decided on every payment and at least one failed; what failed comes with the next run.
    PartlyFailed,
    /// The bank has paid every payment.
    Paid,
    /// It was given up before it was sent.
    Cancelled,
}

/// Why a company was left out of a run.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::SetAsideReason")]
pub enum SetAsideReason {
    /// Its account number is missing or wrong.
    NoValidIban,
    /// Nothing above zero is to be paid.
    NothingToPay,
    /// More than one SEPA payment carries.
    AmountTooLarge,
}

/// A company that a run left out; the next run takes its deliveries.
#[derive(Clone, SimpleObject)]
pub struct SetAside {
    /// The company.
    company_id: ID,
    /// Its name at that time.
    company_name: String,
    /// What it would have been paid.
    total: Money,
    /// Why it was left out.
    reason: SetAsideReason,
}

impl From<settlement::SetAside> for SetAside {
    fn from(row: settlement::SetAside) -> Self {
        Self {
            company_id: show(row.company_id),
            company_name: row.company_name,
            total: Money(row.total_cents),
            reason: row.reason.into(),
        }
    }
}

/// Names the companies left out of a run for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SetAsideOf(pub(crate) RunId);

/// Names the total of a run for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TotalOf(pub(crate) RunId);

/// What the statements of a run add up to.
#[derive(Clone, Copy, SimpleObject)]
pub struct RunTotal {
    /// How many statements it has.
    pub(crate) statements: i32,
    /// What is paid.
    pub(crate) amount: Money,
}

/// The orders of a run to the city's bank, ISO 20022 `pain.001.001.09`.
#[derive(SimpleObject)]
pub struct PaymentFile {
    /// A name for the file.
    name: String,
    /// The file; the same at every download.
    content: String,
    /// The SHA-256 of the content in hexadecimal.
    sha256: String,
}

impl From<settlement::StoredFile> for PaymentFile {
    fn from(file: settlement::StoredFile) -> Self {
        Self {
            name: file.name,
            content: file.content,
            sha256: file.sha256,
        }
    }
}

#[Object]
impl SettlementRun {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that pays.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The first day of the month.
    async fn period_from(&self) -> Date {
        Date(self.0.period_from)
    }
    /// The last day of the month; older deliveries that no run has taken belong to it too.
    async fn period_until(&self) -> Date {
        Date(self.0.period_until)
    }
    /// How far it has come.
    async fn state(&self) -> SettlementRunState {
        self.0.state.into()
    }
    /// The clerk who made it.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.created_by).await
    }
    /// The other clerk who confirmed it.
    async fn confirmed_by(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        match self.0.confirmed_by {
            Some(clerk) => ctx.loader().load_one(clerk).await,
            None => Ok(None),
        }
    }
    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
    /// What its statements add up to.
    async fn total(&self, ctx: &Context<'_>) -> Result<RunTotal, Failure> {
        let none = RunTotal {
            statements: 0,
            amount: Money(kernel::Cents::ZERO),
        };
        Ok(ctx.loader().load_one(TotalOf(self.0.id)).await?.unwrap_or(none))
    }
    /// The companies it had to leave out.
    async fn set_aside(&self, ctx: &Context<'_>) -> Result<Vec<SetAside>, Failure> {
        Ok(ctx.loader().load_one(SetAsideOf(self.0.id)).await?.unwrap_or_default())
    }
    /// Its statements, oldest first.
    async fn statements(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Statement>, Failure> {
        let (actor, after) = (ctx.session().actor().await?, after.as_deref());
        let settlement = &ctx.app().settlement;
        let rows = settlement
            .statements_of_run(actor, self.0.id, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            settlement.count_statements_of_run(actor, self.0.id),
        )
        .await
    }
    /// Its payments, oldest first; none before it is confirmed.
    async fn payments(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Payment>, Failure> {
        let (actor, after) = (ctx.session().actor().await?, after.as_deref());
        let settlement = &ctx.app().settlement;
        let rows = settlement.payments(actor, self.0.id, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            settlement.count_payments(actor, self.0.id),
        )
        .await
    }
    /// Its payment file; none before it is sent.
    async fn payment_file(&self, ctx: &Context<'_>) -> Result<Option<PaymentFile>, Failure> {
        let actor = ctx.session().actor().await?;
        Ok(ctx
            .app()
            .settlement
            .payment_file(actor, self.0.id)
            .await?
            .map(PaymentFile::from))
    }
}

/// Queries on runs.
#[derive(Default)]
pub struct RunQuery;

#[Object]
impl RunQuery {
    /// The settlement runs of a city, oldest first.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn settlement_runs(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<SettlementRun>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().settlement.runs(actor, city, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().settlement.count_runs(actor, city),
        )
        .await
    }

    /// A settlement run; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn settlement_run(&self, ctx: &Context<'_>, run_id: ID) -> Result<Option<SettlementRun>, Failure> {
        let run: RunId = id("runId", &run_id)?;
        ctx.loader().load_one(run).await
    }
}

/// A month to settle.
#[derive(InputObject)]
pub struct CreateSettlementRunInput {
    /// The city.
    city_id: ID,
    /// The calendar year.
    year: i32,
    /// The month, 1 to 12; it must have ended in the city.
    month: i32,
    /// 16 to 64 characters chosen by the client; the same key again gives the same answer.
    idempotency_key: String,
}

/// A run to confirm, cancel or send.
#[derive(InputObject)]
pub struct SettlementRunInput {
    /// The run.
    run_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters chosen by the client; the same key again gives the same answer.
    idempotency_key: String,
}

payload! {
    /// What a change of a run answers.
    SettlementRunPayload { run: SettlementRun }
}

/// Mutations on runs.
#[derive(Default)]
pub struct RunMutation;

#[Object]
impl RunMutation {
    /// Makes the run of a month that has ended: a statement for each company over what no run has taken.
    #[graphql(directive = auth::apply(policy::SETTLE.to_string()))]
    async fn create_settlement_run(
        &self,
        ctx: &Context<'_>,
        input: CreateSettlementRunInput,
    ) -> Result<SettlementRunPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let city = id("cityId", &input.city_id)?;
            // A negative month is outside 1 to 12 as well.
            let month = u32::try_from(input.month).unwrap_or(0);
            let settlement = &ctx.app().settlement;
            Ok(settlement
                .create_run(actor, &input.idempotency_key, city, input.year, month)
                .await?)
        };
        SettlementRunPayload::of(ctx, "createSettlementRun", result.await).await
    }

    /// Confirms a draft of another clerk; what is owed is on its way from now on.
    #[graphql(directive = auth::apply(policy::SETTLE.to_string()))]
    async fn confirm_settlement_run(
        &self,
        ctx: &Context<'_>,
        input: SettlementRunInput,
    ) -> Result<SettlementRunPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let run = id("runId", &input.run_id)?;
            Ok(ctx
                .app()
                .settlement
                .confirm_run(actor, &input.idempotency_key, run, input.expected_version)
                .await?)
        };
        SettlementRunPayload::of(ctx, "confirmSettlementRun", result.await).await
    }

    /// Gives up a run that was not sent; its deliveries are free for another run.
    #[graphql(directive = auth::apply(policy::SETTLE.to_string()))]
    async fn cancel_settlement_run(
        &self,
        ctx: &Context<'_>,
        input: SettlementRunInput,
    ) -> Result<SettlementRunPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let run = id("runId", &input.run_id)?;
            Ok(ctx
                .app()
                .settlement
                .cancel_run(actor, &input.idempotency_key, run, input.expected_version)
                .await?)
        };
        SettlementRunPayload::of(ctx, "cancelSettlementRun", result.await).await
    }

    /// Makes the payment file of a confirmed run; from now on the bank decides.
    #[graphql(directive = auth::apply(policy::SETTLE.to_string()))]
    async fn send_settlement_run(&self, ctx: &Context<'_>, input: SettlementRunInput) -> Result<SettlementRunPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let run = id("runId", &input.run_id)?;
            Ok(ctx
                .app()
                .settlement
                .send_run(actor, &input.idempotency_key, run, input.expected_version)
                .await?)
        };
        SettlementRunPayload::of(ctx, "sendSettlementRun", result.await).await
    }
}
