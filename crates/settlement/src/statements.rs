use kernel::{Actor, CompanyId, LineId, Page, PageRequest, RunId, StatementId, csv};
use sea_orm::Condition;
use sea_orm::prelude::*;

use crate::model::line::Model as Line;
use crate::model::payment::Model as Payment;
use crate::model::statement::{Column, Model as Statement};
use crate::{Error, Settlement, policy, store};

impl Settlement {
    /// The statements of a run that the actor may see, oldest first.
    pub async fn statements_of_run(
        &self,
        actor: &Actor,
        run: RunId,
        page: PageRequest<StatementId>,
    ) -> Result<Page<Statement>, Error> {
        let scope = visible(actor).add(Column::RunId.eq(run));
        Ok(store::statement::page(self.db.read(), scope, page).await?)
    }

    /// How many there are in [`Self::statements_of_run`].
    pub async fn count_statements_of_run(&self, actor: &Actor, run: RunId) -> Result<u64, Error> {
        let scope = visible(actor).add(Column::RunId.eq(run));
        Ok(store::statement::count(self.db.read(), scope).await?)
    }

    /// The statements of a company in all cities, oldest first: for its own people those of confirmed runs, for staff
    /// those of their cities.
    ///
    /// # Errors
    /// `Denied` for everybody else.
    pub async fn statements_of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        page: PageRequest<StatementId>,
    ) -> Result<Page<Statement>, Error> {
        let scope = of_company(actor, company)?;
        Ok(store::statement::page(self.db.read(), scope, page).await?)
    }

    /// How many there are in [`Self::statements_of_company`].
    pub async fn count_statements_of_company(&self, actor: &Actor, company: CompanyId) -> Result<u64, Error> {
        let scope = of_company(actor, company)?;
        Ok(store::statement::count(self.db.read(), scope).await?)
    }

    /// The statements among `ids` that the actor may see, in no order.
    pub async fn statements_by_ids(&self, actor: &Actor, ids: &[StatementId]) -> Result<Vec<Statement>, Error> {
        policy::SEE_STATEMENT.signed_in(actor)?;
        Ok(store::statement::by_ids(self.db.read(), visible(actor), ids).await?)
    }

    /// The lines of a statement that the actor may see, oldest first.
    pub async fn lines(
        &self,
        actor: &Actor,
        statement: StatementId,
        page: PageRequest<LineId>,
    ) -> Result<Page<Line>, Error> {
        Ok(store::statement::lines(self.db.read(), visible(actor), statement, page).await?)
    }

    /// How many there are in [`Self::lines`].
    pub async fn count_lines(&self, actor: &Actor, statement: StatementId) -> Result<u64, Error> {
        Ok(store::statement::count_lines(self.db.read(), visible(actor), statement).await?)
    }

    /// The payments of statements that the actor may see.
    pub async fn payments_of_statements(
        &self,
        actor: &Actor,
        statements: &[StatementId],
    ) -> Result<Vec<Payment>, Error> {
        Ok(store::payment::of_statements(self.db.read(), visible(actor), statements).await?)
    }

    /// The lines of a statement that the actor may see, as comma-separated values in the order of days: amounts in
    /// euros with a decimal point, the VAT rate in per cent.
    pub async fn csv(&self, actor: &Actor, statement: StatementId) -> Result<String, Error> {
        let lines = store::statement::all_lines(self.db.read(), visible(actor), statement).await?;
        let head = [
            "line",
            "delivery",
            "kind",
            "day",
            "price",
            "voucher_share",
            "own_share",
            "vat_class",
            "vat_percent",
            "claim_reference",
        ];
        Ok(std::iter::once(csv::row(head)).chain(lines.iter().map(row)).collect())
    }
}

/// What of a company's statements an actor may see who works for the company or sees statements of some city.
fn of_company(actor: &Actor, company: CompanyId) -> Result<Condition, Error> {
    policy::SEE_STATEMENT.signed_in(actor)?;
    if policy::SEE.cities(actor).is_empty() {
        policy::SEE_OWN.in_company(actor, company)?;
    }
    Ok(visible(actor).add(Column::CompanyId.eq(company)))
}

/// What of the statements an actor may see.
fn visible(actor: &Actor) -> Condition {
    let seen = store::statement::visible(&policy::SEE.cities(actor), &policy::SEE_OWN.companies(actor));
    Condition::all().add(seen)
}

fn row(line: &Line) -> String {
    let cells = [
        line.id.to_string(),
        line.delivery_id.to_string(),
        sea_orm::ActiveEnum::to_value(&line.kind),
        line.day.to_string(),
        line.price_cents.to_string(),
        line.voucher_share_cents.to_string(),
        line.own_share_cents.to_string(),
        csv::neutral(&line.vat_class),
        kernel::Cents(i64::from(line.vat_bp.0)).to_string(),
        csv::neutral(line.claim_reference.as_deref().unwrap_or_default()),
    ];
    csv::row(cells.iter().map(String::as_str))
}
