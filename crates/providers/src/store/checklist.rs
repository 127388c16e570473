use db::{Error, Tx};
use kernel::{ApplicationId, ProgrammeId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::item::{ActiveModel, Column, Entity, Model};
use crate::model::requirement::{self, Requirement};
use crate::model::{application, item};

/// What a programme asks for, in the order of names; with what it asks for no more.
pub(crate) async fn requirements(
    conn: &impl ConnectionTrait,
    programme: ProgrammeId,
) -> Result<Vec<requirement::Model>, Error> {
    Ok(requirement::Entity::find()
        .filter(requirement::Column::ProgrammeId.eq(programme))
        .order_by_asc(requirement::Column::Requirement)
        .all(conn)
        .await?)
}

/// Writes a requirement over version `expected`, none for one that was never set; false when somebody else was faster.
pub(crate) async fn set_requirement(tx: &Tx, row: requirement::Model, expected: Option<i32>) -> Result<bool, Error> {
    let Some(expected) = expected else {
        let inserted = requirement::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
        return Ok(inserted == 1);
    };
    let change = requirement::ActiveModel {
        proof: Set(row.proof),
        demanded: Set(row.demanded),
        set_by: Set(row.set_by),
        version: Set(row.version),
        set_at: Set(row.set_at),
        ..Default::default()
    };
    let updated = requirement::Entity::update_many()
        .set(change)
        .filter(requirement::Column::ProgrammeId.eq(row.programme_id))
        .filter(requirement::Column::Requirement.eq(row.requirement))
        .filter(requirement::Column::Version.eq(expected))
        .exec(tx.conn())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Puts lines into a checklist; those that are there stay as they are.
pub(crate) async fn fill(tx: &Tx, lines: Vec<Model>) -> Result<(), Error> {
    if lines.is_empty() {
        return Ok(());
    }
    Entity::insert_many(lines.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// The checklist of an application that the caller has locked.
pub(crate) async fn of_application(tx: &Tx, application: ApplicationId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::ApplicationId.eq(application))
        .order_by_asc(Column::Requirement)
        .all(tx.conn())
        .await?)
}

/// One line of an application that the caller has locked.
pub(crate) async fn find(
    tx: &Tx,
    application: ApplicationId,
    requirement: Requirement,
) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id((application, requirement)).one(tx.conn()).await?)
}

/// Writes a line as it is now.
pub(crate) async fn update(tx: &Tx, line: Model) -> Result<Model, Error> {
    let key = (line.application_id, line.requirement);
    let change = ActiveModel {
        application_id: sea_orm::ActiveValue::Unchanged(key.0),
        requirement: sea_orm::ActiveValue::Unchanged(key.1),
        ..line.into_active_model().reset_all()
    };
    Ok(change.update(tx.conn()).await?)
}

/// The checklists of those of `ids` that lie in the scope of applications, in the order of applications and names.
pub(crate) async fn of_applications(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[ApplicationId],
) -> Result<Vec<item::Model>, Error> {
    let readable = application::Entity::find()
        .select_only()
        .column(application::Column::Id)
        .filter(application::Column::Id.is_in(ids.iter().copied()))
        .filter(scope);
    Ok(Entity::find()
        .filter(Column::ApplicationId.in_subquery(readable.into_query()))
        .order_by_asc(Column::ApplicationId)
        .order_by_asc(Column::Requirement)
        .all(conn)
        .await?)
}
