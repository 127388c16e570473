use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, json, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LANGUAGES: [&str; 3] = ["fi", "sv", "en"];
const OPEN_APPLICATION: [&str; 3] = ["SUBMITTED", "INFO_REQUESTED", "INFO_PROVIDED"];
/// The whole ladder of the domain: SQLite cannot widen a CHECK later.
const APPROVAL: [&str; 7] = [
    "ACTIVE",
    "WARNED",
    "BOOKINGS_STOPPED",
    "SUSPENDED",
    "REVOKED",
    "RESIGNED",
    "EXPIRED",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [company(), member(), application(), message(), approval(), period()] {
            manager.create_table(table).await?;
        }
        for (name, table, columns, only) in unique_indexes() {
            let mut index = Index::create().unique().name(name).table(table).and_where(only).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        for (name, table, columns) in [
            ("company_member_of_person", "company_member", ["person_id"].as_slice()),
            ("company_member_of_company", "company_member", &["company_id", "id"]),
            (
                "company_member_claim",
                "company_member",
                &["claim_city_id", "state", "id"],
            ),
            (
                "provider_application_of_city",
                "provider_application",
                &["city_id", "state", "id"],
            ),
            (
                "provider_application_of_company",
                "provider_application",
                &["company_id", "id"],
            ),
            ("approval_of_city", "approval", &["city_id", "id"]),
            ("approval_of_programme", "approval", &["programme_id", "id"]),
            ("approval_of_company", "approval", &["company_id", "id"]),
        ] {
            let mut index = Index::create().name(name).table(table).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

type UniqueIndex = (&'static str, &'static str, &'static [&'static str], SimpleExpr);

fn unique_indexes() -> [UniqueIndex; 4] {
    [
        (
            "company_member_person",
            "company_member",
            &["company_id", "person_id"],
            Expr::col("state").ne("REMOVED"),
        ),
        (
            "provider_application_open",
            "provider_application",
            &["company_id", "programme_id"],
            one_of("state", &OPEN_APPLICATION),
        ),
        (
            "approval_open",
            "approval",
            &["company_id", "programme_id"],
            Expr::col("state").is_not_in(["REVOKED", "RESIGNED", "EXPIRED"]),
        ),
        (
            "approval_period_present",
            "approval_period",
            &["approval_id"],
            Expr::col("until_at").is_null(),
        ),
    ]
}

fn company() -> TableCreateStatement {
    Table::create()
        .table("company")
        .col(id("id").primary_key())
        .col(text("business_id").unique_key())
        .col(text("name"))
        .col(text("kind").check(one_of("kind", &["COMPANY", "ASSOCIATION"])))
        .col(text("email"))
        .col(text("iban"))
        .col(text("lang").check(one_of("lang", &LANGUAGES)))
        .col(small("version"))
        .col(instant("created_at"))
        .take()
}

fn member() -> TableCreateStatement {
    Table::create()
        .table("company_member")
        .col(id("id").primary_key())
        .col(id("company_id"))
        .col(id("person_id"))
        .col(text("role").check(one_of("role", &["SIGNATORY", "MANAGER", "RECORDER"])))
        .col(text("state").check(one_of("state", &["CLAIMED", "ACTIVE", "REMOVED"])))
        .col(optional(id("claim_city_id")))
        .col(optional(json("claimed_details")))
        .col(optional(id("confirmed_by")))
        .col(instant("created_at"))
        .check(Expr::cust("(role = 'SIGNATORY') = (claim_city_id IS NOT NULL)"))
        .check(Expr::cust("claimed_details IS NULL OR state = 'CLAIMED'"))
        .check(Expr::cust("state <> 'ACTIVE' OR confirmed_by IS NOT NULL"))
        .check(Expr::cust("confirmed_by IS NULL OR confirmed_by <> person_id"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("person_id", "person"))
        .foreign_key(&mut refers("claim_city_id", "city"))
        .foreign_key(&mut refers("confirmed_by", "person"))
        .take()
}

fn application() -> TableCreateStatement {
    let mut states = OPEN_APPLICATION.to_vec();
    states.extend(["APPROVED", "REJECTED", "WITHDRAWN"]);
    Table::create()
        .table("provider_application")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("programme_id"))
        .col(id("company_id"))
        .col(text("state").check(one_of("state", &states)))
        .col(text("statement"))
        .col(id("created_by"))
        .col(small("version"))
        .col(instant("created_at"))
        .col(instant("updated_at"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("created_by", "person"))
        .take()
}

fn message() -> TableCreateStatement {
    Table::create()
        .table("provider_application_message")
        .col(id("application_id"))
        .col(small("version"))
        .col(id("author_id"))
        .col(text("kind").check(one_of("kind", &["QUESTION", "ANSWER", "DECISION"])))
        .col(text("text"))
        .col(instant("at"))
        .primary_key(Index::create().col("application_id").col("version"))
        .foreign_key(&mut refers("application_id", "provider_application"))
        .foreign_key(&mut refers("author_id", "person"))
        .take()
}

fn approval() -> TableCreateStatement {
    Table::create()
        .table("approval")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("programme_id"))
        .col(id("company_id"))
        .col(id("application_id").unique_key())
        .col(text("state").check(one_of("state", &APPROVAL)))
        .col(day("valid_from"))
        .col(day("valid_until"))
        .col(text("grounds"))
        .col(id("decided_by"))
        .col(instant("decided_at"))
        .col(small("version"))
        .check(Expr::cust("valid_until >= valid_from"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("application_id", "provider_application"))
        .foreign_key(&mut refers("decided_by", "person"))
        .take()
}

fn period() -> TableCreateStatement {
    Table::create()
        .table("approval_period")
        .col(id("approval_id"))
        .col(small("version"))
        .col(text("state").check(one_of("state", &APPROVAL)))
        .col(text("reason"))
        .col(id("decided_by"))
        .col(instant("from_at"))
        .col(optional(instant("until_at")))
        .primary_key(Index::create().col("approval_id").col("version"))
        .foreign_key(&mut refers("approval_id", "approval"))
        .foreign_key(&mut refers("decided_by", "person"))
        .check(Expr::cust("until_at IS NULL OR until_at >= from_at"))
        .take()
}
