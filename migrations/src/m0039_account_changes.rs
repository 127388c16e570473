//! Accounts of companies that one person has proposed and another has to confirm.

use sea_orm_migration::prelude::*;

use crate::table::{id, instant, one_of, optional, refers, small, text};

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
                    .table("account_change")
                    .col(id("id").primary_key())
                    .col(id("company_id"))
                    .col(text("iban"))
                    .col(text("told"))
                    .col(text("state").check(one_of("state", &["PROPOSED", "CONFIRMED", "WITHDRAWN", "EXPIRED"])))
                    .col(id("proposed_by"))
                    .col(instant("proposed_at"))
                    .col(instant("expires_at"))
                    .col(optional(id("ended_by")))
                    .col(optional(instant("ended_at")))
                    .col(small("version"))
                    .check(Expr::cust("expires_at > proposed_at"))
                    .check(Expr::cust("(state = 'PROPOSED') = (ended_at IS NULL)"))
                    .check(Expr::cust(
                        "(state IN ('CONFIRMED', 'WITHDRAWN')) = (ended_by IS NOT NULL)",
                    ))
                    .check(Expr::cust("state <> 'CONFIRMED' OR ended_by <> proposed_by"))
                    .foreign_key(&mut refers("company_id", "company"))
                    .foreign_key(&mut refers("proposed_by", "person"))
                    .foreign_key(&mut refers("ended_by", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("account_change_open")
                    .table("account_change")
                    .col("company_id")
                    .and_where(Expr::col("state").eq("PROPOSED"))
                    .take(),
            )
            .await
    }
}
