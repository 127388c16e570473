//! Terms of programmes by period, and what vouchers keep of an assessment.
//!
//! Each programme gets its present terms as its first ones, under its own UUID. The columns of `programme` that held
//! them (`value_cents`, `price_ceiling_cents`, `free_cancellation_hours`, `late_fee_bp`) stay for the binary before and
//! because a CHECK that asks for a value cannot be dropped; the binary after writes the first terms there and reads them nowhere.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The present terms of every programme. The id is that of the programme: two kinds of records may share a UUID.
const FIRST_TERMS: &str = "INSERT INTO programme_terms (id, city_id, programme_id, valid_from, valid_until, value_rule, \
    price_mode, price_ceiling_cents, free_cancellation_hours, late_fee_bp, state, drafted_by, published_by, version, \
    created_at) \
    SELECT id, city_id, id, valid_from, NULL, '{\"kind\":\"flat\",\"value\":' || value_cents || ',\"per\":\"voucher\"}', \
    'OWN_SHARE', price_ceiling_cents, free_cancellation_hours, late_fee_bp, \
    CASE state WHEN 'DRAFT' THEN 'DRAFT' ELSE 'PUBLISHED' END, drafted_by, published_by, 1, created_at FROM programme";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("programme_terms")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("programme_id"))
                    .col(day("valid_from"))
                    .col(optional(day("valid_until")))
                    .col(text("value_rule"))
                    .col(text("price_mode").check(one_of("price_mode", &["OWN_SHARE", "ZERO_COPAY", "NOT_TO_EXCEED"])))
                    .col(number("price_ceiling_cents").check(Expr::cust("price_ceiling_cents > 0")))
                    .col(small("free_cancellation_hours"))
                    .col(small("late_fee_bp").check(Expr::cust("late_fee_bp BETWEEN 0 AND 10000")))
                    .col(text("state").check(one_of("state", &["DRAFT", "PUBLISHED"])))
                    .col(id("drafted_by"))
                    .col(optional(id("published_by")))
                    .col(small("version"))
                    .col(instant("created_at"))
                    .check(Expr::cust("valid_until IS NULL OR valid_until >= valid_from"))
                    .check(Expr::cust("published_by IS NULL OR published_by <> drafted_by"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("terms_of_programme")
                    .table("programme_terms")
                    .col("programme_id")
                    .col("valid_from")
                    .take(),
            )
            .await?;
        manager.get_connection().execute_unprepared(FIRST_TERMS).await?;
        for column in ["assessment", "valuation", "raise_reason"] {
            manager
                .alter_table(
                    Table::alter()
                        .table("voucher")
                        .add_column(optional(text(column)))
                        .take(),
                )
                .await?;
        }
        Ok(())
    }
}
