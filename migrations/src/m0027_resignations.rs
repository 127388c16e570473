//! Companies that resign from a programme.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, one_of, optional, refers, small, text};

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
                    .table("resignation")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("approval_id"))
                    .col(id("company_id"))
                    .col(text("state").check(one_of("state", &["NOTICE", "TAKEN_BACK", "EFFECTIVE"])))
                    .col(day("last_day"))
                    .col(day("until_before"))
                    .col(text("reason"))
                    .col(id("given_by"))
                    .col(instant("given_at"))
                    .col(optional(id("taken_back_by")))
                    .col(optional(instant("ended_at")))
                    .col(small("version"))
                    .check(Expr::cust("last_day < until_before"))
                    .check(Expr::cust("(state = 'NOTICE') = (ended_at IS NULL)"))
                    .check(Expr::cust("(state = 'TAKEN_BACK') = (taken_back_by IS NOT NULL)"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("approval_id", "approval"))
                    .foreign_key(&mut refers("company_id", "company"))
                    .foreign_key(&mut refers("given_by", "person"))
                    .foreign_key(&mut refers("taken_back_by", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("resignation_open")
                    .table("resignation")
                    .col("approval_id")
                    .and_where(Expr::col("state").eq("NOTICE"))
                    .take(),
            )
            .await?;
        for (name, column) in [
            ("resignation_of_city", "city_id"),
            ("resignation_of_company", "company_id"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("resignation")
                        .col(column)
                        .col("id")
                        .take(),
                )
                .await?;
        }
        Ok(())
    }
}
