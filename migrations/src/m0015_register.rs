//! What the catalogue and the public register look up: the approvals and offers of a company in a programme.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [
            ("approval_of_company_in_programme", "approval"),
            ("offer_of_company_in_programme", "offer"),
        ] {
            let index = Index::create()
                .name(name)
                .table(table)
                .col("company_id")
                .col("programme_id")
                .col("id")
                .take();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
