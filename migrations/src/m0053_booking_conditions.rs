//! What the terms asked of residents when a booking was made.

use sea_orm_migration::prelude::*;

use crate::table::{optional, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table("booking")
            .add_column(optional(text("conditions")))
            .take();
        manager.alter_table(table).await
    }
}
