//! Rights to act for another person.

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
                    .table("relation")
                    .col(id("id").primary_key())
                    .col(text("kind").check(one_of("kind", &["GUARDIAN", "TRUSTEE", "MANDATE", "ASSISTED"])))
                    .col(id("holder_id"))
                    .col(id("principal_id"))
                    .col(text("theme").check(one_of("theme", &["BOOKINGS", "APPLICATIONS", "ALL"])))
                    .col(instant("valid_from"))
                    .col(optional(instant("valid_until")))
                    .col(optional(id("city_id")))
                    .col(id("granted_by"))
                    .col(optional(text("grounds")))
                    .col(optional(instant("revoked_at")))
                    .col(optional(id("revoked_by")))
                    .col(instant("created_at"))
                    .col(small("version"))
                    .check(Expr::cust("holder_id <> principal_id"))
                    .check(Expr::cust("valid_until IS NULL OR valid_until > valid_from"))
                    .check(Expr::cust("(revoked_at IS NULL) = (revoked_by IS NULL)"))
                    .check(Expr::cust(
                        "kind = 'MANDATE' OR (city_id IS NOT NULL AND grounds IS NOT NULL)",
                    ))
                    .foreign_key(&mut refers("holder_id", "person"))
                    .foreign_key(&mut refers("principal_id", "person"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .take(),
            )
            .await?;
        for (name, first, second) in [
            ("relation_of_holder", "holder_id", "principal_id"),
            ("relation_of_principal", "principal_id", "holder_id"),
        ] {
            manager
                .create_index(
                    Index::create()
                        .name(name)
                        .table("relation")
                        .col(first)
                        .col(second)
                        .take(),
                )
                .await?;
        }
        Ok(())
    }
}
