//! The transfers of the ledger as a sealed table: ledger and audit do not know each other.

use audit::seal::{Row, Source};
use kernel::{TransferId, TypedId};
use ledger::transfer::{Column, Entity};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

/// Every transfer, in the order of ids.
pub struct TransferRows;

impl Source for TransferRows {
    const CHAIN: &'static str = "transfer";

    async fn rows(conn: &impl ConnectionTrait, after: Uuid, until: Uuid, limit: u64) -> Result<Vec<Row>, db::Error> {
        let transfers = Entity::find()
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
