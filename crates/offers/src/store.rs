pub(crate) mod register;

use chrono::{DateTime, NaiveDate, Utc};
use db::{Error, Tx};
use kernel::{CityId, CompanyId, OccurrenceId, OfferId, Page, PageRequest};
use providers::model::approval;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Func, LikeExpr, OnConflict, Order, Query, SelectStatement, WindowStatement};
use sea_orm::{Condition, ExprTrait, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::{occurrence, offer};

/// How many ids one statement names at the most; SQLite and PostgreSQL limit the values they take.
const CHUNK: usize = 500;

/// What the catalogue shows on the civil day `day`: published offers whose company has an approval in force; also
/// those of a closed programme, whose vouchers are still good.
pub(crate) fn listed(day: NaiveDate) -> Condition {
    let programmes = programmes::model::Entity::find()
        .select_only()
        .column(programmes::model::Column::Id)
        .filter(programmes::model::Column::State.ne(programmes::State::Draft))
        .into_query();
    let approval = approval::Entity::find()
        .select_only()
        .column(approval::Column::Id)
        .filter(same(approval::Column::CompanyId, offer::Column::CompanyId))
        .filter(same(approval::Column::ProgrammeId, offer::Column::ProgrammeId))
        .filter(approval::Column::State.is_in(approval::State::SELLING))
        .filter(approval::Column::ValidFrom.lte(day))
        .filter(approval::Column::ValidUntil.gte(day))
        .into_query();
    Condition::all()
        .add(offer::Column::State.eq(offer::State::Published))
        .add(offer::Column::ProgrammeId.in_subquery(programmes))
        .add(Expr::exists(approval))
}

/// What members of `companies` and staff of `cities` see whatever its state.
pub(crate) fn inside(companies: &[CompanyId], cities: &[CityId]) -> Condition {
    Condition::any()
        .add(offer::Column::CompanyId.is_in(companies.iter().copied()))
        .add(offer::Column::CityId.is_in(cities.iter().copied()))
}

/// Offers whose search text has `word`, which is folded, as a part.
pub(crate) fn containing(word: &str) -> Expr {
    offer::Column::SearchText.like(LikeExpr::new(format!("%{}%", escaped(word))).escape('!'))
}

/// Offers with an open occurrence that has a free place and starts in the range.
pub(crate) fn bookable(from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Expr {
    let mut times = occurrence::Entity::find()
        .select_only()
        .column(occurrence::Column::Id)
        .filter(same(occurrence::Column::OfferId, offer::Column::Id))
        .filter(has_places(from));
    if let Some(until) = until {
        times = times.filter(occurrence::Column::StartsAt.lt(until));
    }
    Expr::exists(times.into_query())
}

fn has_places(from: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(occurrence::Column::State.eq(occurrence::State::Open))
        .add(occurrence::Column::StartsAt.gte(from))
        .add(
            Expr::col(occurrence::Column::Taken.as_column_ref())
                .lt(Expr::col(occurrence::Column::Capacity.as_column_ref())),
        )
}

fn same(left: impl ColumnTrait, right: impl ColumnTrait) -> Expr {
    Expr::col(left.as_column_ref()).equals(right.as_column_ref())
}

/// Takes the special meaning from the characters of a LIKE pattern; `!` stands before them on both databases.
fn escaped(word: &str) -> String {
    word.chars()
        .flat_map(|c| matches!(c, '%' | '_' | '!').then_some('!').into_iter().chain([c]))
        .collect()
}

pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    scope: Condition,
    id: OfferId,
) -> Result<Option<offer::Model>, Error> {
    Ok(offer::Entity::find_by_id(id).filter(scope).one(conn).await?)
}

/// The offer of an occurrence.
pub(crate) async fn find_of_occurrence(
    conn: &impl ConnectionTrait,
    scope: Condition,
    id: OccurrenceId,
) -> Result<Option<offer::Model>, Error> {
    let offer = occurrence::Entity::find_by_id(id)
        .select_only()
        .column(occurrence::Column::OfferId)
        .into_query();
    Ok(offer::Entity::find()
        .filter(offer::Column::Id.in_subquery(offer))
        .filter(scope)
        .one(conn)
        .await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[OfferId],
) -> Result<Vec<offer::Model>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows = offer::Entity::find()
            .filter(offer::Column::Id.is_in(ids.iter().copied()))
            .filter(scope.clone());
        found.extend(rows.all(conn).await?);
    }
    Ok(found)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<OfferId>,
) -> Result<Page<offer::Model>, Error> {
    db::page(conn, offer::Entity::find().filter(scope), offer::Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(offer::Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, company: CompanyId, id: OfferId) -> Result<Option<offer::Model>, Error> {
    Ok(offer::Entity::find_by_id(id)
        .filter(offer::Column::CompanyId.eq(company))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn insert(tx: &Tx, offer: offer::Model) -> Result<(), Error> {
    offer::Entity::insert(offer.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Writes a changed offer with the next version.
pub(crate) async fn update(tx: &Tx, offer: offer::Model) -> Result<offer::Model, Error> {
    let (id, version) = (offer.id, offer.version + 1);
    let changed = offer::ActiveModel {
        version: Set(version),
        ..offer.into_active_model().reset_all()
    };
    Ok(offer::ActiveModel {
        id: Unchanged(id),
        ..changed
    }
    .update(tx.conn())
    .await?)
}

/// The next `at_most` occurrences of each offer that start at `from` or later and have places left, in the order of time.
pub(crate) async fn upcoming(
    conn: &impl ConnectionTrait,
    offers: &[OfferId],
    from: DateTime<Utc>,
    at_most: i64,
) -> Result<Vec<occurrence::Model>, Error> {
    let mut found = Vec::new();
    for offers in offers.chunks(CHUNK) {
        let next = next_of_each(offers, from, at_most);
        let rows = occurrence::Entity::find()
            .filter(occurrence::Column::Id.in_subquery(next))
            .order_by_asc(occurrence::Column::StartsAt)
            .order_by_asc(occurrence::Column::Id);
        found.extend(rows.all(conn).await?);
    }
    Ok(found)
}

fn next_of_each(offers: &[OfferId], from: DateTime<Utc>, at_most: i64) -> SelectStatement {
    let by_time = WindowStatement::partition_by(occurrence::Column::OfferId)
        .order_by(occurrence::Column::StartsAt, Order::Asc)
        .take();
    let numbered = Query::select()
        .column(occurrence::Column::Id)
        .expr_window_as(Func::cust("ROW_NUMBER"), by_time, "nth")
        .from(occurrence::Entity)
        .and_where(occurrence::Column::OfferId.is_in(offers.iter().copied()))
        .cond_where(has_places(from))
        .take();
    Query::select()
        .column(("numbered", "id"))
        .from_subquery(numbered, "numbered")
        .and_where(Expr::col("nth").lte(at_most))
        .take()
}

pub(crate) async fn occurrences_by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[OccurrenceId],
) -> Result<Vec<occurrence::Model>, Error> {
    let offers = offer::Entity::find()
        .select_only()
        .column(offer::Column::Id)
        .filter(scope)
        .into_query();
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows = occurrence::Entity::find()
            .filter(occurrence::Column::Id.is_in(ids.iter().copied()))
            .filter(occurrence::Column::OfferId.in_subquery(offers.clone()));
        found.extend(rows.all(conn).await?);
    }
    Ok(found)
}

/// Every occurrence of an offer in the order of time.
pub(crate) async fn schedule(
    conn: &impl ConnectionTrait,
    offer: OfferId,
    page: PageRequest<OccurrenceId>,
) -> Result<Page<occurrence::Model>, Error> {
    let of_offer = occurrence::Entity::find().filter(occurrence::Column::OfferId.eq(offer));
    let after = match page.after {
        Some(id) => of_offer.clone().filter(occurrence::Column::Id.eq(id)).one(conn).await?,
        None => None,
    };
    let page = PageRequest {
        first: page.first,
        after: after.map(|row| (row.starts_at, row.id)),
    };
    let in_time = (occurrence::Column::StartsAt, occurrence::Column::Id);
    db::page(conn, of_offer, in_time, page).await
}

pub(crate) async fn count_occurrences(conn: &impl ConnectionTrait, offer: OfferId) -> Result<u64, Error> {
    let of_offer = occurrence::Entity::find().filter(occurrence::Column::OfferId.eq(offer));
    Ok(of_offer.count(conn).await?)
}

pub(crate) async fn occurrence_for_update(
    tx: &Tx,
    offer: OfferId,
    id: OccurrenceId,
) -> Result<Option<occurrence::Model>, Error> {
    Ok(occurrence::Entity::find_by_id(id)
        .filter(occurrence::Column::OfferId.eq(offer))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// How many of the rows went in: not those at a time of another open occurrence of the offer (partial unique index).
pub(crate) async fn insert_occurrences(tx: &Tx, rows: &[occurrence::Model]) -> Result<u64, Error> {
    Ok(
        occurrence::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?,
    )
}

/// Writes the company's change of an occurrence with the next version; the booked places are left alone.
pub(crate) async fn set_occurrence(
    tx: &Tx,
    occurrence: &occurrence::Model,
    capacity: i32,
    state: occurrence::State,
) -> Result<occurrence::Model, Error> {
    let change = occurrence::ActiveModel {
        id: Unchanged(occurrence.id),
        capacity: Set(capacity),
        state: Set(state),
        version: Set(occurrence.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn a_search_word_is_no_pattern() {
        assert_eq!(escaped("50%_a!b\\"), "50!%!_a!!b\\");
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let sql = offer::Entity::find()
                .filter(containing("100%"))
                .build(backend)
                .to_string();
            assert!(sql.contains("LIKE '%100!%%' ESCAPE '!'"), "{sql}");
        }
    }
}
