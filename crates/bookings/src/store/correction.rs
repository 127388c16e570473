//! The queries on corrections of shares.

use db::{Error, Tx};
use kernel::{BookingId, CityId, CorrectionId, DeliveryId, Page, PageRequest, VoucherId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{IntoActiveModel, JoinType, QueryOrder, QuerySelect};
use vouchers::Revaluation;

use crate::model::correction::{Column, Entity, Model};
use crate::model::{booking, delivery};

/// The bookings of a voucher with services that were delivered on the days of a decision and before it.
pub(crate) async fn affected(conn: &impl ConnectionTrait, decision: &Revaluation) -> Result<Vec<BookingId>, Error> {
    let to_booking: RelationDef = delivery::Entity::belongs_to(booking::Entity)
        .from(delivery::Column::BookingId)
        .to(booking::Column::Id)
        .into();
    let mut query = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::BookingId)
        .distinct()
        .join(JoinType::InnerJoin, to_booking)
        .filter(booking::Column::VoucherId.eq(decision.voucher))
        .filter(delivery::Column::Kind.eq(delivery::Kind::Service))
        .filter(delivery::Column::Day.gte(decision.from))
        .filter(delivery::Column::RecordedAt.lt(decision.decided_at));
    if let Some(until) = decision.until {
        query = query.filter(delivery::Column::Day.lt(until));
    }
    Ok(query
        .order_by_asc(delivery::Column::BookingId)
        .into_tuple()
        .all(conn)
        .await?)
}

/// The corrections of deliveries whose booking the caller has locked.
pub(crate) async fn of_deliveries(tx: &Tx, deliveries: &[DeliveryId]) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::DeliveryId.is_in(deliveries.iter().copied()))
        .all(tx.conn())
        .await?)
}

/// Writes a correction unless its decision has made one for the delivery already.
pub(crate) async fn insert_once(tx: &Tx, row: Model) -> Result<bool, Error> {
    let inserted = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// The corrections of vouchers of `cities` that the caller has been shown, oldest first.
pub(crate) async fn of_vouchers(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    vouchers: &[VoucherId],
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::VoucherId.is_in(vouchers.iter().copied()))
        .filter(Column::CityId.is_in(cities.iter().copied()))
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

pub(crate) async fn page(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<CorrectionId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(Column::CityId.eq(city)), Column::Id, page).await
}

pub(crate) async fn count(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::CityId.eq(city)).count(conn).await?)
}

/// Every correction with its delivery in the order in which they were written, for the check.
pub(crate) async fn all(conn: &impl ConnectionTrait) -> Result<Vec<(Model, Option<delivery::Model>)>, Error> {
    let to_delivery: RelationDef = Entity::belongs_to(delivery::Entity)
        .from(Column::DeliveryId)
        .to(delivery::Column::Id)
        .into();
    Ok(Entity::find()
        .join(JoinType::InnerJoin, to_delivery)
        .select_also(delivery::Entity)
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}
