//! The queries on canvases.

use db::{Error, Tx};
use kernel::{CityId, ProgrammeId};
use sea_orm::entity::prelude::*;
use sea_orm::{IntoActiveModel, QueryOrder};

use crate::model::canvas::{Column, Entity, Model};

/// A version of the canvas of a programme of one of `cities`, the latest where none is named.
pub(crate) async fn find(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    programme: ProgrammeId,
    version: Option<i32>,
) -> Result<Option<Model>, Error> {
    let mut query = of_programme(programme).filter(Column::CityId.is_in(cities.iter().copied()));
    if let Some(version) = version {
        query = query.filter(Column::Version.eq(version));
    }
    Ok(query.one(conn).await?)
}

/// The latest canvas of a programme that the caller has found in its scope.
pub(crate) async fn latest(conn: &impl ConnectionTrait, programme: ProgrammeId) -> Result<Option<Model>, Error> {
    Ok(of_programme(programme).one(conn).await?)
}

/// The versions of a programme's canvas, the latest first.
fn of_programme(programme: ProgrammeId) -> Select<Entity> {
    Entity::find()
        .filter(Column::ProgrammeId.eq(programme))
        .order_by_desc(Column::Version)
}

pub(crate) async fn insert(tx: &Tx, canvas: Model) -> Result<(), Error> {
    Entity::insert(canvas.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}
