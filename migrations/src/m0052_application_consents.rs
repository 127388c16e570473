//! The consents of guardians to applications for children.

use sea_orm_migration::prelude::*;

use crate::table::{id, instant, refers};

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
                    .table("application_consent")
                    .col(id("application_id"))
                    .col(id("guardian_id"))
                    .col(instant("consented_at"))
                    .primary_key(Index::create().col("application_id").col("guardian_id"))
                    .foreign_key(&mut refers("application_id", "voucher_application"))
                    .foreign_key(&mut refers("guardian_id", "person"))
                    .take(),
            )
            .await
    }
}
