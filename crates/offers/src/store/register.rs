//! The public register as rows of approvals and what is sold on them.

use chrono::NaiveDate;
use db::Error;
use kernel::{CityId, CompanyId, ProgrammeId};
use providers::model::{approval, company};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Func, Order, OverStatement, Query, SelectStatement, WindowStatement};
use sea_orm::{Condition, ExprTrait, FromQueryResult, IntoSimpleExpr, QueryOrder};

use super::{CHUNK, listed, same};
use crate::model::offer;
use crate::register::RegisterRow;

/// At most `first` rows of the register after the row `after`, in the order of companies, programmes and offers. An
/// approval without an offer in the catalogue of the civil day `today` is one row.
pub(crate) async fn rows(
    conn: &impl ConnectionTrait,
    approved: Condition,
    today: NaiveDate,
    after: Option<&RegisterRow>,
    first: u64,
) -> Result<Vec<RegisterRow>, Error> {
    use programmes::model as programme;
    let sold = listed(today)
        .add(same(offer::Column::CompanyId, approval::Column::CompanyId))
        .add(same(offer::Column::ProgrammeId, approval::Column::ProgrammeId));
    let company = same(company::Column::Id, approval::Column::CompanyId);
    let programme = same(programme::Column::Id, approval::Column::ProgrammeId);
    let query = Query::select()
        .expr_as(company::Column::Id.into_simple_expr(), "company_id")
        .expr_as(company::Column::BusinessId.into_simple_expr(), "business_id")
        .expr_as(company::Column::Name.into_simple_expr(), "company")
        .expr_as(company::Column::Kind.into_simple_expr(), "kind")
        .expr_as(programme::Column::Id.into_simple_expr(), "programme_id")
        .expr_as(programme::Column::Name.into_simple_expr(), "programme")
        .expr_as(approval::Column::ValidFrom.into_simple_expr(), "approved_from")
        .expr_as(approval::Column::ValidUntil.into_simple_expr(), "approved_until")
        .expr_as(offer::Column::Id.into_simple_expr(), "offer_id")
        .expr_as(offer::Column::Name.into_simple_expr(), "service")
        .expr_as(offer::Column::PriceCents.into_simple_expr(), "price")
        .from(approval::Entity)
        .inner_join(company::Entity, company)
        .inner_join(programme::Entity, programme)
        .left_join(offer::Entity, sold)
        .cond_where(approved)
        .cond_where(Condition::all().add_option(after.map(beyond)))
        .order_by(approval::Column::CompanyId.as_column_ref(), Order::Asc)
        .order_by(approval::Column::ProgrammeId.as_column_ref(), Order::Asc)
        .order_by(offer::Column::Id.as_column_ref(), Order::Asc)
        .limit(first)
        .take();
    let statement = conn.get_database_backend().build(&query);
    Ok(RegisterRow::find_by_statement(statement).all(conn).await?)
}

/// Rows after `last`. One without an offer is the only one of its approval.
fn beyond(last: &RegisterRow) -> Condition {
    use approval::Column::{CompanyId, ProgrammeId};
    let later_programme = Condition::all()
        .add(CompanyId.eq(last.company_id))
        .add(ProgrammeId.gt(last.programme_id));
    let later_offer = last.offer_id.map(|offer| {
        Condition::all()
            .add(CompanyId.eq(last.company_id))
            .add(ProgrammeId.eq(last.programme_id))
            .add(offer::Column::Id.gt(offer))
    });
    Condition::any()
        .add(CompanyId.gt(last.company_id))
        .add(later_programme)
        .add_option(later_offer)
}

#[derive(FromQueryResult)]
struct Changes {
    approvals: Option<i64>,
    companies: Option<i64>,
    programmes: Option<i64>,
    offers: Option<i64>,
}

/// How often the records behind a city's register have changed: approvals, companies, programmes and offers. Rows are
/// never deleted and count their changes, so every change raises one of the four.
pub(crate) async fn changes(conn: &impl ConnectionTrait, city: CityId) -> Result<[Option<i64>; 4], Error> {
    use programmes::model as programme;
    let approved = Query::select()
        .column(approval::Column::CompanyId)
        .from(approval::Entity)
        .and_where(approval::Column::CityId.eq(city))
        .take();
    let approvals = sum(
        approval::Entity,
        approval::Column::Version,
        approval::Column::CityId.eq(city),
    );
    let companies = sum(
        company::Entity,
        company::Column::Version,
        company::Column::Id.in_subquery(approved),
    );
    let programmes = sum(
        programme::Entity,
        programme::Column::Version,
        programme::Column::CityId.eq(city),
    );
    let offers = sum(offer::Entity, offer::Column::Version, offer::Column::CityId.eq(city));
    let query = Query::select()
        .expr_as(approvals, "approvals")
        .expr_as(companies, "companies")
        .expr_as(programmes, "programmes")
        .expr_as(offers, "offers")
        .take();
    let statement = conn.get_database_backend().build(&query);
    let row = Changes::find_by_statement(statement).one(conn).await?;
    // A statement without a table always answers one row.
    Ok(row.map_or([None; 4], |row| {
        [row.approvals, row.companies, row.programmes, row.offers]
    }))
}

fn sum(table: impl EntityTrait, version: impl ColumnTrait, of: Expr) -> SelectStatement {
    Query::select()
        .expr(version.into_simple_expr().sum().cast_as("bigint"))
        .from(table)
        .and_where(of)
        .take()
}

/// The oldest `at_most` offers in the scope of each company in each programme, by id.
pub(crate) async fn of_approved(
    conn: &impl ConnectionTrait,
    scope: Condition,
    approved: &[(CompanyId, ProgrammeId)],
    at_most: i64,
) -> Result<Vec<offer::Model>, Error> {
    let mut found = Vec::new();
    for approved in approved.chunks(CHUNK) {
        let either = approved.iter().map(|(company, programme)| {
            Condition::all()
                .add(offer::Column::CompanyId.eq(*company))
                .add(offer::Column::ProgrammeId.eq(*programme))
        });
        let of_either = either.fold(Condition::any(), Condition::add);
        let by_age = WindowStatement::partition_by(offer::Column::CompanyId)
            .add_partition_by(offer::Column::ProgrammeId.into_simple_expr())
            .order_by(offer::Column::Id, Order::Asc)
            .take();
        let numbered = Query::select()
            .column(offer::Column::Id)
            .expr_window_as(Func::cust("ROW_NUMBER"), by_age, "nth")
            .from(offer::Entity)
            .cond_where(scope.clone())
            .cond_where(of_either)
            .take();
        let oldest = Query::select()
            .column(("numbered", "id"))
            .from_subquery(numbered, "numbered")
            .and_where(Expr::col("nth").lte(at_most))
            .take();
        let rows = offer::Entity::find()
            .filter(offer::Column::Id.in_subquery(oldest))
            .order_by_asc(offer::Column::Id);
        found.extend(rows.all(conn).await?);
    }
    Ok(found)
}
