use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use kernel::StatementId;
use settlement::policy;

use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::Failure;
use crate::scalars::{Date, Money, id, show};

/// What a city owes one company in one run. It replaces the company's invoice.
#[derive(Clone)]
pub struct Statement(pub(crate) Arc<settlement::Statement>);

impl From<settlement::Statement> for Statement {
    fn from(statement: settlement::Statement) -> Self {
        Self(Arc::new(statement))
    }
}

/// What a line is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::LineKind")]
pub enum StatementLineKind {
    /// It pays a delivery for the first time.
    Original,
    /// It takes an original line back.
    Refund,
    /// It changes the amount of an original line.
    Correction,
}

/// One delivery on a statement; `price = voucherShare + ownShare` for a service.
#[derive(SimpleObject)]
pub struct StatementLine {
    /// Its id.
    id: ID,
    /// The delivery it pays.
    delivery_id: ID,
    /// What it is.
    kind: StatementLineKind,
    /// The line that a refund or correction is about.
    original_line_id: Option<ID>,
    /// The civil day of the visit.
    day: Date,
    /// The price agreed.
    price: Money,
    /// What the city pays.
    voucher_share: Money,
    /// What the resident paid the company herself.
    own_share: Money,
    /// The VAT class of the service.
    vat_class: String,
    /// The VAT rate on the day of the visit, in basis points.
    vat_basis_points: i32,
    /// The company's own reference.
    claim_reference: Option<String>,
    /// True when its run was cancelled.
    void: bool,
}

impl From<settlement::Line> for StatementLine {
    fn from(line: settlement::Line) -> Self {
        Self {
            id: show(line.id),
            delivery_id: show(line.delivery_id),
            kind: line.kind.into(),
            original_line_id: line.original_line_id.map(show),
            day: Date(line.day),
            price: Money(line.price_cents),
            voucher_share: Money(line.voucher_share_cents),
            own_share: Money(line.own_share_cents),
            vat_class: line.vat_class,
            vat_basis_points: line.vat_bp.0,
            claim_reference: line.claim_reference,
            void: line.voided_at.is_some(),
        }
    }
}

/// How far a payment has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "settlement::PaymentState")]
pub enum PaymentState {
    /// Its run is confirmed and not sent yet.
    Pending,
    /// The bank has it and has not decided.
    Sent,
    /// The bank has paid it.
    Paid,
    /// The bank will not pay it.
    Rejected,
    /// The bank paid it and the money came back.
    Returned,
    /// Its run was cancelled before it was sent.
    Cancelled,
}

/// The payment of one statement.
#[derive(Clone, SimpleObject)]
pub struct Payment {
    /// Its id.
    id: ID,
    /// The statement it pays.
    statement_id: ID,
    /// The company that is paid.
    company_id: ID,
    /// Names it in every answer of the bank.
    end_to_end_id: String,
    /// How much.
    amount: Money,
    /// The account that is paid (IBAN).
    iban: String,
    /// Whose account it is.
    name: String,
    /// The reference that the payee sees.
    reference: String,
    /// How far it has come.
    state: PaymentState,
    /// Why the bank rejected or returned it, in its code and words.
    reason: Option<String>,
    /// The statement of a later run that pays it again, once it failed.
    carried_to_statement_id: Option<ID>,
}

impl From<settlement::Payment> for Payment {
    fn from(payment: settlement::Payment) -> Self {
        Self {
            id: show(payment.id),
            statement_id: show(payment.statement_id),
            company_id: show(payment.company_id),
            end_to_end_id: payment.end_to_end_id,
            amount: Money(payment.amount_cents),
            iban: payment.iban,
            name: payment.name,
            reference: payment.reference,
            state: payment.state.into(),
            reason: payment.reason,
            carried_to_statement_id: payment.carried_to.map(show),
        }
    }
}

/// Names the payment of a statement for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentOf(pub(crate) StatementId);

#[Object]
impl Statement {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The run.
    async fn run_id(&self) -> ID {
        show(self.0.run_id)
    }
    /// The city that pays.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The company that is paid.
    async fn company_id(&self) -> ID {
        show(self.0.company_id)
    }
    /// The company's name when the run was made.
    async fn company_name(&self) -> &str {
        &self.0.company_name
    }
    /// The company's business id.
    async fn business_id(&self) -> &str {
        &self.0.business_id
    }
    /// The account that is paid (IBAN).
    async fn iban(&self) -> &str {
        &self.0.iban
    }
    /// The first day of the run's month.
    async fn period_from(&self) -> Date {
        Date(self.0.period_from)
    }
    /// The last day of the run's month.
    async fn period_until(&self) -> Date {
        Date(self.0.period_until)
    }
    /// The year in which its number was given.
    async fn year(&self) -> i32 {
        self.0.year
    }
    /// Its number in the city and year, from 1 without a gap.
    async fn number(&self) -> i32 {
        self.0.number
    }
    /// The creditor reference on the payment (ISO 11649).
    async fn reference(&self) -> &str {
        &self.0.reference
    }
    /// The sum of its lines.
    async fn lines_total(&self) -> Money {
        Money(self.0.lines_cents)
    }
    /// Payments of earlier runs that failed and are paid again with this one.
    async fn brought_forward(&self) -> Money {
        Money(self.0.brought_forward_cents)
    }
    /// What is paid.
    async fn total(&self) -> Money {
        Money(self.0.total_cents)
    }
    /// Its payment; none before the run is confirmed.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>, Failure> {
        ctx.loader().load_one(PaymentOf(self.0.id)).await
    }
    /// Its lines, oldest first.
    async fn lines(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<StatementLine>, Failure> {
        let (settlement, after) = (&ctx.app().settlement, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = settlement.lines(actor, self.0.id, page(first, after)?).await?;
        let count = settlement.count_lines(actor, self.0.id);
        connection(ctx, after, rows, |row| row.id, count).await
    }
    /// All its lines as comma-separated values (RFC 4180): amounts in euros, and an apostrophe before texts that a
    /// spreadsheet would take for a formula.
    async fn csv(&self, ctx: &Context<'_>) -> Result<String, Failure> {
        let actor = ctx.session().actor().await?;
        Ok(ctx.app().settlement.csv(actor, self.0.id).await?)
    }
}

/// Queries on statements.
#[derive(Default)]
pub struct StatementQuery;

#[Object]
impl StatementQuery {
    /// The statements of a company, oldest first: for its own people those of confirmed runs, for staff of a city those
    /// of the city.
    #[graphql(directive = auth::apply(policy::SEE_STATEMENT.to_string()))]
    async fn company_statements(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Statement>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let settlement = &ctx.app().settlement;
        let rows = settlement
            .statements_of_company(actor, company, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            settlement.count_statements_of_company(actor, company),
        )
        .await
    }

    /// A statement; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(policy::SEE_STATEMENT.to_string()))]
    async fn statement(&self, ctx: &Context<'_>, statement_id: ID) -> Result<Option<Statement>, Failure> {
        let statement: StatementId = id("statementId", &statement_id)?;
        ctx.loader().load_one(statement).await
    }
}
