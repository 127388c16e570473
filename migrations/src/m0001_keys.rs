use sea_orm_migration::prelude::*;

use crate::table::{instant, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("idempotency_key")
                    .col(text("key").primary_key())
                    .col(text("request_hash"))
                    .col(text("answer"))
                    .col(instant("created_at"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("idempotency_key_age")
                    .table("idempotency_key")
                    .col("created_at")
                    .take(),
            )
            .await
    }
}
