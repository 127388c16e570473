//! Reviews of the incomes by which vouchers are valued, and the situations by day.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const OPEN: [&str; 3] = ["ASKED", "OVERDUE", "ANSWERED"];
const DONE: [&str; 2] = ["DECIDED", "ENDED"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("voucher")
                    .add_column(optional(text("assessments")))
                    .take(),
            )
            .await?;
        manager.create_table(review()).await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_open_income_review")
                    .table("income_review")
                    .col("voucher_id")
                    .and_where(Expr::col("state").is_in(OPEN))
                    .take(),
            )
            .await?;
        for (name, columns) in [
            ("income_review_of_city", ["city_id", "state", "id"].as_slice()),
            ("income_review_of_resident", &["resident_id", "id"]),
            ("income_review_of_voucher", &["voucher_id", "id"]),
        ] {
            let mut index = Index::create().name(name).table("income_review").take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        ddl::allow(
            manager.get_connection(),
            "officer_task",
            "kind",
            &["ARRANGE_OTHERWISE", "REPLENISHMENT_REFUSED"],
            &["INCOME_NOT_TOLD"],
        )
        .await
    }
}

fn review() -> TableCreateStatement {
    Table::create()
        .table("income_review")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("programme_id"))
        .col(id("voucher_id"))
        .col(id("resident_id"))
        .col(text("state").check(one_of("state", &[OPEN.as_slice(), &DONE].concat())))
        .col(day("answer_until"))
        .col(optional(text("told")))
        .col(ColumnDef::new("accepts_without_income").boolean().not_null())
        .col(optional(id("told_by")))
        .col(optional(id("decided_by")))
        .col(optional(instant("decided_at")))
        .col(optional(text("grounds")))
        .col(optional(day("from_day")))
        .col(optional(number("value_before")))
        .col(optional(number("value_after")))
        .col(small("version"))
        .col(instant("created_at"))
        .col(instant("updated_at"))
        .check(Expr::cust("(state = 'DECIDED') = (decided_by IS NOT NULL)"))
        .check(Expr::cust("decided_by IS NULL OR from_day IS NOT NULL"))
        .check(Expr::cust("state <> 'ANSWERED' OR told IS NOT NULL"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("voucher_id", "voucher"))
        .foreign_key(&mut refers("resident_id", "person"))
        .take()
}
