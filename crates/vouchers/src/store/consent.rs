//! The queries on guardians' consents to applications.

use db::{Error, Tx};
use kernel::VoucherApplicationId;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::model::consent::{Column, Entity, Model};

/// The consents to applications that the caller may see, or has locked.
pub(crate) async fn of(conn: &impl ConnectionTrait, ids: &[VoucherApplicationId]) -> Result<Vec<Model>, Error> {
    let some = Entity::find().filter(Column::ApplicationId.is_in(ids.iter().copied()));
    Ok(some.all(conn).await?)
}

/// Keeps a consent; false when it is there.
pub(crate) async fn insert(tx: &Tx, consent: Model) -> Result<bool, Error> {
    let once = OnConflict::columns([Column::ApplicationId, Column::GuardianId])
        .do_nothing()
        .to_owned();
    let inserted = Entity::insert(consent.into_active_model())
        .on_conflict(once)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted > 0)
}
