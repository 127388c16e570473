pub(crate) mod application;
pub(crate) mod attachment;
pub(crate) mod consent;
pub(crate) mod income_review;
pub(crate) mod mass_grant;
pub(crate) mod rectification;
pub(crate) mod replenishment;
pub(crate) mod task;
pub(crate) mod waiting;

use chrono::NaiveDate;
use cities::model::city;
use db::{Error, Tx};
use kernel::{CityId, Own, Page, PageRequest, PersonId, ProgrammeId, VoucherId};
use ledger::{Account, account};
use programmes::model::terms;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    Condition, FromQueryResult, IdenStatic, IntoActiveModel, Iterable, JoinType, QueryOrder, QueryResult, QuerySelect,
    QueryTrait,
};

use crate::accounts;
use crate::model::number::Number;
use crate::model::{ActiveModel, Column, Entity, Model, State};
use crate::spend::WithTerms;

/// What of the vouchers an actor may see: her own and those of `cities`.
pub(crate) fn visible(own: Own, cities: &[CityId]) -> Condition {
    Condition::any()
        .add(of_resident(own))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

/// What of the vouchers the staff of `cities` may see.
pub(crate) fn in_cities(cities: &[CityId]) -> Condition {
    Condition::all().add(Column::CityId.is_in(cities.iter().copied()))
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[VoucherId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

pub(crate) fn of_resident(own: Own) -> Condition {
    Condition::all()
        .add(Column::ResidentId.eq(own.person))
        .add_option(own.city.map(|city| Column::CityId.eq(city)))
}

pub(crate) fn of_programme(cities: &[CityId], programme: ProgrammeId) -> Condition {
    Condition::all()
        .add(Column::ProgrammeId.eq(programme))
        .add(Column::CityId.is_in(cities.iter().copied()))
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<VoucherId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

/// True when the voucher went in; false when the resident has one of this programme (partial unique index).
pub(crate) async fn insert(tx: &Tx, voucher: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(voucher.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn find_for_update(tx: &Tx, cities: &[CityId], id: VoucherId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// The voucher of a resident with its accounts, all locked until the transaction ends, in one statement.
pub(crate) async fn own_with_accounts_for_update(
    tx: &Tx,
    resident: PersonId,
    id: VoucherId,
) -> Result<Vec<(Model, Option<Account>)>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::ResidentId.eq(resident))
        .join(JoinType::InnerJoin, to_accounts())
        .select_also(account::Entity)
        .order_by_asc(account::Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?)
}

/// True when the resident has a voucher of the programme that was neither revoked nor refused by her.
pub(crate) async fn holds(tx: &Tx, programme: ProgrammeId, resident: PersonId) -> Result<bool, Error> {
    let found = Entity::find()
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::State.is_not_in([State::Revoked, State::Declined]))
        .one(tx.conn())
        .await?;
    Ok(found.is_some())
}

/// The voucher of a resident with the money and the units that may be spent of it, a row for each, without a lock.
pub(crate) async fn own_with_available(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    id: VoucherId,
) -> Result<Vec<(Model, Option<Account>)>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::ResidentId.eq(resident))
        .join(JoinType::InnerJoin, to_accounts())
        .filter(account::Column::Kind.is_in(SPENDABLE))
        .select_also(account::Entity)
        .all(conn)
        .await?)
}

/// The kinds of accounts from which bookings spend.
const SPENDABLE: [&str; 2] = [accounts::AVAILABLE.name, accounts::UNITS.name];

/// The voucher of this number, likewise, if it is of one of `programmes`, without a lock.
pub(crate) async fn by_number(
    conn: &impl ConnectionTrait,
    programmes: &[ProgrammeId],
    number: &Number,
) -> Result<Vec<(Model, Option<Account>)>, Error> {
    Ok(Entity::find()
        .filter(Column::Number.eq(number.clone()))
        .filter(Column::ProgrammeId.is_in(programmes.iter().copied()))
        .join(JoinType::InnerJoin, to_accounts())
        .filter(account::Column::Kind.is_in(SPENDABLE))
        .select_also(account::Entity)
        .all(conn)
        .await?)
}

/// Vouchers of a resident with what may be spent of them, the published terms of their programmes and the zones of their
/// cities, one row for each terms, in one statement.
pub(crate) async fn own_with_terms(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    ids: &[VoucherId],
) -> Result<Vec<WithTerms>, Error> {
    let to_terms: RelationDef = Entity::belongs_to(terms::Entity)
        .from(Column::ProgrammeId)
        .to(terms::Column::ProgrammeId)
        .into();
    let to_city: RelationDef = Entity::belongs_to(city::Entity)
        .from(Column::CityId)
        .to(city::Column::Id)
        .into();
    let mut query = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::ResidentId.eq(resident))
        .join(JoinType::InnerJoin, to_accounts())
        .join(JoinType::InnerJoin, to_terms)
        .join(JoinType::InnerJoin, to_city)
        .filter(account::Column::Kind.eq(accounts::AVAILABLE.name))
        .filter(terms::Column::State.eq(programmes::TermsState::Published))
        .select_also(account::Entity)
        .column_as(city::Column::Zone, "zone");
    for column in terms::Column::iter() {
        query = query.column_as(column, format!("{TERMS}{}", column.as_str()));
    }
    let statement = query.build(conn.get_database_backend());
    Ok(WithTerms::find_by_statement(statement).all(conn).await?)
}

/// Before the columns of terms in a row of [`own_with_terms`].
const TERMS: &str = "C_";

impl FromQueryResult for WithTerms {
    /// sea-orm names the columns of the two entities that it joins itself `A_…` and `B_…`.
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            voucher: Model::from_query_result(row, "A_")?,
            available: Account::from_query_result(row, "B_")?.cents(),
            terms: terms::Model::from_query_result(row, TERMS)?,
            zone: row.try_get("", "zone")?,
        })
    }
}

/// A voucher owns its accounts.
fn to_accounts() -> RelationDef {
    Entity::belongs_to(account::Entity)
        .from(Column::Id)
        .to(account::Column::Owner)
        .into()
}

pub(crate) async fn set_state(tx: &Tx, voucher: &Model, state: State) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(voucher.id),
        state: Set(state),
        version: Set(voucher.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Writes what a voucher is worth after it was decided anew.
pub(crate) async fn set_worth(tx: &Tx, amended: &Model) -> Result<(), Error> {
    let change = ActiveModel {
        id: Unchanged(amended.id),
        value_cents: Set(amended.value_cents),
        refill_cents: Set(amended.refill_cents),
        quantity: Set(amended.quantity),
        assessment: Set(amended.assessment.clone()),
        valuation: Set(amended.valuation.clone()),
        raise_reason: Set(amended.raise_reason.clone()),
        version: Set(amended.version),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

/// The vouchers of a resident in a city that still live, locked in the order of ids.
pub(crate) async fn alive_for_update(tx: &Tx, city: CityId, resident: PersonId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::ResidentId.eq(resident))
        .filter(Column::State.is_in([State::Active, State::Suspended]))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?)
}

pub(crate) async fn set_last_day(tx: &Tx, voucher: &Model, last: NaiveDate) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(voucher.id),
        valid_until: Set(last),
        version: Set(voucher.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Vouchers without a number, a chunk.
pub(crate) async fn without_number(conn: &impl ConnectionTrait) -> Result<Vec<VoucherId>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Number.is_null())
        .order_by_asc(Column::Id)
        .limit(500)
        .into_tuple()
        .all(conn)
        .await?)
}

/// Gives a voucher its number, unless it has one. Nobody edits numbers, so the version stays.
pub(crate) async fn set_number(tx: &Tx, id: VoucherId, number: Number) -> Result<(), Error> {
    let change = ActiveModel {
        number: Set(Some(number)),
        ..Default::default()
    };
    Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(id))
        .filter(Column::Number.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Vouchers of a city that still live and whose last day lies before `today`, a chunk.
pub(crate) async fn ended(
    conn: &impl ConnectionTrait,
    city: CityId,
    today: NaiveDate,
) -> Result<Vec<VoucherId>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CityId.eq(city))
        .filter(Column::State.is_in([State::Active, State::Suspended]))
        .filter(Column::ValidUntil.lt(today))
        .order_by_asc(Column::Id)
        .limit(500)
        .into_tuple()
        .all(conn)
        .await?)
}
