//! What becomes of a voucher after its decision: its number, refusal, suspension, and the tasks
//! that officers get from it. Vouchers from before have no number until a job gives them one.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{id, instant, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

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
                    .add_column(optional(text("number")))
                    .take(),
            )
            .await?;
        let unique = |name: &'static str| Index::create().unique().name(name).table("voucher").take();
        manager
            .create_index(unique("voucher_number").col("number").take())
            .await?;
        ddl::allow(
            manager.get_connection(),
            "voucher",
            "state",
            &["ACTIVE", "EXPIRED", "REVOKED"],
            &["DECLINED", "SUSPENDED"],
        )
        .await?;
        // Who has declined a voucher may be granted another one.
        manager
            .drop_index(
                Index::drop()
                    .name("one_voucher_per_programme")
                    .table("voucher")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                unique("one_voucher_per_programme")
                    .col("programme_id")
                    .col("resident_id")
                    .and_where(Expr::col("state").is_not_in(["REVOKED", "DECLINED"]))
                    .take(),
            )
            .await?;
        officer_tasks(manager).await
    }
}

async fn officer_tasks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            Table::create()
                .table("officer_task")
                .col(id("id").primary_key())
                .col(id("city_id"))
                .col(text("kind").check(one_of("kind", &["ARRANGE_OTHERWISE"])))
                .col(id("voucher_id"))
                .col(text("state").check(one_of("state", &["OPEN", "CLOSED"])))
                .col(instant("created_at"))
                .col(optional(id("closed_by")))
                .col(optional(instant("closed_at")))
                .col(optional(text("outcome")))
                .col(small("version"))
                .foreign_key(&mut refers("city_id", "city"))
                .foreign_key(&mut refers("voucher_id", "voucher"))
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .unique()
                .name("task_of_voucher")
                .table("officer_task")
                .col("voucher_id")
                .col("kind")
                .take(),
        )
        .await?;
    manager
        .create_index(
            Index::create()
                .name("task_of_city")
                .table("officer_task")
                .col("city_id")
                .col("state")
                .col("id")
                .take(),
        )
        .await
}
