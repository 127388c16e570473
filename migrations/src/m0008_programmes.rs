use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, json, number, one_of, optional, refers, small, text};

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
                    .table("programme")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(json("name"))
                    .col(json("description"))
                    .col(text("service_class"))
                    .col(number("value_cents"))
                    .col(number("price_ceiling_cents"))
                    .col(day("valid_from"))
                    .col(day("valid_until"))
                    .col(small("free_cancellation_hours"))
                    .col(small("late_fee_bp"))
                    .col(text("state").check(one_of("state", &["DRAFT", "PUBLISHED", "CLOSED"])))
                    .col(id("drafted_by"))
                    .col(optional(id("published_by")))
                    .col(small("version"))
                    .col(instant("created_at"))
                    .check(Expr::cust("value_cents > 0 AND price_ceiling_cents >= value_cents"))
                    .check(Expr::cust("valid_until >= valid_from"))
                    .check(Expr::cust("late_fee_bp BETWEEN 0 AND 10000"))
                    .check(Expr::cust("published_by IS NULL OR published_by <> drafted_by"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("programme_of_city")
                    .table("programme")
                    .col("city_id")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("programme_budget")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(small("fiscal_year"))
                    .col(number("amount_cents").check(Expr::cust("amount_cents > 0")))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .index(
                        Index::create()
                            .unique()
                            .name("budget_of_year")
                            .col("programme_id")
                            .col("fiscal_year"),
                    )
                    .take(),
            )
            .await
    }
}
