//! Parameters of terms, and what a booking freezes of them.
//!
//! Terms and bookings of the binary before have the defaults, by which it acts.

use sea_orm_migration::prelude::*;

use crate::table::{instant, optional, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("programme_terms", text("parameters").default("{}").take()),
            ("booking", optional(instant("record_before"))),
            ("booking", small("no_show_bp").default(0).take()),
            (
                "booking",
                ColumnDef::new("own_share_due")
                    .boolean()
                    .not_null()
                    .default(false)
                    .take(),
            ),
        ];
        for (table, column) in columns {
            manager
                .alter_table(Table::alter().table(table).add_column(column).take())
                .await?;
        }
        Ok(())
    }
}
