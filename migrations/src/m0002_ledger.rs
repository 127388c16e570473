use sea_orm_migration::prelude::*;

use crate::table::{id, instant, number, one_of, optional, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UNITS: [&str; 3] = ["EUR_CENT", "VISIT_MILLI", "MINUTE"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("account")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(text("unit").check(one_of("unit", &UNITS)))
                    .col(text("kind"))
                    .col(id("owner"))
                    .col(number("debits"))
                    .col(number("credits"))
                    .col(optional(number("floor")))
                    .index(
                        Index::create()
                            .unique()
                            .name("account_of_owner")
                            .col("owner")
                            .col("kind")
                            .col("unit")
                            .col("city_id"),
                    )
                    // Lets a transfer name both accounts together with their unit.
                    .index(Index::create().unique().name("account_unit").col("id").col("unit"))
                    .check(Expr::cust("debits >= 0 AND credits >= 0"))
                    .check(Expr::cust("floor IS NULL OR credits - debits >= floor"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("account_of_city")
                    .table("account")
                    .col("city_id")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("transfer")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(text("unit"))
                    .col(id("debit_account"))
                    .col(id("credit_account"))
                    .col(number("amount").check(Expr::cust("amount > 0")))
                    .col(text("kind"))
                    .col(id("reference"))
                    .col(instant("at"))
                    .col(text("actor"))
                    .check(Expr::cust("debit_account <> credit_account"))
                    .foreign_key(&mut both_columns("debit_account"))
                    .foreign_key(&mut both_columns("credit_account"))
                    .take(),
            )
            .await?;
        for (name, column) in [
            ("transfer_of_city", "city_id"),
            ("transfer_debits", "debit_account"),
            ("transfer_credits", "credit_account"),
            ("transfer_reference", "reference"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("transfer")
                        .col(column)
                        .col("id")
                        .take(),
                )
                .await?;
        }
        db::ddl::make_append_only(manager.get_connection(), "transfer").await?;
        db::ddl::make_transfers_move_balances(manager.get_connection()).await
    }
}

/// Both accounts of a transfer count in the transfer's unit.
fn both_columns(account: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col(account)
        .from_col("unit")
        .to("account", ("id", "unit"))
        .take()
}
