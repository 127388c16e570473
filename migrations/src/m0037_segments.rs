//! Segments of residents, as officers of a city record them.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, optional, refers, text};

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
                    .table("segment_member")
                    .col(id("city_id"))
                    .col(id("person_id"))
                    .col(text("segment"))
                    .col(day("from_day"))
                    .col(optional(day("until_day")))
                    .col(text("grounds"))
                    .col(id("recorded_by"))
                    .col(instant("recorded_at"))
                    .primary_key(Index::create().col("person_id").col("city_id").col("segment"))
                    .check(Expr::cust("until_day IS NULL OR until_day >= from_day"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .take(),
            )
            .await
    }
}
