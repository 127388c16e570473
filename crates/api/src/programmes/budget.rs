//! Budgets of programmes by fiscal year, and changes of them by two officers.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::{BasisPoints, ProgrammeId};
use programmes::{BudgetStatus, NewBudgetChange};

use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Cents, DateTime, Money, id, show};

/// The budget of a programme for one fiscal year.
#[derive(Clone, SimpleObject)]
pub struct Budget {
    /// The calendar year.
    fiscal_year: i32,
    /// What the council appropriated.
    amount: Money,
    /// What may still be granted; below zero for what was promised beyond the appropriation.
    available: Money,
    /// How much of the appropriation may be promised, in basis points: 10 000 promises no more than there is.
    overcommit_basis_points: i32,
    /// What may still be booked; null where no more is promised than there is, so that every voucher is covered.
    cash: Option<Money>,
}

impl From<BudgetStatus> for Budget {
    fn from(status: BudgetStatus) -> Self {
        Self {
            fiscal_year: status.budget.fiscal_year,
            amount: Money(status.budget.amount_cents),
            available: Money(status.available),
            overcommit_basis_points: status.budget.overcommit_bp.0,
            cash: status.cash.map(Money),
        }
    }
}

/// Names the budgets of a programme for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BudgetsOf(pub(crate) ProgrammeId);

/// How far a change of a budget has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::BudgetChangeState")]
pub enum BudgetChangeState {
    /// One officer proposes it.
    Proposed,
    /// Another officer has confirmed it: the money has moved.
    Confirmed,
    /// An officer has taken it back.
    Withdrawn,
}

/// What the budget of a programme for a fiscal year is to be.
#[derive(SimpleObject)]
pub struct BudgetChange {
    /// Its id.
    id: ID,
    /// The calendar year.
    fiscal_year: i32,
    /// What the appropriation of the year is to be in all.
    amount: Money,
    /// How much of it may be promised, in basis points.
    overcommit_basis_points: i32,
    /// How far it has come.
    state: BudgetChangeState,
    /// When it was proposed.
    proposed_at: DateTime,
    /// Counts the changes; goes into `expectedVersion`.
    version: i32,
}

impl From<programmes::BudgetChange> for BudgetChange {
    fn from(change: programmes::BudgetChange) -> Self {
        Self {
            id: show(change.id),
            fiscal_year: change.fiscal_year,
            amount: Money(change.amount_cents),
            overcommit_basis_points: change.overcommit_bp.0,
            state: change.state.into(),
            proposed_at: DateTime(change.created_at),
            version: change.version,
        }
    }
}

/// What the budget of a year is to be.
#[derive(InputObject)]
pub struct ProposeBudgetInput {
    /// The programme.
    programme_id: ID,
    /// The calendar year, one of those in which the programme's vouchers are used.
    fiscal_year: i32,
    /// What the appropriation of the year is to be in all.
    budget: Cents,
    /// How much of it may be promised, 10 000 to 15 000 basis points. A year that was opened with 10 000 keeps it, and one
    /// that was opened with more keeps more.
    #[graphql(default = 10_000)]
    overcommit_basis_points: i32,
}

/// A change of a budget to confirm.
#[derive(InputObject)]
pub struct ConfirmBudgetInput {
    /// The change.
    budget_change_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice; the same key never moves money twice.
    idempotency_key: String,
}

/// A change of a budget to take back.
#[derive(InputObject)]
pub struct WithdrawBudgetInput {
    /// The change.
    budget_change_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of a budget answers.
    BudgetChangePayload { change: BudgetChange }
}

/// Queries on budgets.
#[derive(Default)]
pub struct BudgetQuery;

#[Object]
impl BudgetQuery {
    /// The changes of a programme's budgets for the staff of its city, newest first, at most 100.
    #[graphql(directive = auth::apply(programmes::policy::SEE_DRAFTS.to_string()))]
    async fn budget_changes(&self, ctx: &Context<'_>, programme_id: ID) -> Result<Vec<BudgetChange>, Failure> {
        let programme = id("programmeId", &programme_id)?;
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().programmes.budget_changes(actor, programme).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// Mutations on budgets.
#[derive(Default)]
pub struct BudgetMutation;

#[Object]
impl BudgetMutation {
    /// Proposes what the budget of a programme for a year is to be: another year, a raise, a cut. Moves nothing before another
    /// officer confirms it.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn propose_budget(&self, ctx: &Context<'_>, input: ProposeBudgetInput) -> Result<BudgetChangePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            let new = NewBudgetChange {
                fiscal_year: input.fiscal_year,
                amount: input.budget.0,
                overcommit: BasisPoints(input.overcommit_basis_points),
            };
            Ok(ctx.app().programmes.propose_budget(actor, programme, new).await?)
        };
        BudgetChangePayload::of(ctx, "proposeBudget", result.await).await
    }

    /// Confirms a change that another officer proposed; the money moves at once.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn confirm_budget(&self, ctx: &Context<'_>, input: ConfirmBudgetInput) -> Result<BudgetChangePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (change, key) = (id("budgetChangeId", &input.budget_change_id)?, &input.idempotency_key);
            let confirmed = ctx
                .app()
                .programmes
                .confirm_budget(actor, key, change, input.expected_version);
            Ok(confirmed.await?)
        };
        BudgetChangePayload::of(ctx, "confirmBudget", result.await).await
    }

    /// Takes a proposed change back.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn withdraw_budget(&self, ctx: &Context<'_>, input: WithdrawBudgetInput) -> Result<BudgetChangePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let change = id("budgetChangeId", &input.budget_change_id)?;
            let withdrawn = ctx
                .app()
                .programmes
                .withdraw_budget(actor, change, input.expected_version);
            Ok(withdrawn.await?)
        };
        BudgetChangePayload::of(ctx, "withdrawBudget", result.await).await
    }
}
