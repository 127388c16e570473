use sea_orm_migration::prelude::*;

use crate::table::{id, instant, json, one_of, optional, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: [&str; 3] = ["WAITING", "RUNNING", "DEAD"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("job")
                    .col(id("id").primary_key())
                    .col(text("kind"))
                    .col(json("payload"))
                    .col(optional(text("key")))
                    .col(text("state").check(one_of("state", &STATES)))
                    .col(optional(instant("due_at")))
                    .col(small("attempts").check(Expr::cust("attempts >= 0")))
                    .col(optional(id("claim")))
                    .col(optional(text("last_error")))
                    .col(instant("created_at"))
                    .index(Index::create().unique().name("job_key").col("kind").col("key"))
                    .check(Expr::cust("(state = 'RUNNING') = (claim IS NOT NULL)"))
                    .check(Expr::cust("(state = 'DEAD') = (due_at IS NULL)"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("job_due")
                    .table("job")
                    .col("due_at")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("job_schedule")
                    .col(text("kind").primary_key())
                    .col(instant("last_planned"))
                    .take(),
            )
            .await
    }
}
