//! What the terms of a programme ask of residents.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // An empty document asks for nothing: the binary before this one drafts such terms.
        let conditions = ColumnDef::new("conditions").text().not_null().default("{}").take();
        let table = Table::alter().table("programme_terms").add_column(conditions).take();
        manager.alter_table(table).await
    }
}
