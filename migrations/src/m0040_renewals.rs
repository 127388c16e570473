//! Approvals that follow one another: a company may have the next one before the present one ends.

use db::ddl;
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The states in which an approval holds no days any more; `MOVED` comes with companies that change.
const ENDED: [&str; 4] = ["REVOKED", "RESIGNED", "EXPIRED", "MOVED"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No two approvals of a company in a programme shared anything; now they share no day.
        manager
            .drop_index(Index::drop().name("approval_open").table("approval").to_owned())
            .await?;
        ddl::keep_approvals_apart(manager.get_connection(), &ENDED).await
    }
}
