//! Decisions on incomes from a day that has passed, and what they change in the shares of deliveries.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, optional, refers, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conn = manager.get_connection();
        for column in [
            optional(id("proposed_by")),
            optional(text("assessed")),
            optional(day("until_day")),
            optional(text("before")),
        ] {
            manager
                .alter_table(Table::alter().table("income_review").add_column(column).take())
                .await?;
        }
        ddl::allow(
            conn,
            "income_review",
            "state",
            &["ASKED", "OVERDUE", "ANSWERED", "DECIDED", "ENDED"],
            &["PROPOSED", "WITHDRAWN"],
        )
        .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_proposed_income")
                    .table("income_review")
                    .col("voucher_id")
                    .and_where(Expr::col("state").eq("PROPOSED"))
                    .take(),
            )
            .await?;
        manager.create_table(correction()).await?;
        for (name, column) in [
            ("correction_of_city", "city_id"),
            ("correction_of_voucher", "voucher_id"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("share_correction")
                        .col(column)
                        .col("id")
                        .take(),
                )
                .await?;
        }
        ddl::make_append_only(conn, "share_correction").await
    }
}

fn correction() -> TableCreateStatement {
    Table::create()
        .table("share_correction")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("voucher_id"))
        .col(id("delivery_id"))
        .col(id("review_id"))
        .col(number("old_cents").check(Expr::cust("old_cents >= 0")))
        .col(number("new_cents").check(Expr::cust("new_cents >= 0")))
        .col(number("difference_cents"))
        .col(text("reason"))
        .col(instant("created_at"))
        .check(Expr::cust(
            "difference_cents = new_cents - old_cents AND difference_cents <> 0",
        ))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("voucher_id", "voucher"))
        .foreign_key(&mut refers("delivery_id", "delivery"))
        .foreign_key(&mut refers("review_id", "income_review"))
        .index(
            Index::create()
                .unique()
                .name("correction_of_delivery")
                .col("delivery_id")
                .col("review_id"),
        )
        .take()
}
