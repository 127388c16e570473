use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: [&str; 7] = [
    "REQUESTED",
    "CONFIRMED",
    "DECLINED",
    "CANCELLED_BY_CLIENT",
    "CANCELLED_LATE",
    "CANCELLED_BY_PROVIDER",
    "DELIVERED",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(booking()).await?;
        manager.create_table(visit()).await?;
        manager.create_table(delivery()).await?;
        for (name, table, column) in [
            ("booking_of_resident", "booking", "resident_id"),
            ("booking_of_company", "booking", "company_id"),
            ("booking_of_voucher", "booking", "voucher_id"),
            ("booking_of_state", "booking", "state"),
            ("visit_of_booking", "visit", "booking_id"),
            ("visit_of_occurrence", "visit", "occurrence_id"),
            ("delivery_of_booking", "delivery", "booking_id"),
            ("delivery_of_company", "delivery", "company_id"),
        ] {
            manager
                .create_index(Index::create().name(name).table(table).col(column).col("id").take())
                .await?;
        }
        manager
            .create_index(
                Index::create()
                    .name("delivery_of_day")
                    .table("delivery")
                    .col("city_id")
                    .col("day")
                    .col("id")
                    .take(),
            )
            .await
    }
}

fn booking() -> TableCreateStatement {
    Table::create()
        .table("booking")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("company_id"))
        .col(id("programme_id"))
        .col(id("offer_id"))
        .col(id("resident_id"))
        .col(id("voucher_id"))
        .col(text("state").check(one_of("state", &STATES)))
        .col(number("price_cents"))
        .col(number("voucher_share_cents"))
        .col(number("own_share_cents"))
        .col(text("vat_class"))
        .col(small("vat_bp"))
        .col(instant("starts_at"))
        .col(instant("ends_at"))
        .col(instant("free_cancellation_until"))
        .col(small("late_fee_bp"))
        .col(text("code"))
        .col(small("wrong_codes"))
        .col(optional(text("reason")))
        .col(instant("created_at"))
        .col(instant("changed_at"))
        .col(small("version"))
        .check(Expr::cust("voucher_share_cents >= 0 AND own_share_cents >= 0"))
        .check(Expr::cust("price_cents = voucher_share_cents + own_share_cents"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("programme_id", "programme"))
        .foreign_key(&mut refers("offer_id", "offer"))
        .foreign_key(&mut refers("resident_id", "person"))
        .foreign_key(&mut refers("voucher_id", "voucher"))
        .take()
}

fn visit() -> TableCreateStatement {
    Table::create()
        .table("visit")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("booking_id"))
        .col(id("occurrence_id"))
        .col(instant("starts_at"))
        .col(instant("ends_at"))
        .col(small("units").check(Expr::cust("units > 0")))
        .col(number("price_cents"))
        .col(number("voucher_share_cents"))
        .col(number("own_share_cents"))
        .check(Expr::cust("price_cents = voucher_share_cents + own_share_cents"))
        .foreign_key(&mut refers("booking_id", "booking"))
        .foreign_key(&mut refers("occurrence_id", "occurrence"))
        .take()
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table("delivery")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("company_id"))
        .col(id("programme_id"))
        .col(id("booking_id"))
        .col(id("visit_id").unique_key())
        .col(text("kind").check(one_of("kind", &["SERVICE", "LATE_CANCELLATION"])))
        .col(day("day"))
        .col(number("price_cents"))
        .col(number("voucher_share_cents").check(Expr::cust("voucher_share_cents > 0")))
        .col(number("own_share_cents"))
        .col(text("vat_class"))
        .col(small("vat_bp"))
        .col(id("recorded_by"))
        .col(instant("recorded_at"))
        .col(optional(text("claim_reference")))
        .check(Expr::cust("price_cents = voucher_share_cents + own_share_cents"))
        .foreign_key(&mut refers("booking_id", "booking"))
        .foreign_key(&mut refers("visit_id", "visit"))
        .foreign_key(&mut refers("company_id", "company"))
        .take()
}
