use db::{Error, Tx};
use kernel::{CityId, CompanyId, CompanyRole, MemberId, Page, PageRequest, PersonId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect};

use super::companies;
use crate::model::company;
use crate::model::member::{ActiveModel, Column, Entity, Model, State};

/// More memberships nobody has; what is beyond is not shown.
const MOST_MEMBERSHIPS: u64 = 100;

/// The confirmed memberships of a person.
pub(crate) async fn active_of(
    conn: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Vec<(CompanyId, CompanyRole)>, Error> {
    let rows = Entity::find()
        .filter(Column::PersonId.eq(person))
        .filter(Column::State.eq(State::Active))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.company_id, row.role)).collect())
}

/// The claimed and confirmed memberships of a person, oldest first.
pub(crate) async fn of_person(conn: &impl ConnectionTrait, person: PersonId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::PersonId.eq(person))
        .filter(Column::State.ne(State::Removed))
        .order_by_asc(Column::Id)
        .limit(MOST_MEMBERSHIPS)
        .all(conn)
        .await?)
}

/// The claimed and confirmed members of a company.
pub(crate) fn of_company(company: CompanyId) -> Condition {
    Condition::all()
        .add(Column::CompanyId.eq(company))
        .add(Column::State.ne(State::Removed))
}

/// The claims to sign for a company that a city has to decide.
pub(crate) fn claims_of_city(city: CityId) -> Condition {
    Condition::all()
        .add(Column::ClaimCityId.eq(city))
        .add(Column::State.eq(State::Claimed))
}

pub(crate) async fn find(conn: &impl ConnectionTrait, scope: Condition, id: MemberId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).filter(scope).one(conn).await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    scope: Condition,
    page: PageRequest<MemberId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

/// What an approver of `cities` may decide.
pub(crate) fn in_cities(cities: &[CityId]) -> Condition {
    Condition::all().add(Column::ClaimCityId.is_in(cities.iter().copied()))
}

/// What a signatory of `companies` may decide.
pub(crate) fn in_companies(companies: &[CompanyId]) -> Condition {
    Condition::all().add(Column::CompanyId.is_in(companies.iter().copied()))
}

/// What is a person's own.
pub(crate) fn own(person: PersonId) -> Condition {
    Condition::all().add(Column::PersonId.eq(person))
}

/// The membership if it lies in the scope, and its company, which is locked first: two signatories who remove each
/// other come one after the other.
pub(crate) async fn lock(tx: &Tx, scope: Condition, id: MemberId) -> Result<Option<(company::Model, Model)>, Error> {
    let Some(found) = Entity::find_by_id(id).filter(scope.clone()).one(tx.conn()).await? else {
        return Ok(None);
    };
    let company = companies::lock(tx, found.company_id).await?;
    let member = Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    Ok(company.zip(member))
}

/// How many confirmed signatories a company has; counted under its lock.
pub(crate) async fn signatories(tx: &Tx, company: CompanyId) -> Result<u64, Error> {
    Ok(Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::Role.eq(CompanyRole::Signatory))
        .filter(Column::State.eq(State::Active))
        .count(tx.conn())
        .await?)
}

/// The confirmed signatories and managers of a company, for letters.
pub(crate) async fn leaders(conn: &impl ConnectionTrait, company: CompanyId) -> Result<Vec<PersonId>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::PersonId)
        .filter(Column::CompanyId.eq(company))
        .filter(Column::Role.is_in([CompanyRole::Signatory, CompanyRole::Manager]))
        .filter(Column::State.eq(State::Active))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(conn)
        .await?)
}

/// True when the row went in; false when the person is a member already (partial unique index).
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Ends the claim: what was claimed about the company is forgotten with it.
pub(crate) async fn decide(
    tx: &Tx,
    id: MemberId,
    state: State,
    confirmed_by: Option<PersonId>,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(id),
        state: Set(state),
        confirmed_by: Set(confirmed_by),
        claimed_details: Set(None),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
