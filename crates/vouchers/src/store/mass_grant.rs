use std::collections::{BTreeMap, HashSet};

use db::{Error, Tx};
use kernel::{CityId, ErrorCode, MassGrantId, Page, PageRequest, PersonId, ProgrammeId, VoucherId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::mass_grant::row;
use crate::model::mass_grant::{ActiveModel, Column, Entity, Model, State};
use crate::model::{self, Model as Voucher};

/// How many rows one transaction grants, and one statement writes.
pub(crate) const CHUNK: usize = 500;

pub(crate) async fn insert(tx: &Tx, list: Model, rows: Vec<row::Model>) -> Result<(), Error> {
    Entity::insert(list.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        row::Entity::insert_many(rows.by_ref().take(CHUNK))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

pub(crate) async fn find_for_update(tx: &Tx, cities: &[CityId], id: MassGrantId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// The list of any city, locked, for the job that its confirmation enqueued.
pub(crate) async fn find_for_job(tx: &Tx, id: MassGrantId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?)
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    ids: &[MassGrantId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    city: CityId,
    programme: ProgrammeId,
    page: PageRequest<MassGrantId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, listed(city, programme), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, city: CityId, programme: ProgrammeId) -> Result<u64, Error> {
    Ok(listed(city, programme).count(conn).await?)
}

fn listed(city: CityId, programme: ProgrammeId) -> Select<Entity> {
    Entity::find()
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::CityId.eq(city))
}

pub(crate) async fn set_state(
    tx: &Tx,
    list: &Model,
    state: State,
    confirmed_by: Option<PersonId>,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(list.id),
        state: Set(state),
        confirmed_by: Set(confirmed_by),
        version: Set(list.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// How many rows of each list are in each state.
pub(crate) async fn progress(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    lists: &[MassGrantId],
) -> Result<Vec<(MassGrantId, row::State, i64)>, Error> {
    Ok(row::Entity::find()
        .select_only()
        .column(row::Column::MassGrantId)
        .column(row::Column::State)
        .column_as(row::Column::Id.count(), "rows")
        .filter(row::Column::MassGrantId.is_in(lists.iter().copied()))
        .filter(row::Column::CityId.is_in(cities.iter().copied()))
        .group_by(row::Column::MassGrantId)
        .group_by(row::Column::State)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The rows of a list of one of `cities` after the line `after`, at most `first`.
pub(crate) async fn rows(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    list: MassGrantId,
    state: Option<row::State>,
    after: i32,
    first: u64,
) -> Result<Vec<row::Model>, Error> {
    Ok(row::Entity::find()
        .filter(row::Column::MassGrantId.eq(list))
        .filter(row::Column::CityId.is_in(cities.iter().copied()))
        .filter(Condition::all().add_option(state.map(|state| row::Column::State.eq(state))))
        .filter(row::Column::Line.gt(after))
        .order_by_asc(row::Column::Line)
        .limit(first)
        .all(conn)
        .await?)
}

/// The rows of a locked list whose turn is next.
pub(crate) async fn waiting(tx: &Tx, list: &Model) -> Result<Vec<row::Model>, Error> {
    let chunk = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    rows(tx.conn(), &[list.city_id], list.id, Some(row::State::Waiting), 0, chunk).await
}

/// Writes what became of rows of a locked list; those without a code are granted.
pub(crate) async fn set_outcomes(tx: &Tx, outcomes: &[(VoucherId, Option<ErrorCode>)]) -> Result<(), Error> {
    let mut groups: BTreeMap<Option<ErrorCode>, Vec<VoucherId>> = BTreeMap::new();
    for (id, code) in outcomes {
        groups.entry(*code).or_default().push(*id);
    }
    for (code, ids) in groups {
        let state = if code.is_none() {
            row::State::Granted
        } else {
            row::State::Refused
        };
        let change = row::ActiveModel {
            state: Set(state),
            code: Set(code.map(|code| code.to_string())),
            ..Default::default()
        };
        row::Entity::update_many()
            .set(change)
            .filter(row::Column::Id.is_in(ids))
            .exec(tx.conn())
            .await?;
    }
    Ok(())
}

/// Lets the rows of a locked list wait again that were refused with `code`; answers how many.
pub(crate) async fn wait_again(tx: &Tx, list: &Model, code: ErrorCode) -> Result<u64, Error> {
    let change = row::ActiveModel {
        state: Set(row::State::Waiting),
        code: Set(None),
        ..Default::default()
    };
    let changed = row::Entity::update_many()
        .set(change)
        .filter(row::Column::MassGrantId.eq(list.id))
        .filter(row::Column::State.eq(row::State::Refused))
        .filter(row::Column::Code.eq(code.to_string()))
        .exec(tx.conn())
        .await?;
    Ok(changed.rows_affected)
}

/// Who of `residents` has a voucher of the programme, and which of `keys` were granted.
pub(crate) async fn taken(
    tx: &Tx,
    programme: ProgrammeId,
    residents: &[PersonId],
    keys: &[&str],
) -> Result<(HashSet<PersonId>, HashSet<String>), Error> {
    use model::Column;
    let has_one = Condition::all()
        .add(Column::ResidentId.is_in(residents.iter().copied()))
        .add(Column::State.is_not_in([model::State::Revoked, model::State::Declined]));
    let found: Vec<(PersonId, Option<String>, model::State)> = model::Entity::find()
        .select_only()
        .columns([Column::ResidentId, Column::GrantKey, Column::State])
        .filter(Column::ProgrammeId.eq(programme))
        .filter(
            Condition::any()
                .add(has_one)
                .add(Column::GrantKey.is_in(keys.iter().copied())),
        )
        .into_tuple()
        .all(tx.conn())
        .await?;
    let ended = |state| matches!(state, model::State::Revoked | model::State::Declined);
    let holders = found
        .iter()
        .filter(|(_, _, state)| !ended(*state))
        .map(|row| row.0)
        .collect();
    Ok((holders, found.into_iter().filter_map(|row| row.1).collect()))
}

/// Writes vouchers; answers the ids of those that went in. The others' residents or keys were granted meanwhile.
pub(crate) async fn insert_vouchers(tx: &Tx, vouchers: &[Voucher]) -> Result<HashSet<VoucherId>, Error> {
    if vouchers.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = vouchers.iter().map(|voucher| voucher.clone().into_active_model());
    model::Entity::insert_many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    let ids: Vec<VoucherId> = model::Entity::find()
        .select_only()
        .column(model::Column::Id)
        .filter(model::Column::Id.is_in(vouchers.iter().map(|voucher| voucher.id)))
        .into_tuple()
        .all(tx.conn())
        .await?;
    Ok(ids.into_iter().collect())
}

/// Granted rows without a voucher, for checks.
pub(crate) async fn granted_without_voucher(conn: &impl ConnectionTrait) -> Result<Vec<VoucherId>, Error> {
    let vouchers = model::Entity::find().select_only().column(model::Column::Id);
    Ok(row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::State.eq(row::State::Granted))
        .filter(row::Column::Id.not_in_subquery(vouchers.into_query()))
        .into_tuple()
        .all(conn)
        .await?)
}
