//! Published terms can be taken back before their first day.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conn = manager.get_connection();
        db::ddl::allow(
            conn,
            "programme_terms",
            "state",
            &["DRAFT", "PUBLISHED"],
            &["WITHDRAWN"],
        )
        .await
    }
}
