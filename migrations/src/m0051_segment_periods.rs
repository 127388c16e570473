//! Segments of residents by period: what somebody was in last year stays recorded beside what she is in now. The table that
//! had one row for each person and segment is read no more: officers record no segments while a binary from before still
//! serves, because what it writes stays there.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, optional, refers, text};

/// What was recorded before there were periods.
const RECORDED: &str = "INSERT INTO segment_period \
    (city_id, person_id, segment, from_day, until_day, grounds, recorded_by, recorded_at) \
    SELECT city_id, person_id, segment, from_day, until_day, grounds, recorded_by, recorded_at FROM segment_member";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = Index::create()
            .col("person_id")
            .col("city_id")
            .col("segment")
            .col("from_day")
            .take();
        manager
            .create_table(
                Table::create()
                    .table("segment_period")
                    .col(id("city_id"))
                    .col(id("person_id"))
                    .col(text("segment"))
                    .col(day("from_day"))
                    .col(optional(day("until_day")))
                    .col(text("grounds"))
                    .col(id("recorded_by"))
                    .col(instant("recorded_at"))
                    .primary_key(&mut key.clone())
                    .check(Expr::cust("until_day IS NULL OR until_day >= from_day"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .take(),
            )
            .await?;
        manager.get_connection().execute_unprepared(RECORDED).await?;
        Ok(())
    }
}
