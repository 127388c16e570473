use sea_orm_migration::prelude::*;

use crate::table::{id, instant, optional, text};

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
                    .table("mail")
                    .col(id("id").primary_key())
                    // What the letter is about, where it may be written only once.
                    .col(optional(text("key").unique_key().take()))
                    .col(text("recipient"))
                    .col(text("lang"))
                    .col(text("subject"))
                    .col(optional(text("text")))
                    .col(optional(text("html")))
                    .col(instant("created_at"))
                    .col(optional(instant("sent_at")))
                    // The bodies hold links that open an account, so they stay no longer than needed.
                    .check(Expr::cust(
                        "(sent_at IS NULL) = (text IS NOT NULL) AND (text IS NULL) = (html IS NULL)",
                    ))
                    .take(),
            )
            .await
    }
}
