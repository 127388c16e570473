//! Personal identity codes, sealed, and whose contact must stay with the organiser.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, refers, text};

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
                    .table("personal_code")
                    .col(id("person_id").primary_key())
                    .col(text("lookup").unique_key())
                    .col(text("key_id"))
                    .col(text("sealed"))
                    .col(day("born"))
                    .col(id("city_id"))
                    .col(id("recorded_by"))
                    .col(instant("recorded_at"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .take(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("person")
                    .add_column(ColumnDef::new("non_disclosure").boolean().not_null().default(false))
                    .take(),
            )
            .await
    }
}
