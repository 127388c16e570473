//! What vouchers that are filled anew each month get, where that was decided anew.

use sea_orm_migration::prelude::*;

use crate::table::{number, optional};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("voucher")
                    .add_column(optional(number("refill_cents")))
                    .take(),
            )
            .await
    }
}
