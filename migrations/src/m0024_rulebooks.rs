//! Versions of the rulebook of a programme, and which of them companies have accepted.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, json, one_of, optional, refers, small, text};

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
                    .table("rulebook")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(optional(small("number")))
                    .col(json("general"))
                    .col(json("service"))
                    .col(day("accept_by"))
                    .col(optional(instant("binds_at")))
                    .col(text("state").check(one_of("state", &["DRAFT", "PUBLISHED"])))
                    .col(id("drafted_by"))
                    .col(optional(id("published_by")))
                    .col(small("version"))
                    .col(instant("created_at"))
                    .check(Expr::cust("published_by IS NULL OR published_by <> drafted_by"))
                    .check(Expr::cust(
                        "(state = 'PUBLISHED') = (number IS NOT NULL AND binds_at IS NOT NULL AND published_by IS NOT NULL)",
                    ))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("number_of_rulebook")
                    .table("rulebook")
                    .col("programme_id")
                    .col("number")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("rulebook_acceptance")
                    .col(id("company_id"))
                    .col(id("rulebook_id"))
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(small("number"))
                    .col(id("accepted_by"))
                    .col(instant("accepted_at"))
                    .primary_key(Index::create().col("company_id").col("rulebook_id"))
                    .foreign_key(&mut refers("company_id", "company"))
                    .foreign_key(&mut refers("rulebook_id", "rulebook"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("acceptance_in_programme")
                    .table("rulebook_acceptance")
                    .col("programme_id")
                    .col("company_id")
                    .col("number")
                    .take(),
            )
            .await
    }
}
