//! The ledger and the audit record, for auditors.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use kernel::CityId;

use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::Failure;
use crate::scalars::{Cents, DateTime, id, optional_id, show};

/// What an account counts.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::Unit")]
pub enum LedgerUnit {
    /// Euros in cents.
    EurCent,
    /// Visits in thousandths.
    VisitMilli,
    /// Minutes.
    Minute,
}

/// An account of the ledger.
#[derive(SimpleObject)]
pub struct Account {
    /// Its id.
    id: ID,
    /// Its kind, such as `voucher.available`.
    kind: String,
    /// What it counts.
    unit: LedgerUnit,
    /// The UUID of the record it belongs to.
    owner: String,
    /// All that was ever taken from it.
    debits: Cents,
    /// All that was ever put into it.
    credits: Cents,
    /// What it holds; negative where money came from.
    balance: Cents,
}

impl From<ledger::Account> for Account {
    fn from(account: ledger::Account) -> Self {
        Self {
            id: show(account.id),
            unit: account.unit.into(),
            owner: account.owner.to_string(),
            debits: Cents(kernel::Cents(account.debits)),
            credits: Cents(kernel::Cents(account.credits)),
            balance: Cents(account.cents()),
            kind: account.kind,
        }
    }
}

/// A transfer of the ledger.
#[derive(SimpleObject)]
pub struct Transfer {
    /// Its id.
    id: ID,
    /// Why, such as `booking.reserve`.
    kind: String,
    /// The account the amount left.
    debit_account_id: ID,
    /// The account the amount entered.
    credit_account_id: ID,
    /// How much, in the unit of its accounts.
    amount: Cents,
    /// What it counts.
    unit: LedgerUnit,
    /// The transfer of the money with which these visits or minutes went.
    linked_to_id: Option<ID>,
    /// The UUID of the record it is about.
    reference: String,
    /// When.
    at: DateTime,
    /// Who: a person's id, or the name of a job.
    actor: String,
}

impl From<ledger::Transfer> for Transfer {
    fn from(transfer: ledger::Transfer) -> Self {
        Self {
            id: show(transfer.id),
            debit_account_id: show(transfer.debit_account),
            credit_account_id: show(transfer.credit_account),
            amount: Cents(kernel::Cents(transfer.amount)),
            unit: transfer.unit.into(),
            linked_to_id: transfer.linked_to.map(show),
            reference: transfer.reference.to_string(),
            at: DateTime(transfer.at),
            kind: transfer.kind,
            actor: transfer.actor,
        }
    }
}

/// A row of the audit record.
#[derive(SimpleObject)]
pub struct AuditRecord {
    /// Its id.
    id: ID,
    /// When.
    at: DateTime,
    /// Who signed in: a person's id, the name of a job, or `nobody`.
    actor: String,
    /// For whom the actor acted.
    principal: Option<String>,
    /// The operation.
    action: String,
    /// The id of the record it was about.
    subject: String,
    /// Whose personal data it touched.
    about: Option<String>,
    /// Why, in the actor's words.
    purpose: Option<String>,
    /// `OK`, or the code of the refusal.
    outcome: String,
    /// The request it was part of.
    request_id: String,
}

impl From<audit::Model> for AuditRecord {
    fn from(row: audit::Model) -> Self {
        Self {
            id: show(row.id),
            at: DateTime(row.at),
            actor: row.actor,
            principal: row.principal.map(|person| person.to_string()),
            action: row.action,
            subject: row.subject,
            about: row.about.map(|person| person.to_string()),
            purpose: row.purpose,
            outcome: row.outcome,
            request_id: row.request_id,
        }
    }
}

/// Queries of auditors.
#[derive(Default)]
pub struct BookQuery;

#[Object]
impl BookQuery {
    /// Every account of a city, oldest first.
    #[graphql(directive = auth::apply(cities::policy::AUDIT.to_string()))]
    async fn ledger_accounts(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Account>, Failure> {
        let (city, after) = (audited(ctx, &city_id).await?, after.as_deref());
        let db = ctx.app().db.read();
        let rows = ledger::page_of_city(db, city, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, ledger::count_accounts(db, city)).await
    }

    /// The transfers of a city, or of one of its accounts, oldest first.
    #[graphql(directive = auth::apply(cities::policy::AUDIT.to_string()))]
    async fn ledger_transfers(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        account_id: Option<ID>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Transfer>, Failure> {
        let (city, after) = (audited(ctx, &city_id).await?, after.as_deref());
        let account = optional_id("accountId", account_id.as_ref())?;
        let db = ctx.app().db.read();
        let rows = ledger::transfers_of(db, city, account, page(first, after)?).await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ledger::count_transfers(db, city, account),
        )
        .await
    }

    /// The audit record of a city, oldest first.
    #[graphql(directive = auth::apply(cities::policy::AUDIT.to_string()))]
    async fn audit_records(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<AuditRecord>, Failure> {
        let (city, after) = (audited(ctx, &city_id).await?, after.as_deref());
        let db = ctx.app().db.read();
        let rows = audit::page_of_city(db, city, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, audit::count_of_city(db, city)).await
    }
}

/// Lets auditors of the city pass.
async fn audited(ctx: &Context<'_>, city: &ID) -> Result<CityId, Failure> {
    let city = id("cityId", city)?;
    cities::policy::AUDIT.in_city(ctx.session().actor().await?, city)?;
    Ok(city)
}
