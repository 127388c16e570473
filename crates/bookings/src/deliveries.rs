//! What settlement reads of deliveries.

use chrono::NaiveDate;
use db::Error;
use kernel::{CityId, DeliveryId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::model::delivery::{Column, Entity, Model};

/// The deliveries of a city up to and including `until`, in the order of ids, at most `limit` after `after`.
pub async fn until(
    conn: &impl ConnectionTrait,
    city: CityId,
    until: NaiveDate,
    after: Option<DeliveryId>,
    limit: u64,
) -> Result<Vec<Model>, Error> {
    let mut query = Entity::find()
        .filter(Column::CityId.eq(city))
        .filter(Column::Day.lte(until));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    Ok(query.order_by_asc(Column::Id).limit(limit).all(conn).await?)
}
