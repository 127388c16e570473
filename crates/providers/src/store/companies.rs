use std::collections::BTreeSet;

use db::{Error, Tx};
use kernel::{Actor, CityId, CompanyId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{Condition, IntoActiveModel, QuerySelect, QueryTrait};

use crate::model::company::{ActiveModel, Column, Details, Entity, Model};
use crate::model::{application, approval, member};
use crate::policy;

/// The companies an actor may see: those some city has approved are public; further her own, and those that apply or
/// claim to be somebody's in a city whose approver she is.
pub(crate) fn visible(actor: &Actor) -> Condition {
    let cities = policy::REVIEW.cities(actor);
    let approved = approval::Entity::find()
        .select_only()
        .column(approval::Column::CompanyId);
    let applying = application::Entity::find()
        .select_only()
        .column(application::Column::CompanyId)
        .filter(application::Column::CityId.is_in(cities.iter().copied()))
        .filter(application::Column::State.ne(application::State::Draft));
    let claimed = member::Entity::find()
        .select_only()
        .column(member::Column::CompanyId)
        .filter(member::Column::ClaimCityId.is_in(cities.iter().copied()))
        .filter(member::Column::State.eq(member::State::Claimed));
    Condition::any()
        .add(Column::Id.is_in(actor.companies.iter().map(|(company, _)| *company)))
        .add(Column::Id.in_subquery(approved.into_query()))
        .add(Column::Id.in_subquery(applying.into_query()))
        .add(Column::Id.in_subquery(claimed.into_query()))
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[CompanyId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope)
        .all(conn)
        .await?)
}

/// The company that a letter about something in a city goes to, whoever causes it. It has applied to that city, or is
/// approved there because another city has approved it.
pub(crate) async fn addressee(
    conn: &impl ConnectionTrait,
    city: CityId,
    id: CompanyId,
) -> Result<Option<Model>, Error> {
    let applied = application::Entity::find()
        .select_only()
        .column(application::Column::CompanyId)
        .filter(application::Column::CompanyId.eq(id))
        .filter(application::Column::CityId.eq(city));
    let approved = approval::Entity::find()
        .select_only()
        .column(approval::Column::CompanyId)
        .filter(approval::Column::CompanyId.eq(id))
        .filter(approval::Column::CityId.eq(city));
    let known = Condition::any()
        .add(Column::Id.in_subquery(applied.into_query()))
        .add(Column::Id.in_subquery(approved.into_query()));
    Ok(Entity::find_by_id(id).filter(known).one(conn).await?)
}

/// The company of this business id, if one of its signatories has been confirmed: otherwise it is nobody's.
pub(crate) async fn with_signatory(tx: &Tx, business_id: &str) -> Result<Option<Model>, Error> {
    let signed = member::Entity::find()
        .select_only()
        .column(member::Column::CompanyId)
        .filter(member::Column::Role.eq(kernel::CompanyRole::Signatory))
        .filter(member::Column::State.eq(member::State::Active));
    Ok(Entity::find()
        .filter(Column::BusinessId.eq(business_id))
        .filter(Column::Id.in_subquery(signed.into_query()))
        .one(tx.conn())
        .await?)
}

/// The cities that have to do with a company: it has applied to them, they have approved it, or one of their approvers
/// has confirmed that somebody signs for it.
pub(crate) async fn cities(conn: &impl ConnectionTrait, company: CompanyId) -> Result<BTreeSet<CityId>, Error> {
    let applied: Vec<CityId> = application::Entity::find()
        .select_only()
        .column(application::Column::CityId)
        .distinct()
        .filter(application::Column::CompanyId.eq(company))
        .into_tuple()
        .all(conn)
        .await?;
    let confirmed: Vec<CityId> = member::Entity::find()
        .select_only()
        .column(member::Column::ClaimCityId)
        .distinct()
        .filter(member::Column::CompanyId.eq(company))
        .filter(member::Column::State.eq(member::State::Active))
        .filter(member::Column::ClaimCityId.is_not_null())
        .into_tuple()
        .all(conn)
        .await?;
    let approved: Vec<CityId> = approval::Entity::find()
        .select_only()
        .column(approval::Column::CityId)
        .distinct()
        .filter(approval::Column::CompanyId.eq(company))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(applied.into_iter().chain(confirmed).chain(approved).collect())
}

/// Those of `companies` that have to do with one of `cities`, as in [`cities`].
pub(crate) async fn of_cities(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    companies: &[CompanyId],
) -> Result<Vec<CompanyId>, Error> {
    let applied = application::Entity::find()
        .select_only()
        .column(application::Column::CompanyId)
        .filter(application::Column::CityId.is_in(cities.iter().copied()))
        .filter(application::Column::State.ne(application::State::Draft));
    let confirmed = member::Entity::find()
        .select_only()
        .column(member::Column::CompanyId)
        .filter(member::Column::State.eq(member::State::Active))
        .filter(member::Column::ClaimCityId.is_in(cities.iter().copied()));
    let approved = approval::Entity::find()
        .select_only()
        .column(approval::Column::CompanyId)
        .filter(approval::Column::CityId.is_in(cities.iter().copied()));
    Ok(Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(companies.iter().copied()))
        .filter(
            Condition::any()
                .add(Column::Id.in_subquery(approved.into_query()))
                .add(Column::Id.in_subquery(applied.into_query()))
                .add(Column::Id.in_subquery(confirmed.into_query())),
        )
        .into_tuple()
        .all(conn)
        .await?)
}

/// A company in whose name the caller was let act.
pub(crate) async fn find(conn: &impl ConnectionTrait, id: CompanyId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id).one(conn).await?)
}

/// The company, locked: everything that changes it or its members waits here for its turn.
pub(crate) async fn lock(tx: &Tx, id: CompanyId) -> Result<Option<Model>, Error> {
    // Rows that only refer to the company do not wait.
    Ok(Entity::find_by_id(id)
        .lock(LockType::NoKeyUpdate)
        .one(tx.conn())
        .await?)
}

/// The id of the company with this business id; the given one goes in if there is none.
pub(crate) async fn insert_or_find(tx: &Tx, row: Model) -> Result<CompanyId, Error> {
    let (id, business_id) = (row.id, row.business_id.clone());
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(Column::BusinessId).do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    if inserted == 1 {
        return Ok(id);
    }
    let there = Entity::find()
        .filter(Column::BusinessId.eq(business_id))
        .one(tx.conn())
        .await?;
    Ok(there.map_or(id, |company| company.id))
}

/// Writes other details with the next version.
pub(crate) async fn set_details(tx: &Tx, company: &Model, details: Details) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(company.id),
        name: Set(details.name),
        kind: Set(details.kind),
        email: Set(details.email),
        iban: Set(details.iban),
        lang: Set(details.lang),
        version: Set(company.version + 1),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}
