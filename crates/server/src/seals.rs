//! The transfers of the ledger as a sealed table: ledger and audit do not know each other.

use audit::seal::{Row, Source};
use kernel::{CityId, TransferId, TypedId};
use ledger::transfer::{Column, Entity};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

/// Every transfer, in the order of ids.
pub struct TransferRows;

impl Source for TransferRows {
    const TABLE: &'static str = "transfer";

    async fn rows(
        conn: &impl ConnectionTrait,
        city: Option<CityId>,
        after: Uuid,
        until: Uuid,
        limit: u64,
    ) -> Result<Vec<Row>, db::Error> {
        // Every transfer belongs to a city.
        let Some(city) = city else { return Ok(Vec::new()) };
        let transfers = Entity::find()
            .filter(Column::CityId.eq(city))
            .filter(Column::Id.gt(TransferId::from_uuid(after)))
            .filter(Column::Id.lte(TransferId::from_uuid(until)))
            .order_by_asc(Column::Id)
            .limit(limit)
            .all(conn)
            .await?;
        Ok(transfers.iter().map(row).collect())
    }
}

fn row(transfer: &ledger::Transfer) -> Row {
    let (id, canonical) = ledger::canonical(transfer);
    Row {
        id: id.uuid(),
        canonical,
    }
}
