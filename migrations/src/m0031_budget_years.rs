//! Budgets by fiscal year: how much of one may be promised, changes by two officers, and which one a booking is charged to.
//!
//! Nothing is promised beyond the budgets there are, so they need no cash. A booking of the binary before is charged to the
//! budget of its voucher.

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
        let columns = [
            ("programme_budget", small("overcommit_bp").default(10_000).take()),
            ("booking", optional(id("budget_id"))),
            ("booking", optional(id("funding_id"))),
        ];
        for (table, column) in columns {
            manager
                .alter_table(Table::alter().table(table).add_column(column).take())
                .await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("budget_change")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(small("fiscal_year"))
                    .col(number("amount_cents").check(Expr::cust("amount_cents > 0")))
                    .col(small("overcommit_bp").check(Expr::cust("overcommit_bp BETWEEN 10000 AND 15000")))
                    .col(text("state").check(one_of("state", &["PROPOSED", "CONFIRMED", "WITHDRAWN"])))
                    .col(id("proposed_by"))
                    .col(optional(id("confirmed_by")))
                    .col(instant("created_at"))
                    .col(small("version"))
                    .check(Expr::cust("confirmed_by IS NULL OR confirmed_by <> proposed_by"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .foreign_key(&mut refers("proposed_by", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("budget_change_of_programme")
                    .table("budget_change")
                    .col("programme_id")
                    .col("id")
                    .take(),
            )
            .await
    }
}
