//! The queries on files of applications. Each takes the scope of the applications they came with.

use chrono::NaiveDate;
use db::{Error, Tx};
use kernel::{AttachmentId, VoucherApplicationId};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::application;
use crate::model::attachment::{Column, Entity, Model};

/// The files of the applications in the scope.
fn of_applications(scope: Condition) -> Select<Entity> {
    let applications = application::Entity::find()
        .select_only()
        .column(application::Column::Id)
        .filter(scope);
    Entity::find().filter(Column::ApplicationId.in_subquery(applications.into_query()))
}

pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    scope: Condition,
    id: AttachmentId,
) -> Result<Option<Model>, Error> {
    Ok(of_applications(scope).filter(Column::Id.eq(id)).one(conn).await?)
}

/// The files of those of `ids` that lie in the scope, oldest first.
pub(crate) async fn of(
    conn: &impl ConnectionTrait,
    scope: Condition,
    ids: &[VoucherApplicationId],
) -> Result<Vec<Model>, Error> {
    Ok(of_applications(scope)
        .filter(Column::ApplicationId.is_in(ids.iter().copied()))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

pub(crate) async fn insert(tx: &Tx, row: Model) -> Result<(), Error> {
    Entity::insert(row.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &Tx, id: AttachmentId) -> Result<(), Error> {
    Entity::delete_by_id(id).exec(tx.conn()).await?;
    Ok(())
}

/// Those of `digests`, files of a day, that an application names.
pub(crate) async fn named(
    conn: &impl ConnectionTrait,
    kept_on: NaiveDate,
    digests: &[String],
) -> Result<Vec<String>, Error> {
    Ok(Entity::find()
        .select_only()
        .column(Column::Sha256)
        .distinct()
        .filter(Column::KeptOn.eq(kept_on))
        .filter(Column::Sha256.is_in(digests))
        .into_tuple()
        .all(conn)
        .await?)
}
