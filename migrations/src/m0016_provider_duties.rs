//! What providers owe: drafts of applications, requirements of programmes, checklists, conditions and areas of
//! approvals, two more roles in companies.
//!
//! The binary before cannot read the new values of `state` and `role`; it meets them only after the binary after has
//! written some.

use db::ddl;
use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, json, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const APPLICATION: [&str; 6] = [
    "SUBMITTED",
    "INFO_REQUESTED",
    "INFO_PROVIDED",
    "APPROVED",
    "REJECTED",
    "WITHDRAWN",
];
const OPEN_APPLICATION: [&str; 4] = ["DRAFT", "SUBMITTED", "INFO_REQUESTED", "INFO_PROVIDED"];
const REQUIREMENT: [&str; 8] = [
    "PREPAYMENT_REGISTER",
    "VAT_REGISTER",
    "TAX_DEBT",
    "LIABILITY_INSURANCE",
    "PATIENT_INSURANCE",
    "SERVICE_LICENCE",
    "SECTOR_PERMIT",
    "CRIMINAL_RECORD",
];
const PROOF: [&str; 3] = ["COMPUTED", "ATTESTED", "EVIDENCED"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conn = manager.get_connection();
        ddl::allow(conn, "provider_application", "state", &APPLICATION, &["DRAFT"]).await?;
        let roles = ["SIGNATORY", "MANAGER", "RECORDER"];
        ddl::allow(conn, "company_member", "role", &roles, &["SERVICE_OWNER", "PREPARER"]).await?;
        // One application at a time, whether it is a draft or with the city.
        manager
            .drop_index(
                Index::drop()
                    .name("provider_application_open")
                    .table("provider_application")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("provider_application_open")
                    .table("provider_application")
                    .col("company_id")
                    .col("programme_id")
                    .and_where(one_of("state", &OPEN_APPLICATION))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("programme_requirement")
                    .col(id("programme_id"))
                    .col(text("requirement").check(one_of("requirement", &REQUIREMENT)))
                    .col(id("city_id"))
                    .col(text("proof").check(one_of("proof", &PROOF)))
                    .col(ColumnDef::new("demanded").boolean().not_null().take())
                    .col(id("set_by"))
                    .col(small("version"))
                    .col(instant("set_at"))
                    .primary_key(Index::create().col("programme_id").col("requirement"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("set_by", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("provider_application_item")
                    .col(id("application_id"))
                    .col(text("requirement").check(one_of("requirement", &REQUIREMENT)))
                    .col(id("city_id"))
                    .col(text("proof").check(one_of("proof", &PROOF)))
                    .col(optional(text("evidence")))
                    .col(optional(day("valid_until")))
                    .col(optional(id("provided_by")))
                    .col(optional(instant("provided_at")))
                    .col(text("verdict").check(one_of("verdict", &["OPEN", "ACCEPTED", "REFUSED"])))
                    .col(optional(text("note")))
                    .col(optional(id("judged_by")))
                    .col(optional(instant("judged_at")))
                    .col(small("version"))
                    .check(Expr::cust("evidence IS NULL OR requirement <> 'CRIMINAL_RECORD'"))
                    .check(Expr::cust("note IS NULL OR requirement <> 'CRIMINAL_RECORD'"))
                    .check(Expr::cust("(provided_by IS NULL) = (provided_at IS NULL)"))
                    .primary_key(Index::create().col("application_id").col("requirement"))
                    .foreign_key(&mut refers("application_id", "provider_application"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("provided_by", "person"))
                    .foreign_key(&mut refers("judged_by", "person"))
                    .take(),
            )
            .await?;
        // What a job decides is nobody's decision.
        ddl::allow_null(conn, "approval_period", "decided_by").await?;
        for column in [
            optional(text("conditions")),
            optional(json("area")),
            optional(day("failing_since")),
        ] {
            manager
                .alter_table(Table::alter().table("approval").add_column(column).take())
                .await?;
        }
        Ok(())
    }
}
