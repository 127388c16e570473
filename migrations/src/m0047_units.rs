//! Programmes that grant visits or hours beside the money that these can cost, the unit of the city that is responsible
//! for a programme, and for whom it is.
//!
//! What the binary before writes is in euros: its rows have the defaults. A programme in visits or hours says there that a
//! voucher is worth one cent, so the binary before grants next to nothing of it.

use sea_orm_migration::prelude::*;

use crate::table::{id, json, number, one_of, optional, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let unit = || {
            text("unit")
                .default("EUR")
                .check(one_of("unit", &["EUR", "VISIT", "HOUR"]))
                .take()
        };
        let quantity = |name: &'static str| {
            let at_least_none = Expr::cust(format!("{name} >= 0"));
            number(name).default(0).check(at_least_none).take()
        };
        let columns = [
            ("programme", unit()),
            ("programme", optional(json("organiser"))),
            ("programme", optional(json("target_group"))),
            ("voucher", unit()),
            ("voucher", quantity("quantity")),
            ("voucher_replenishment", quantity("due_quantity")),
            ("voucher_replenishment", quantity("came_quantity")),
            ("voucher_replenishment", quantity("returned_quantity")),
            ("mass_grant_row", optional(small("quantity"))),
            ("booking", unit()),
            ("booking", quantity("quantity")),
            ("visit", quantity("quantity")),
            ("delivery", quantity("quantity")),
            ("transfer", optional(id("linked_to"))),
        ];
        for (table, column) in columns {
            manager
                .alter_table(Table::alter().table(table).add_column(column).take())
                .await?;
        }
        Ok(())
    }
}
