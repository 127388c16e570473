//! The queries on reviews of incomes.

use chrono::{DateTime, NaiveDate, Utc};
use db::{Error, Tx};
use kernel::{CityId, IncomeReviewId, Own, Page, PageRequest, PersonId, ProgrammeId, VoucherId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, ExprTrait, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::income_review::{ActiveModel, Column, Entity, History, Model, State};
use crate::model::{self, Model as Voucher};

const OPEN: [State; 3] = [State::Asked, State::Overdue, State::Answered];

/// What officers have among themselves.
const INTERNAL: [State; 2] = [State::Proposed, State::Withdrawn];

/// The reviews that an actor may see: her own and those of `cities`.
pub(crate) fn visible(own: Own, cities: &[CityId]) -> Condition {
    Condition::any()
        .add(of_resident(own))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

pub(crate) fn of_resident(own: Own) -> Condition {
    Condition::all()
        .add(Column::ResidentId.eq(own.person))
        .add_option(own.city.map(|city| Column::CityId.eq(city)))
        .add(Column::State.is_not_in(INTERNAL))
}

pub(crate) fn in_cities(cities: &[CityId]) -> Condition {
    Condition::all().add(Column::CityId.is_in(cities.iter().copied()))
}

/// The reviews of a city in a state.
pub(crate) fn queue(city: CityId, state: Option<State>) -> Condition {
    in_cities(&[city]).add_option(state.map(|state| Column::State.eq(state)))
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[IncomeReviewId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<IncomeReviewId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, scope: Condition, id: IncomeReviewId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// True when the row went in; false when the voucher has an open review (partial unique index).
pub(crate) async fn insert_once(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Writes a changed review.
pub(crate) async fn update(tx: &Tx, review: &Model) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(review.id),
        state: Set(review.state),
        told: Set(review.told.clone()),
        accepts_without_income: Set(review.accepts_without_income),
        told_by: Set(review.told_by),
        assessed: Set(review.assessed.clone()),
        until_day: Set(review.until_day),
        before: Set(review.before.clone()),
        decided_by: Set(review.decided_by),
        decided_at: Set(review.decided_at),
        grounds: Set(review.grounds.clone()),
        from_day: Set(review.from_day),
        value_before: Set(review.value_before),
        value_after: Set(review.value_after),
        version: Set(review.version + 1),
        updated_at: Set(tx.now()),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Vouchers in use of a programme that were granted before `since` and of which nobody was asked since then, a chunk above
/// `after`, with their residents; each is judged under its lock.
pub(crate) async fn due(
    conn: &impl ConnectionTrait,
    programme: ProgrammeId,
    since: DateTime<Utc>,
    today: NaiveDate,
    after: Option<VoucherId>,
) -> Result<Vec<(VoucherId, PersonId)>, Error> {
    let asked = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Expr::col(Column::VoucherId.as_column_ref()).equals((model::Entity, model::Column::Id)))
        .filter(Column::ProposedBy.is_null())
        .filter(Column::CreatedAt.gte(since).or(Column::State.is_in(OPEN)));
    let mut query = model::Entity::find()
        .select_only()
        .column(model::Column::Id)
        .column(model::Column::ResidentId)
        .filter(model::Column::ProgrammeId.eq(programme))
        .filter(model::Column::State.eq(model::State::Active))
        .filter(model::Column::ValidUntil.gte(today))
        .filter(model::Column::GrantedAt.lt(since))
        .filter(Expr::exists(asked.into_query()).not());
    if let Some(after) = after {
        query = query.filter(model::Column::Id.gt(after));
    }
    Ok(query
        .order_by_asc(model::Column::Id)
        .limit(500)
        .into_tuple()
        .all(conn)
        .await?)
}

/// A decision that an event names.
pub(crate) async fn find(conn: &impl ConnectionTrait, id: IncomeReviewId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The latest review of a voucher that the caller has locked, but for decisions from days that had passed.
pub(crate) async fn latest(tx: &Tx, voucher: VoucherId) -> Result<Option<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::VoucherId.eq(voucher))
        .filter(Column::ProposedBy.is_null())
        .order_by_desc(Column::Id)
        .one(tx.conn())
        .await?)
}

/// Reviews of a city that nobody answered by `today`, and open ones of vouchers that have ended.
pub(crate) async fn late(
    conn: &impl ConnectionTrait,
    city: CityId,
    today: NaiveDate,
) -> Result<Vec<IncomeReviewId>, Error> {
    let ended = model::Entity::find()
        .select_only()
        .column(model::Column::Id)
        .filter(Expr::col((model::Entity, model::Column::Id)).equals(Column::VoucherId.as_column_ref()))
        .filter(model::Column::State.is_not_in([model::State::Active, model::State::Suspended]));
    let unanswered = Column::State.eq(State::Asked).and(Column::AnswerUntil.lt(today));
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CityId.eq(city))
        .filter(Column::State.is_in(OPEN))
        .filter(unanswered.or(Expr::exists(ended.into_query())))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Writes the situations by which a voucher is valued.
pub(crate) async fn set_history(tx: &Tx, voucher: &Voucher, history: History) -> Result<(), Error> {
    let change = model::ActiveModel {
        id: Unchanged(voucher.id),
        assessments: Set(Some(history)),
        version: Set(voucher.version + 1),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}
