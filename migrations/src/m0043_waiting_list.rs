//! The waiting list of applications for vouchers that the budget does not carry.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::allow(
            manager.get_connection(),
            "voucher_application",
            "state",
            &[
                "SUBMITTED",
                "INFO_REQUESTED",
                "INFO_PROVIDED",
                "GRANTED",
                "REJECTED",
                "WITHDRAWN",
            ],
            &["WAITING", "OFFERED", "LAPSED"],
        )
        .await?;
        // Who waits does not apply once more.
        manager
            .drop_index(
                Index::drop()
                    .name("one_open_voucher_application")
                    .table("voucher_application")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_open_voucher_application")
                    .table("voucher_application")
                    .col("programme_id")
                    .col("resident_id")
                    .and_where(Expr::col("state").is_in([
                        "SUBMITTED",
                        "INFO_REQUESTED",
                        "INFO_PROVIDED",
                        "WAITING",
                        "OFFERED",
                    ]))
                    .take(),
            )
            .await?;
        manager.create_table(place()).await?;
        for (name, columns) in [
            ("voucher_waiting_order", ["programme_id", "priority", "application_id"]),
            (
                "voucher_waiting_offered",
                ["city_id", "offered_until", "application_id"],
            ),
        ] {
            let mut index = Index::create().name(name).table("voucher_waiting").take();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn place() -> TableCreateStatement {
    Table::create()
        .table("voucher_waiting")
        .col(id("application_id").primary_key())
        .col(id("city_id"))
        .col(id("programme_id"))
        .col(id("resident_id"))
        .col(small("priority").check(Expr::cust("priority BETWEEN 0 AND 9")))
        .col(text("priority_grounds"))
        .col(number("cents").check(Expr::cust("cents > 0")))
        .col(text("circumstances"))
        .col(optional(text("confirmed")))
        .col(text("grounds"))
        .col(text("rules_applied"))
        .col(text("contact"))
        .col(id("decided_by"))
        .col(instant("decided_at"))
        .col(optional(id("budget_id")))
        .col(optional(day("offered_until")))
        .check(Expr::cust("(budget_id IS NULL) = (offered_until IS NULL)"))
        .foreign_key(&mut refers("application_id", "voucher_application"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("resident_id", "person"))
        .foreign_key(&mut refers("budget_id", "programme_budget"))
        .take()
}
