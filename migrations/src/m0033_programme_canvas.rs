//! Canvases of programmes, each save a version of its own.

use sea_orm_migration::prelude::*;

use crate::table::{id, instant, json, refers, small};

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
                    .table("programme_canvas")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(small("version").check(Expr::cust("version > 0")))
                    .col(json("content"))
                    .col(id("written_by"))
                    .col(instant("written_at"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .foreign_key(&mut refers("written_by", "person"))
                    .index(
                        Index::create()
                            .unique()
                            .name("canvas_version")
                            .col("programme_id")
                            .col("version"),
                    )
                    .take(),
            )
            .await
    }
}
