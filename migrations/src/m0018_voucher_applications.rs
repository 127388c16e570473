//! Residents' applications for vouchers, the decisions on them and the requests for rectification of those.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OPEN: [&str; 3] = ["SUBMITTED", "INFO_REQUESTED", "INFO_PROVIDED"];
const DECIDED: [&str; 3] = ["GRANTED", "REJECTED", "WITHDRAWN"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("programme_terms")
                    .add_column(small("appeal_days").default(30))
                    .take(),
            )
            .await?;
        for table in [application(), message(), decision(), request(), print()] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_open_voucher_application")
                    .table("voucher_application")
                    .col("programme_id")
                    .col("resident_id")
                    .and_where(Expr::col("state").is_in(OPEN))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_first_voucher_decision")
                    .table("voucher_decision")
                    .col("application_id")
                    .and_where(Expr::col("previous_id").is_null())
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_rectification_request")
                    .table("rectification_request")
                    .col("decision_id")
                    .and_where(Expr::col("state").is_in(["SUBMITTED", "DECIDED"]))
                    .take(),
            )
            .await?;
        for (name, table, columns) in [
            (
                "rectification_request_of_city",
                "rectification_request",
                ["city_id", "state", "id"].as_slice(),
            ),
            (
                "rectification_request_of_resident",
                "rectification_request",
                &["resident_id", "id"],
            ),
            (
                "voucher_decision_on_application",
                "voucher_decision",
                &["application_id", "id"],
            ),
            (
                "voucher_application_of_city",
                "voucher_application",
                &["city_id", "state", "id"],
            ),
            (
                "voucher_application_of_resident",
                "voucher_application",
                &["resident_id", "id"],
            ),
            (
                "voucher_decision_of_resident",
                "voucher_decision",
                &["resident_id", "id"],
            ),
        ] {
            let mut index = Index::create().name(name).table(table).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        db::ddl::make_append_only(manager.get_connection(), "voucher_decision").await?;
        db::ddl::make_append_only(manager.get_connection(), "voucher_decision_print").await
    }
}

fn application() -> TableCreateStatement {
    Table::create()
        .table("voucher_application")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("programme_id"))
        .col(id("resident_id"))
        .col(text("state").check(one_of("state", &[OPEN, DECIDED].concat())))
        .col(text("statement"))
        .col(optional(text("assessment")))
        .col(ColumnDef::new("accepts_without_income").boolean().not_null())
        .col(id("created_by"))
        .col(small("version"))
        .col(instant("created_at"))
        .col(instant("updated_at"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("resident_id", "person"))
        .take()
}

fn message() -> TableCreateStatement {
    Table::create()
        .table("voucher_application_message")
        .col(id("application_id"))
        .col(small("version"))
        .col(id("author_id"))
        .col(text("kind").check(one_of("kind", &["QUESTION", "ANSWER"])))
        .col(text("text"))
        .col(instant("at"))
        .primary_key(Index::create().col("application_id").col("version"))
        .foreign_key(&mut refers("application_id", "voucher_application"))
        .take()
}

fn decision() -> TableCreateStatement {
    Table::create()
        .table("voucher_decision")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("programme_id"))
        .col(id("application_id"))
        .col(optional(id("previous_id")).unique_key())
        .col(id("resident_id"))
        .col(text("outcome").check(one_of(
            "outcome",
            &["GRANTED", "REJECTED", "AMENDED", "UPHELD", "NOT_EXAMINED"],
        )))
        .col(optional(id("voucher_id")))
        .col(text("grounds"))
        .col(text("rules_applied"))
        .col(text("contact"))
        .col(small("appeal_days").check(Expr::cust("appeal_days > 0")))
        .col(day("appeal_until"))
        .col(text("lang").check(one_of("lang", &["fi", "sv", "en"])))
        .col(text("sheet"))
        .col(text("html"))
        .col(text("sha256"))
        .col(id("decided_by"))
        .col(instant("decided_at"))
        .check(Expr::cust(
            "(outcome IN ('GRANTED', 'AMENDED')) = (voucher_id IS NOT NULL)",
        ))
        .check(Expr::cust(
            "previous_id IS NOT NULL OR outcome IN ('GRANTED', 'REJECTED')",
        ))
        .check(Expr::cust("previous_id IS NULL OR outcome <> 'REJECTED'"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("application_id", "voucher_application"))
        .foreign_key(&mut refers("previous_id", "voucher_decision"))
        .foreign_key(&mut refers("resident_id", "person"))
        .foreign_key(&mut refers("voucher_id", "voucher"))
        .take()
}

fn request() -> TableCreateStatement {
    Table::create()
        .table("rectification_request")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("decision_id"))
        .col(id("decided_by"))
        .col(id("resident_id"))
        .col(text("demand"))
        .col(text("grounds"))
        .col(ColumnDef::new("late").boolean().not_null())
        .col(text("state").check(one_of("state", &["SUBMITTED", "WITHDRAWN", "DECIDED"])))
        .col(id("created_by"))
        .col(small("version"))
        .col(instant("created_at"))
        .col(instant("updated_at"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("decision_id", "voucher_decision"))
        .foreign_key(&mut refers("resident_id", "person"))
        .take()
}

fn print() -> TableCreateStatement {
    Table::create()
        .table("voucher_decision_print")
        .col(id("decision_id").primary_key())
        .col(ColumnDef::new("pdf").blob().not_null())
        .col(text("sha256"))
        .col(instant("printed_at"))
        .foreign_key(&mut refers("decision_id", "voucher_decision"))
        .take()
}
