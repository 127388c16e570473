use db::{Error, Tx};
use kernel::{CityId, Page, PageRequest, PersonId, StaffMemberId, StaffRole};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use crate::model::{city, staff};

pub(crate) async fn cities(conn: &impl ConnectionTrait) -> Result<Vec<city::Model>, Error> {
    Ok(city::Entity::find().order_by_asc(city::Column::Code).all(conn).await?)
}

pub(crate) async fn city(conn: &impl ConnectionTrait, id: CityId) -> Result<Option<city::Model>, Error> {
    Ok(city::Entity::find_by_id(id).one(conn).await?)
}

pub(crate) async fn city_by_code(conn: &impl ConnectionTrait, code: &str) -> Result<Option<city::Model>, Error> {
    Ok(city::Entity::find()
        .filter(city::Column::Code.eq(code))
        .one(conn)
        .await?)
}

/// The city, locked until the transaction ends.
pub(crate) async fn city_for_update(tx: &Tx, id: CityId) -> Result<Option<city::Model>, Error> {
    Ok(city::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?)
}

/// Inserts a city, or brings the one of the same municipality code up to date.
pub(crate) async fn put_city(tx: &Tx, city: city::Model) -> Result<city::Model, Error> {
    use city::Column::{Bilingual, BusinessId, Code, Iban, Name, Zone};
    Ok(city::Entity::insert(city.into_active_model())
        .on_conflict(
            OnConflict::column(Code)
                .update_columns([Name, BusinessId, Zone, Bilingual, Iban])
                .to_owned(),
        )
        .exec_with_returning(tx.conn())
        .await?)
}

/// The confirmed roles of a person in every city.
pub(crate) async fn roles(conn: &impl ConnectionTrait, person: PersonId) -> Result<Vec<(CityId, StaffRole)>, Error> {
    let rows = staff::Entity::find()
        .filter(staff::Column::PersonId.eq(person))
        .filter(staff::Column::State.eq(staff::State::Active))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.city_id, row.role)).collect())
}

/// Those who hold a role in a city, confirmed, each once.
pub(crate) async fn holders(
    conn: &impl ConnectionTrait,
    city: CityId,
    role: StaffRole,
) -> Result<Vec<PersonId>, Error> {
    Ok(staff::Entity::find()
        .select_only()
        .column(staff::Column::PersonId)
        .distinct()
        .filter(staff::Column::CityId.eq(city))
        .filter(staff::Column::Role.eq(role))
        .filter(staff::Column::State.eq(staff::State::Active))
        .into_tuple()
        .all(conn)
        .await?)
}

pub(crate) async fn staff(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<StaffMemberId>,
) -> Result<Page<staff::Model>, Error> {
    db::page(conn, staff_of(city), staff::Column::Id, page).await
}

pub(crate) async fn count_staff(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(staff_of(city).count(conn).await?)
}

/// The proposed and confirmed roles in the staff of a city.
fn staff_of(city: CityId) -> Select<staff::Entity> {
    staff::Entity::find()
        .filter(staff::Column::CityId.eq(city))
        .filter(staff::Column::State.ne(staff::State::Revoked))
}

/// How many confirmed administrators a city has.
pub(crate) async fn count_administrators(tx: &Tx, city: CityId) -> Result<u64, Error> {
    Ok(staff::Entity::find()
        .filter(staff::Column::CityId.eq(city))
        .filter(staff::Column::Role.eq(StaffRole::Administrator))
        .filter(staff::Column::State.eq(staff::State::Active))
        .count(tx.conn())
        .await?)
}

pub(crate) async fn staff_member(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    id: StaffMemberId,
) -> Result<Option<staff::Model>, Error> {
    Ok(staff::Entity::find_by_id(id)
        .filter(staff::Column::CityId.is_in(cities.iter().copied()))
        .one(conn)
        .await?)
}

pub(crate) async fn staff_for_update(
    tx: &Tx,
    cities: &[CityId],
    id: StaffMemberId,
) -> Result<Option<staff::Model>, Error> {
    Ok(staff::Entity::find_by_id(id)
        .filter(staff::Column::CityId.is_in(cities.iter().copied()))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// True when the row went in; false when the person has this role already (partial unique index).
pub(crate) async fn insert_staff(tx: &Tx, row: staff::Model) -> Result<bool, Error> {
    let inserted = staff::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

pub(crate) async fn set_state(tx: &Tx, row: staff::Model, state: staff::State) -> Result<staff::Model, Error> {
    let change = staff::ActiveModel {
        id: Unchanged(row.id),
        state: Set(state),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
