//! Settlement runs, statements, payments and the bank's answers.

mod answer;
mod loaders;
mod run;
mod statement;

use async_graphql::MergedObject;

pub use answer::BankAnswer;
pub use run::{RunTotal, SetAside, SetAsideOf, SettlementRun, TotalOf};
pub use statement::{Payment, PaymentOf, Statement};

/// Queries on settlement.
#[derive(MergedObject, Default)]
pub struct SettlementQuery(run::RunQuery, statement::StatementQuery, answer::AnswerQuery);

/// Mutations on settlement.
#[derive(MergedObject, Default)]
pub struct SettlementMutation(run::RunMutation, answer::AnswerMutation);
