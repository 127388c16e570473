//! Approvals that rely on another city's, the municipalities of an approval, and suspensions that a job has decided.
//!
//! The binary before cannot read an approval without an application or a decision without an officer; it meets them only
//! after the binary after has written some.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{id, json, optional};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conn = manager.get_connection();
        // An approval follows from an application or relies on the approval of another city.
        ddl::allow_null(conn, "approval", "application_id").await?;
        for column in [optional(id("relies_on")), optional(json("municipalities"))] {
            manager
                .alter_table(Table::alter().table("approval").add_column(column).take())
                .await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("approval_relies_on")
                    .table("approval")
                    .col("relies_on")
                    .and_where(Expr::col("relies_on").is_not_null())
                    .take(),
            )
            .await?;
        // What the nightly check decides is nobody's decision and comes after a warning instead of a hearing.
        ddl::allow_null(conn, "sanction", "decided_by").await?;
        let heard = "step IN ('NOTE', 'LIFT') OR hearing_id IS NOT NULL";
        let or_automatic =
            "step IN ('NOTE', 'LIFT') OR hearing_id IS NOT NULL OR (step = 'SUSPENSION' AND decided_by IS NULL)";
        ddl::loosen_check(conn, "sanction", "hearing_id IS NOT NULL", heard, or_automatic).await
    }
}
