//! Vouchers that are filled anew each month.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, refers};

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
                    .table("voucher_replenishment")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("voucher_id"))
                    .col(day("starts_on"))
                    .col(day("ends_on"))
                    .col(number("due_cents").check(Expr::cust("due_cents >= 0")))
                    .col(number("came_cents"))
                    .col(number("returned_cents").check(Expr::cust("returned_cents >= 0")))
                    .col(instant("created_at"))
                    .check(Expr::cust("ends_on >= starts_on"))
                    .check(Expr::cust("came_cents = 0 OR came_cents = due_cents"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("voucher_id", "voucher"))
                    .index(
                        Index::create()
                            .unique()
                            .name("replenishment_of_period")
                            .col("voucher_id")
                            .col("starts_on"),
                    )
                    .take(),
            )
            .await?;
        // A voucher may be refused money again after an officer has seen to it: one open task of a kind for each.
        manager
            .drop_index(Index::drop().name("task_of_voucher").table("officer_task").to_owned())
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("task_of_voucher")
                    .table("officer_task")
                    .col("voucher_id")
                    .col("kind")
                    .and_where(Expr::col("state").eq("OPEN"))
                    .take(),
            )
            .await?;
        let conn = manager.get_connection();
        ddl::allow(
            conn,
            "officer_task",
            "kind",
            &["ARRANGE_OTHERWISE"],
            &["REPLENISHMENT_REFUSED"],
        )
        .await
    }
}
