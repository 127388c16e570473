pub(crate) mod correction;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cities::Zone;
use cities::model::city;
use db::{Error, Tx};
use kernel::{BookingId, CityId, CompanyId, OccurrenceId, Own, Page, PageRequest, PersonId, ProgrammeId, VoucherId};
use offers::model::{occurrence, offer};
use programmes::model::parameters::OtherVisit;
use programmes::model::{budget, rulebook, terms};
use providers::model::{acceptance, approval};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockType, SelectStatement};
use sea_orm::{Condition, ExprTrait, IntoActiveModel, JoinType, QueryOrder, QuerySelect, QueryTrait};

use crate::model::booking::{ActiveModel, Column, Entity, Model, RECORDING, State};
use crate::model::terms::Terms;
use crate::model::{delivery, visit};

/// Whose bookings are meant.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    Own(Own),
    Companies(Vec<CompanyId>),
    Cities(Vec<CityId>),
}

impl Scope {
    fn condition(&self) -> Condition {
        let all = Condition::all();
        match self {
            Self::Own(own) => all
                .add(Column::ResidentId.eq(own.person))
                .add_option(own.city.map(|city| Column::CityId.eq(city))),
            Self::Companies(companies) => all.add(Column::CompanyId.is_in(companies.iter().copied())),
            Self::Cities(cities) => all.add(Column::CityId.is_in(cities.iter().copied())),
        }
    }
}

/// The terms of an occurrence on sale: open, its offer published, the company's approval active. A closed programme
/// grants no vouchers any more, but those it has granted are good. One row for each published terms of the programme and
/// each of its budgets: which are in force is decided by the civil day of the visit, which SQL does not know; a published
/// programme always has some.
fn terms_of(id: OccurrenceId, resident: PersonId, now: DateTime<Utc>) -> Select<occurrence::Entity> {
    let to_offer: RelationDef = occurrence::Entity::belongs_to(offer::Entity)
        .from(occurrence::Column::OfferId)
        .to(offer::Column::Id)
        .into();
    let to_programme: RelationDef = offer::Entity::belongs_to(programmes::model::Entity)
        .from(offer::Column::ProgrammeId)
        .to(programmes::model::Column::Id)
        .into();
    let to_city: RelationDef = offer::Entity::belongs_to(city::Entity)
        .from(offer::Column::CityId)
        .to(city::Column::Id)
        .into();
    let to_approval: RelationDef = offer::Entity::belongs_to(approval::Entity)
        .from((offer::Column::CompanyId, offer::Column::ProgrammeId))
        .to((approval::Column::CompanyId, approval::Column::ProgrammeId))
        .into();
    let to_terms: RelationDef = offer::Entity::belongs_to(terms::Entity)
        .from(offer::Column::ProgrammeId)
        .to(terms::Column::ProgrammeId)
        .into();
    let to_budget: RelationDef = offer::Entity::belongs_to(budget::Entity)
        .from(offer::Column::ProgrammeId)
        .to(budget::Column::ProgrammeId)
        .into();
    occurrence::Entity::find_by_id(id)
        .select_only()
        .column_as(occurrence::Column::Id, "occurrence_id")
        .columns([
            occurrence::Column::StartsAt,
            occurrence::Column::EndsAt,
            occurrence::Column::Capacity,
            occurrence::Column::Taken,
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
            terms::Column::ValueRule,
            terms::Column::PriceMode,
            terms::Column::PriceCeilingCents,
            terms::Column::FreeCancellationHours,
            terms::Column::LateFeeBp,
            terms::Column::Parameters,
            terms::Column::Conditions,
        ])
        .column_as(subquery(identity::born_of(resident)), "resident_born")
        .column_as(terms::Column::ValidFrom, "in_force_from")
        .column_as(terms::Column::ValidUntil, "in_force_until")
        .column(city::Column::Zone)
        .column_as(approval::Column::ValidFrom, "approved_from")
        .column_as(approval::Column::ValidUntil, "approved_until")
        .column_as(Expr::exists(rulebook_open_at(now)), "rulebook_open")
        .join(JoinType::InnerJoin, to_offer)
        .join(JoinType::InnerJoin, to_programme)
        .join(JoinType::InnerJoin, to_city)
        .join(JoinType::InnerJoin, to_approval)
        .join(JoinType::InnerJoin, to_terms)
        .column_as(budget::Column::Id, "budget_id")
        .columns([budget::Column::FiscalYear, budget::Column::OvercommitBp])
        .join(JoinType::LeftJoin, to_budget)
        .filter(terms::Column::State.eq(programmes::TermsState::Published))
        .filter(offer::Column::State.eq(offer::State::Published))
        .filter(programmes::model::Column::State.ne(programmes::State::Draft))
        .filter(occurrence::Column::State.eq(occurrence::State::Open))
        .filter(approval::Column::State.is_in(approval::State::SELLING))
}

/// The terms of an occurrence, one for each period of its programme, for a preview.
pub(crate) async fn terms(
    conn: &impl ConnectionTrait,
    id: OccurrenceId,
    resident: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Terms>, Error> {
    Ok(terms_of(id, resident, now).into_model::<Terms>().all(conn).await?)
}

/// A query of one value as a column.
fn subquery(query: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(query.into()))
}

/// The rulebooks that bind at `now` and that the company of the offer has not accepted, nor a later one.
fn rulebook_open_at(now: DateTime<Utc>) -> SelectStatement {
    let accepted = acceptance::Entity::find()
        .select_only()
        .column(acceptance::Column::Number)
        .filter(
            Expr::col(acceptance::Column::ProgrammeId.as_column_ref())
                .equals((rulebook::Entity, rulebook::Column::ProgrammeId)),
        )
        .filter(
            Expr::col(acceptance::Column::CompanyId.as_column_ref()).equals((offer::Entity, offer::Column::CompanyId)),
        )
        .filter(
            Expr::col(acceptance::Column::Number.as_column_ref())
                .gte(Expr::col(rulebook::Column::Number.as_column_ref())),
        );
    rulebook::Entity::find()
        .select_only()
        .column(rulebook::Column::Id)
        .filter(
            Expr::col(rulebook::Column::ProgrammeId.as_column_ref())
                .equals((offer::Entity, offer::Column::ProgrammeId)),
        )
        .filter(rulebook::Column::BindsAt.lte(now))
        .filter(Expr::exists(accepted.into_query()).not())
        .into_query()
}

/// The terms of an occurrence as in [`terms`]; the approval cannot be suspended until the transaction ends.
pub(crate) async fn terms_with_approval_shared(
    tx: &Tx,
    id: OccurrenceId,
    resident: PersonId,
) -> Result<Vec<Terms>, Error> {
    let mut query = terms_of(id, resident, tx.now());
    QueryTrait::query(&mut query).lock_with_tables(LockType::Share, [approval::Entity]);
    Ok(query.into_model::<Terms>().all(tx.conn()).await?)
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
pub(crate) async fn visits(conn: &impl ConnectionTrait, bookings: &[&Model]) -> Result<Vec<visit::Model>, Error> {
    Ok(visit::Entity::find()
        .filter(visit::Column::BookingId.is_in(bookings.iter().map(|booking| booking.id)))
        .order_by_asc(visit::Column::OccurrenceId)
        .all(conn)
        .await?)
}

/// The zone of the civil days of a booking's city.
pub(crate) async fn zone(conn: &impl ConnectionTrait, booking: &Model) -> Result<Tz, Error> {
    zone_of_city(conn, booking.city_id).await
}

/// The zone of the civil days of a city.
pub(crate) async fn zone_of_city(conn: &impl ConnectionTrait, id: CityId) -> Result<Tz, Error> {
    let zone: Option<Zone> = city::Entity::find_by_id(id)
        .select_only()
        .column(city::Column::Zone)
        .into_tuple()
        .one(conn)
        .await?;
    let missing = || DbErr::RecordNotFound(id.to_string());
    Ok(zone.ok_or_else(missing)?.0)
}

pub(crate) async fn set_state(tx: &Tx, booking: &Model, state: State) -> Result<Model, Error> {
    change(
        tx,
        booking,
        ActiveModel {
            state: Set(state),
            ..Default::default()
        },
    )
    .await
}

/// Agrees to a booking; cancelling is free until `free_until`.
pub(crate) async fn set_confirmed(
    tx: &Tx,
    booking: &Model,
    state: State,
    free_until: DateTime<Utc>,
) -> Result<Model, Error> {
    let confirmed = ActiveModel {
        state: Set(state),
        free_cancellation_until: Set(free_until),
        ..Default::default()
    };
    change(tx, booking, confirmed).await
}

/// Ends a booking for a reason that its resident reads.
pub(crate) async fn set_ended(tx: &Tx, booking: &Model, state: State, reason: Option<String>) -> Result<Model, Error> {
    let ended = ActiveModel {
        state: Set(state),
        reason: Set(reason),
        ..Default::default()
    };
    change(tx, booking, ended).await
}

async fn change(tx: &Tx, booking: &Model, change: ActiveModel) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(booking.id),
        changed_at: Set(tx.now()),
        version: Set(booking.version + 1),
        ..change
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

/// Counts a wrong code of a locked booking.
pub(crate) async fn count_wrong_code(tx: &Tx, booking: &Model) -> Result<(), Error> {
    let counted = ActiveModel {
        id: Unchanged(booking.id),
        wrong_codes: Set(booking.wrong_codes + 1),
        ..Default::default()
    };
    counted.update(tx.conn()).await?;
    Ok(())
}

/// What else the resident has booked that counts beside a visit by `terms`, paid by `voucher`: open bookings of the same
/// time, and open or delivered ones of the programme in the periods of its limits.
pub(crate) async fn others(
    conn: &impl ConnectionTrait,
    terms: &Terms,
    resident: PersonId,
    voucher: VoucherId,
) -> Result<Vec<OtherVisit>, Error> {
    let (parameters, zone) = (&terms.parameters, terms.zone.0);
    let mut counting = Condition::any();
    if !parameters.may_overlap {
        let same_time = Column::StartsAt
            .lt(terms.ends_at)
            .and(Column::EndsAt.gt(terms.starts_at));
        counting = counting.add(same_time);
    }
    if let Some((first, last)) = parameters.limits.days(terms.day()) {
        let (from, until) = (kernel::start_of_day(first, zone), last.succ_opt().unwrap_or(last));
        let until = kernel::start_of_day(until, zone);
        let of_programme = Column::ProgrammeId.eq(terms.programme_id);
        counting = counting.add(
            of_programme
                .and(Column::StartsAt.gte(from))
                .and(Column::StartsAt.lt(until)),
        );
    }
    if parameters.limits.voucher.is_some() {
        counting = counting.add(Column::VoucherId.eq(voucher));
    }
    let rows = Entity::find()
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::State.is_in([State::Requested, State::Confirmed, State::Delivered]))
        .filter(counting)
        .all(conn)
        .await?;
    let other = |row: &Model| OtherVisit {
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        open: row.state.holds(),
        same_programme: row.programme_id == terms.programme_id,
        same_voucher: row.voucher_id == voucher,
    };
    Ok(rows.iter().map(other).collect())
}

/// Bookings that may have lapsed at `now` with their cities, a chunk above `after`; each is judged under its lock.
pub(crate) async fn overdue(
    conn: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<BookingId>,
) -> Result<Vec<(BookingId, CityId)>, Error> {
    let unanswered = Condition::all()
        .add(Column::State.eq(State::Requested))
        .add(Column::StartsAt.lte(now));
    let unrecorded = Condition::all().add(Column::State.eq(State::Confirmed)).add(
        Condition::any()
            .add(Column::EndsAt.lt(now - RECORDING))
            .add(Column::RecordBefore.lte(now)),
    );
    Ok(Entity::find()
        .select_only()
        .columns([Column::Id, Column::CityId])
        .filter(Condition::any().add(unanswered).add(unrecorded))
        .filter(Condition::all().add_option(after.map(|after| Column::Id.gt(after))))
        .order_by_asc(Column::Id)
        .limit(500)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The open bookings of a voucher whose visit begins at `from` or later, in the order of ids.
pub(crate) async fn open_from(
    conn: &impl ConnectionTrait,
    voucher: VoucherId,
    from: DateTime<Utc>,
) -> Result<Vec<BookingId>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::VoucherId.eq(voucher))
        .filter(Column::State.is_in([State::Requested, State::Confirmed]))
        .filter(Column::StartsAt.gte(from))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The open bookings of a company in a programme that begin at `from` or later.
#[derive(Clone, Debug)]
pub(crate) struct Uncovered {
    pub(crate) city: CityId,
    pub(crate) company: CompanyId,
    pub(crate) programme: ProgrammeId,
    /// Visits before it are not meant.
    pub(crate) from: DateTime<Utc>,
    /// Nor are those from the one instant until before the other: an approval covers them.
    pub(crate) except: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Uncovered {
    /// True for a visit that begins at `at`.
    pub(crate) fn holds(&self, at: DateTime<Utc>) -> bool {
        at >= self.from && !self.except.iter().any(|(from, until)| (*from..*until).contains(&at))
    }

    fn select(&self) -> Select<Entity> {
        Entity::find()
            .filter(Column::CityId.eq(self.city))
            .filter(Column::CompanyId.eq(self.company))
            .filter(Column::ProgrammeId.eq(self.programme))
            .filter(Column::State.is_in([State::Requested, State::Confirmed]))
            .filter(Column::StartsAt.gte(self.from))
            .filter(self.except.iter().fold(Condition::all(), |all, (from, until)| {
                all.add(Column::StartsAt.lt(*from).or(Column::StartsAt.gte(*until)))
            }))
    }
}

pub(crate) async fn page_uncovered(
    conn: &impl ConnectionTrait,
    uncovered: &Uncovered,
    page: PageRequest<BookingId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, uncovered.select(), Column::Id, page).await
}

pub(crate) async fn count_uncovered(conn: &impl ConnectionTrait, uncovered: &Uncovered) -> Result<u64, Error> {
    Ok(uncovered.select().count(conn).await?)
}

/// A chunk of them above `after`, for a job; each is judged under its lock.
pub(crate) async fn uncovered_ids(
    conn: &impl ConnectionTrait,
    uncovered: &Uncovered,
    after: Option<BookingId>,
) -> Result<Vec<BookingId>, Error> {
    Ok(uncovered
        .select()
        .select_only()
        .column(Column::Id)
        .filter(Condition::all().add_option(after.map(|after| Column::Id.gt(after))))
        .order_by_asc(Column::Id)
        .limit(500)
        .into_tuple()
        .all(conn)
        .await?)
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
    bookings: &[&Model],
) -> Result<Vec<delivery::Model>, Error> {
    Ok(delivery::Entity::find()
        .filter(delivery::Column::BookingId.is_in(bookings.iter().map(|booking| booking.id)))
        .order_by_asc(delivery::Column::Id)
        .all(conn)
        .await?)
}

/// The booking of any city, for the job that an event about it enqueued.
pub(crate) async fn find_for_job(conn: &impl ConnectionTrait, id: BookingId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
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
    db::page(conn, listed(scope, state), Column::Id, page).await
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
