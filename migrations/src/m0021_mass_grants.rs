//! Lists from which many vouchers are granted. A granted voucher has the UUID of its row and keeps the row's key, which no
//! two vouchers of a programme share.

use sea_orm_migration::prelude::*;

use crate::table::{id, instant, number, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("voucher")
                    .add_column(optional(text("grant_key")))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("voucher_grant_key")
                    .table("voucher")
                    .col("programme_id")
                    .col("grant_key")
                    .take(),
            )
            .await?;
        mass_grants(manager).await
    }
}

async fn mass_grants(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("mass_grant")
                .col(id("id").primary_key())
                .col(id("city_id"))
                .col(id("programme_id"))
                .col(text("state").check(one_of("state", &["DRAFT", "CANCELLED", "GRANTING", "DONE"])))
                .col(small("total").check(Expr::cust("total > 0")))
                .col(text("sha256"))
                .col(id("drafted_by"))
                .col(instant("drafted_at"))
                .col(optional(id("confirmed_by")))
                .col(small("version"))
                .check(Expr::cust("confirmed_by IS NULL OR confirmed_by <> drafted_by"))
                .foreign_key(&mut refers("city_id", "city"))
                .foreign_key(&mut refers("programme_id", "programme"))
                .take(),
        )
        .await?;
    manager
        .create_table(
            Table::create()
                .table("mass_grant_row")
                .col(id("id").primary_key())
                .col(id("city_id"))
                .col(id("mass_grant_id"))
                .col(small("line").check(Expr::cust("line > 0")))
                .col(text("key"))
                .col(text("email"))
                .col(optional(number("amount_cents")))
                .col(text("grounds"))
                .col(text("state").check(one_of("state", &["WAITING", "GRANTED", "REFUSED"])))
                .col(optional(text("code")))
                .foreign_key(&mut refers("mass_grant_id", "mass_grant"))
                .take(),
        )
        .await?;
    for (name, columns) in [
        ("line_of_mass_grant", vec!["mass_grant_id", "line"]),
        ("key_of_mass_grant", vec!["mass_grant_id", "key"]),
    ] {
        let mut index = Index::create().unique().name(name).table("mass_grant_row").take();
        for column in columns {
            index.col(column);
        }
        manager.create_index(index).await?;
    }
    manager
        .create_index(
            Index::create()
                .name("state_of_mass_grant")
                .table("mass_grant_row")
                .col("mass_grant_id")
                .col("state")
                .col("line")
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("mass_grant_of_programme")
                .table("mass_grant")
                .col("programme_id")
                .col("id")
                .take(),
        )
        .await
}
