use chrono::{DateTime, Utc};
use db::{Error, Tx};
use kernel::{Actor, ApplicationId, CityId, CompanyId, Page, PageRequest, PersonId, ProgrammeId};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::application::{ActiveModel, Column, Entity, Model, State};
use crate::model::{item, message};
use crate::policy;

/// The applications an actor may see: those of her companies, and the submitted ones of the cities whose approver she
/// is.
pub(crate) fn visible(actor: &Actor) -> Condition {
    Condition::any()
        .add(
            Condition::all()
                .add(Column::CityId.is_in(policy::REVIEW.cities(actor)))
                .add(Column::State.ne(State::Draft)),
        )
        .add(Column::CompanyId.is_in(policy::SEE_APPLICATIONS.companies(actor)))
}

/// The submitted applications to a city, all or those in one state.
pub(crate) fn of_city(city: CityId, state: Option<State>) -> Condition {
    Condition::all()
        .add(Column::CityId.eq(city))
        .add(Column::State.ne(State::Draft))
        .add_option(state.map(|state| Column::State.eq(state)))
}

/// The applications of a company.
pub(crate) fn of_company(company: CompanyId) -> Condition {
    Condition::all().add(Column::CompanyId.eq(company))
}

pub(crate) async fn by_ids(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ApplicationId],
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
    page: PageRequest<ApplicationId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(scope), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, scope: Condition) -> Result<u64, Error> {
    Ok(Entity::find().filter(scope).count(conn).await?)
}

pub(crate) async fn find_for_update(tx: &Tx, scope: Condition, id: ApplicationId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(id)
        .filter(scope)
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// Whether the city has an application of the company to the programme to decide; for a job.
pub(crate) async fn is_open(tx: &Tx, company: CompanyId, programme: ProgrammeId) -> Result<bool, Error> {
    let waiting = [State::Submitted, State::InfoRequested, State::InfoProvided];
    let found = Entity::find()
        .filter(Column::CompanyId.eq(company))
        .filter(Column::ProgrammeId.eq(programme))
        .filter(Column::State.is_in(waiting))
        .count(tx.conn())
        .await?;
    Ok(found > 0)
}

/// An application to a city, locked; for a job that its approval leads to it.
pub(crate) async fn lock_in_city(tx: &Tx, city: CityId, id: ApplicationId) -> Result<Option<Model>, Error> {
    find_for_update(tx, Condition::all().add(Column::CityId.eq(city)), id).await
}

/// True when the row went in; false when the company has an open application to the programme (partial unique index).
pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Writes a state with the next version.
pub(crate) async fn set_state(tx: &Tx, application: &Model, state: State, now: DateTime<Utc>) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(application.id),
        state: Set(state),
        version: Set(application.version + 1),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Writes another statement of a draft with the next version.
pub(crate) async fn set_statement(
    tx: &Tx,
    application: &Model,
    statement: String,
    now: DateTime<Utc>,
) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(application.id),
        statement: Set(statement),
        version: Set(application.version + 1),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

/// Deletes a draft with its checklist.
pub(crate) async fn forget_draft(tx: &Tx, draft: &Model) -> Result<(), Error> {
    item::Entity::delete_many()
        .filter(item::Column::ApplicationId.eq(draft.id))
        .exec(tx.conn())
        .await?;
    Entity::delete_by_id(draft.id).exec(tx.conn()).await?;
    Ok(())
}

/// Makes a draft the application of the signatory who submits it now.
pub(crate) async fn submit(tx: &Tx, draft: &Model, signatory: PersonId, now: DateTime<Utc>) -> Result<Model, Error> {
    let change = ActiveModel {
        id: Unchanged(draft.id),
        state: Set(State::Submitted),
        created_by: Set(signatory),
        version: Set(draft.version + 1),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(change.update(tx.conn()).await?)
}

pub(crate) async fn insert_message(tx: &Tx, row: message::Model) -> Result<(), Error> {
    message::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The messages of those of `ids` that lie in the scope, oldest first.
pub(crate) async fn messages(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ApplicationId],
) -> Result<Vec<message::Model>, Error> {
    let readable = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope);
    Ok(message::Entity::find()
        .filter(message::Column::ApplicationId.in_subquery(readable.into_query()))
        .order_by_asc(message::Column::ApplicationId)
        .order_by_asc(message::Column::Version)
        .all(conn)
        .await?)
}
