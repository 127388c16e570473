use db::{Error, Tx};
use kernel::{CityId, RunId};
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;

use crate::model::file::{Column, Entity, Model};

pub(crate) async fn insert(tx: &Tx, file: Model) -> Result<(), Error> {
    Entity::insert(file.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn find(conn: &impl ConnectionTrait, cities: &[CityId], run: RunId) -> Result<Option<Model>, Error> {
    Ok(Entity::find_by_id(run)
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .one(conn)
        .await?)
}
