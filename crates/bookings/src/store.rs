use chrono::NaiveDate;
use db::{Error, Tx};
use kernel::{BookingId, CityId, CompanyId, OccurrenceId, Page, PageRequest, PersonId};
use offers::model::{occurrence, offer};
use providers::model::approval;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::LockType;
use sea_orm::{Condition, IntoActiveModel, JoinType, QueryOrder, QuerySelect, QueryTrait};

use crate::model::booking::{ActiveModel, Column, Entity, Model, State};
use crate::model::terms::Terms;
use crate::model::{delivery, visit};

/// Whose bookings are meant.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    Resident(PersonId),
    Companies(Vec<CompanyId>),
    Cities(Vec<CityId>),
}

impl Scope {
    fn condition(&self) -> Condition {
        Condition::all().add(match self {
            Self::Resident(person) => Column::ResidentId.eq(*person),
            Self::Companies(companies) => Column::CompanyId.is_in(companies.iter().copied()),
            Self::Cities(cities) => Column::CityId.is_in(cities.iter().copied()),
        })
    }
}

/// The terms of an occurrence on sale: offer and programme published, the company's approval active.
fn terms_of(id: OccurrenceId) -> Select<occurrence::Entity> {
    let to_offer: RelationDef = occurrence::Entity::belongs_to(offer::Entity)
        .from(occurrence::Column::OfferId)
        .to(offer::Column::Id)
        .into();
    let to_programme: RelationDef = offer::Entity::belongs_to(programmes::model::Entity)
        .from(offer::Column::ProgrammeId)
        .to(programmes::model::Column::Id)
        .into();
    let to_city: RelationDef = offer::Entity::belongs_to(cities::model::city::Entity)
        .from(offer::Column::CityId)
        .to(cities::model::city::Column::Id)
        .into();
    let to_approval: RelationDef = offer::Entity::belongs_to(approval::Entity)
        .from((offer::Column::CompanyId, offer::Column::ProgrammeId))
        .to((approval::Column::CompanyId, approval::Column::ProgrammeId))
        .into();
    occurrence::Entity::find_by_id(id)
        .select_only()
        .column_as(occurrence::Column::Id, "occurrence_id")
        .columns([
            occurrence::Column::StartsAt,
            occurrence::Column::EndsAt,
            occurrence::Column::OfferId,
        ])
        .columns([
            offer::Column::CityId,
            offer::Column::CompanyId,
            offer::Column::ProgrammeId,
            offer::Column::PriceCents,
            offer::Column::VatClass,
        ])
        .columns([
            programmes::model::Column::PriceCeilingCents,
            programmes::model::Column::FreeCancellationHours,
            programmes::model::Column::LateFeeBp,
        ])
        .column(cities::model::city::Column::Zone)
        .column_as(approval::Column::ValidFrom, "approved_from")
        .column_as(approval::Column::ValidUntil, "approved_until")
        .join(JoinType::InnerJoin, to_offer)
        .join(JoinType::InnerJoin, to_programme)
        .join(JoinType::InnerJoin, to_city)
        .join(JoinType::InnerJoin, to_approval)
        .filter(offer::Column::State.eq(offer::State::Published))
        .filter(programmes::model::Column::State.eq(programmes::State::Published))
        .filter(approval::Column::State.eq(approval::State::Active))
}

/// The terms of an occurrence, for a preview.
pub(crate) async fn terms(conn: &impl ConnectionTrait, id: OccurrenceId) -> Result<Option<Terms>, Error> {
    Ok(terms_of(id).into_model::<Terms>().one(conn).await?)
}

/// The terms of an occurrence; the approval cannot be suspended until the transaction ends.
pub(crate) async fn terms_with_approval_shared(tx: &Tx, id: OccurrenceId) -> Result<Option<Terms>, Error> {
    let mut query = terms_of(id);
    QueryTrait::query(&mut query).lock_with_tables(LockType::Share, [approval::Entity]);
    Ok(query.into_model::<Terms>().one(tx.conn()).await?)
}

pub(crate) async fn insert(tx: &Tx, booking: Model, visit: visit::Model) -> Result<(), Error> {
    Entity::insert(booking.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    visit::Entity::insert(visit.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The booking if it lies in the scope, locked until the transaction ends.
pub(crate) async fn find_for_update(tx: &Tx, scope: &Scope, id: BookingId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope.condition())
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// The visits of bookings in the order of occurrences, which is the order of their locks.
pub(crate) async fn visits(conn: &impl ConnectionTrait, bookings: &[BookingId]) -> Result<Vec<visit::Model>, Error> {
    Ok(visit::Entity::find()
        .filter(visit::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(visit::Column::OccurrenceId)
        .all(conn)
        .await?)
}

/// The civil day of a visit in the zone of its city.
pub(crate) async fn day_of(tx: &Tx, booking: &Model, visit: &visit::Model) -> Result<NaiveDate, Error> {
    let city = cities::model::city::Entity::find_by_id(booking.city_id)
        .one(tx.conn())
        .await?;
    let zone = city.map_or(chrono_tz::Europe::Helsinki, |city| city.tz());
    Ok(kernel::civil_day(visit.starts_at, zone))
}

pub(crate) async fn set_state(tx: &Tx, booking: &Model, state: State) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(booking.id),
        state: Set(state),
        changed_at: Set(tx.now()),
        version: Set(booking.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

pub(crate) async fn set_code(tx: &Tx, booking: &Model, code: String) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(booking.id),
        code: Set(code),
        wrong_codes: Set(0),
        version: Set(booking.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

pub(crate) async fn count_wrong_code(tx: &Tx, id: BookingId) -> Result<(), Error> {
    use sea_orm::ExprTrait;
    Entity::update_many()
        .col_expr(Column::WrongCodes, Expr::col(Column::WrongCodes).add(1))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn insert_deliveries(tx: &Tx, rows: Vec<delivery::Model>) -> Result<(), Error> {
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    delivery::Entity::insert_many(rows)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn deliveries(
    conn: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<delivery::Model>, Error> {
    Ok(delivery::Entity::find()
        .filter(delivery::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(delivery::Column::Id)
        .all(conn)
        .await?)
}

/// Whose a booking is and who delivers it; for the letters about it.
pub(crate) async fn parties(
    conn: &impl ConnectionTrait,
    id: BookingId,
) -> Result<Option<(PersonId, CompanyId)>, Error> {
    Ok(Entity::find_by_id(id)
        .select_only()
        .columns([Column::ResidentId, Column::CompanyId])
        .into_tuple()
        .one(conn)
        .await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scopes: &[Scope],
    ids: &[BookingId],
) -> Result<Vec<Model>, Error> {
    let any = scopes
        .iter()
        .fold(Condition::any(), |any, scope| any.add(scope.condition()));
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(any)
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    state: Option<State>,
    page: PageRequest<BookingId>,
) -> Result<Page<Model>, Error> {
    let mut rows = listed(scope, state).cursor_by(Column::Id);
    if let Some(after) = page.after {
        rows.after(after);
    }
    Ok(Page::from_overread(
        rows.first(page.overread()).all(conn).await?,
        page.first,
    ))
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: &Scope, state: Option<State>) -> Result<u64, Error> {
    Ok(listed(scope, state).count(conn).await?)
}

fn listed(scope: &Scope, state: Option<State>) -> Select<Entity> {
    let query = Entity::find().filter(scope.condition());
    match state {
        Some(state) => query.filter(Column::State.eq(state)),
        None => query,
    }
}
