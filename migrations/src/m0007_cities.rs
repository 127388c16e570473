use sea_orm_migration::prelude::*;

use crate::table::{id, instant, json, one_of, optional, refers, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ROLES: [&str; 6] = [
    "PROGRAMME_OFFICER",
    "APPROVER",
    "SETTLEMENT_CLERK",
    "ADVISOR",
    "AUDITOR",
    "ADMINISTRATOR",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("city")
                    .col(id("id").primary_key())
                    .col(text("code").unique_key())
                    .col(json("name"))
                    .col(text("business_id"))
                    .col(text("zone"))
                    .col(ColumnDef::new("bilingual").boolean().not_null())
                    .col(text("iban"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("staff_member")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("person_id"))
                    .col(text("role").check(one_of("role", &ROLES)))
                    .col(text("state").check(one_of("state", &["PROPOSED", "ACTIVE", "REVOKED"])))
                    .col(optional(id("proposed_by")))
                    .col(instant("proposed_at"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("staff_member_role")
                    .table("staff_member")
                    .col("person_id")
                    .col("city_id")
                    .col("role")
                    .and_where(Expr::col("state").ne("REVOKED"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("staff_of_city")
                    .table("staff_member")
                    .col("city_id")
                    .col("id")
                    .take(),
            )
            .await
    }
}
