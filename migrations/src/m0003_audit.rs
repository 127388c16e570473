use sea_orm_migration::prelude::*;

use crate::table::{id, instant, number, optional, text};

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
                    .table("audit")
                    .col(id("id").primary_key())
                    .col(optional(id("city_id")))
                    .col(instant("at"))
                    .col(text("actor"))
                    .col(optional(id("principal")))
                    .col(text("action"))
                    .col(text("subject"))
                    .col(optional(id("about")))
                    .col(optional(text("purpose")))
                    .col(text("outcome"))
                    .col(text("request_id"))
                    .take(),
            )
            .await?;
        for (name, column) in [("audit_of_city", "city_id"), ("audit_about", "about")] {
            manager
                .create_index(Index::create().name(name).table("audit").col(column).col("id").take())
                .await?;
        }
        db::ddl::make_append_only(manager.get_connection(), "audit").await?;
        manager
            .create_table(
                Table::create()
                    .table("seal")
                    .col(id("id").primary_key())
                    .col(text("chain"))
                    .col(number("number"))
                    .col(id("last_id"))
                    .col(number("row_count"))
                    .col(text("hash"))
                    .col(instant("at"))
                    .index(Index::create().unique().name("seal_number").col("chain").col("number"))
                    .take(),
            )
            .await?;
        db::ddl::make_append_only(manager.get_connection(), "seal").await
    }
}
