use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, one_of, refers, small, text};

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
                    .table("voucher")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(id("budget_id"))
                    .col(id("resident_id"))
                    .col(number("value_cents").check(Expr::cust("value_cents > 0")))
                    .col(day("valid_from"))
                    .col(day("valid_until"))
                    .col(text("state").check(one_of("state", &["ACTIVE", "EXPIRED", "REVOKED"])))
                    .col(text("grounds"))
                    .col(id("granted_by"))
                    .col(instant("granted_at"))
                    .col(small("version"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .foreign_key(&mut refers("budget_id", "programme_budget"))
                    .foreign_key(&mut refers("resident_id", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_voucher_per_programme")
                    .table("voucher")
                    .col("programme_id")
                    .col("resident_id")
                    .and_where(Expr::col("state").ne("REVOKED"))
                    .take(),
            )
            .await?;
        for (name, column) in [
            ("voucher_of_resident", "resident_id"),
            ("voucher_of_programme", "programme_id"),
        ] {
            manager
                .create_index(Index::create().name(name).table("voucher").col(column).col("id").take())
                .await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("voucher_end")
                    .table("voucher")
                    .col("city_id")
                    .col("state")
                    .col("valid_until")
                    .take(),
            )
            .await
    }
}
