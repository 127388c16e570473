//! Runs, statements and answers looked up in batches.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kernel::{AnswerId, RunId, StatementId};

use super::{BankAnswer, Payment, PaymentOf, RunTotal, SetAside, SetAsideOf, SettlementRun, Statement, TotalOf};
use crate::error::Failure;
use crate::loaders::{Batch, grouped};
use crate::scalars::Money;

impl Loader<RunId> for Batch {
    type Value = SettlementRun;
    type Error = Failure;

    async fn load(&self, keys: &[RunId]) -> Result<HashMap<RunId, SettlementRun>, Failure> {
        let rows = self.0.app.settlement.runs_by_ids(self.0.actor().await?, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<TotalOf> for Batch {
    type Value = RunTotal;
    type Error = Failure;

    async fn load(&self, keys: &[TotalOf]) -> Result<HashMap<TotalOf, RunTotal>, Failure> {
        let runs: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.settlement.totals(self.0.actor().await?, &runs).await?;
        let total = |(run, count, amount)| {
            let statements = i32::try_from(count).unwrap_or(i32::MAX);
            (
                TotalOf(run),
                RunTotal {
                    statements,
                    amount: Money(amount),
                },
            )
        };
        Ok(rows.into_iter().map(total).collect())
    }
}

impl Loader<SetAsideOf> for Batch {
    type Value = Vec<SetAside>;
    type Error = Failure;

    async fn load(&self, keys: &[SetAsideOf]) -> Result<HashMap<SetAsideOf, Vec<SetAside>>, Failure> {
        let runs: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self.0.app.settlement.set_aside(self.0.actor().await?, &runs).await?;
        Ok(grouped(
            rows.into_iter().map(|row| (SetAsideOf(row.run_id), row.into())),
        ))
    }
}

impl Loader<AnswerId> for Batch {
    type Value = BankAnswer;
    type Error = Failure;

    async fn load(&self, keys: &[AnswerId]) -> Result<HashMap<AnswerId, BankAnswer>, Failure> {
        let rows = self
            .0
            .app
            .settlement
            .answers_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<StatementId> for Batch {
    type Value = Statement;
    type Error = Failure;

    async fn load(&self, keys: &[StatementId]) -> Result<HashMap<StatementId, Statement>, Failure> {
        let rows = self
            .0
            .app
            .settlement
            .statements_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<PaymentOf> for Batch {
    type Value = Payment;
    type Error = Failure;

    async fn load(&self, keys: &[PaymentOf]) -> Result<HashMap<PaymentOf, Payment>, Failure> {
        let statements: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .settlement
            .payments_of_statements(self.0.actor().await?, &statements)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| (PaymentOf(row.statement_id), row.into()))
            .collect())
    }
}
