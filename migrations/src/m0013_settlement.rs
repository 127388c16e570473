use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RUN_STATES: [&str; 6] = ["DRAFT", "CONFIRMED", "SENT", "PARTLY_FAILED", "PAID", "CANCELLED"];
const PAYMENT_STATES: [&str; 6] = ["PENDING", "SENT", "PAID", "REJECTED", "RETURNED", "CANCELLED"];
const LINE_KINDS: [&str; 3] = ["ORIGINAL", "REFUND", "CORRECTION"];
const OBSTACLES: [&str; 3] = ["NO_VALID_IBAN", "NOTHING_TO_PAY", "AMOUNT_TOO_LARGE"];
const OUTCOMES: [&str; 5] = ["PENDING", "PAID", "REJECTED", "RETURNED", "UNKNOWN"];
const EFFECTS: [&str; 8] = [
    "APPLIED",
    "WAITS",
    "DUPLICATE",
    "UNKNOWN_PAYMENT",
    "WRONG_AMOUNT",
    "CONTRADICTION",
    "NOT_UNDERSTOOD",
    "NO_PAYMENT_NAMED",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            run(),
            set_aside(),
            counter(),
            statement(),
            line(),
            payment(),
            payment_file(),
            answer(),
            answer_entry(),
        ] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            ("run_of_city", "settlement_run", ["city_id", "id"].as_slice()),
            ("statement_of_run", "statement", &["run_id", "id"]),
            ("statement_of_company", "statement", &["company_id", "id"]),
            ("line_of_statement", "statement_line", &["statement_id", "id"]),
            ("line_of_run", "statement_line", &["run_id"]),
            ("line_original", "statement_line", &["original_line_id"]),
            ("payment_of_run", "payment", &["run_id", "id"]),
            ("payment_of_company", "payment", &["company_id"]),
            ("payment_state", "payment", &["city_id", "state"]),
            ("payment_carried", "payment", &["carried_to"]),
            ("answer_of_city", "bank_answer", &["city_id", "id"]),
        ] {
            let mut index = Index::create().name(name).table(table).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("run_of_month")
                    .table("settlement_run")
                    .col("city_id")
                    .col("period_from")
                    .col("period_until")
                    .and_where(Expr::col("state").ne("CANCELLED"))
                    .take(),
            )
            .await?;
        // Each delivery is settled once.
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("line_of_delivery")
                    .table("statement_line")
                    .col("delivery_id")
                    .and_where(Expr::col("kind").eq("ORIGINAL"))
                    .and_where(Expr::col("voided_at").is_null())
                    .take(),
            )
            .await
    }
}

fn run() -> TableCreateStatement {
    Table::create()
        .table("settlement_run")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(day("period_from"))
        .col(day("period_until"))
        .col(text("state").check(one_of("state", &RUN_STATES)))
        .col(id("created_by"))
        .col(optional(id("confirmed_by")))
        .col(optional(text("message_id").unique_key().take()))
        .col(instant("created_at"))
        .col(small("version").check(Expr::cust("version > 0")))
        .check(Expr::cust("period_until >= period_from"))
        .check(Expr::cust("confirmed_by IS NULL OR confirmed_by <> created_by"))
        .check(Expr::cust(
            "state IN ('DRAFT', 'CANCELLED') OR confirmed_by IS NOT NULL",
        ))
        .check(Expr::cust(
            "(state IN ('SENT', 'PARTLY_FAILED', 'PAID')) = (message_id IS NOT NULL)",
        ))
        .foreign_key(&mut refers("city_id", "city"))
        .take()
}

fn set_aside() -> TableCreateStatement {
    Table::create()
        .table("settlement_set_aside")
        .col(id("run_id"))
        .col(id("company_id"))
        .col(id("city_id"))
        .col(text("company_name"))
        .col(number("total_cents"))
        .col(text("reason").check(one_of("reason", &OBSTACLES)))
        .primary_key(Index::create().col("run_id").col("company_id"))
        .foreign_key(&mut refers("run_id", "settlement_run"))
        .foreign_key(&mut refers("company_id", "company"))
        .take()
}

fn counter() -> TableCreateStatement {
    Table::create()
        .table("statement_counter")
        .col(id("city_id"))
        .col(small("year"))
        .col(small("last").check(Expr::cust("last >= 0")))
        .primary_key(Index::create().col("city_id").col("year"))
        .foreign_key(&mut refers("city_id", "city"))
        .take()
}

fn statement() -> TableCreateStatement {
    Table::create()
        .table("statement")
        .col(id("id").primary_key())
        .col(id("run_id"))
        .col(id("city_id"))
        .col(id("company_id"))
        .col(day("period_from"))
        .col(day("period_until"))
        .col(small("year"))
        .col(small("number"))
        .col(text("company_name"))
        .col(text("business_id"))
        .col(text("iban"))
        .col(text("reference"))
        .col(number("lines_cents"))
        .col(number("brought_forward_cents"))
        .col(number("total_cents"))
        .index(
            Index::create()
                .unique()
                .name("statement_number")
                .col("city_id")
                .col("year")
                .col("number"),
        )
        .index(
            Index::create()
                .unique()
                .name("statement_of_payee")
                .col("run_id")
                .col("company_id"),
        )
        .check(Expr::cust(
            "total_cents = lines_cents + brought_forward_cents AND total_cents > 0",
        ))
        .foreign_key(&mut refers("run_id", "settlement_run"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("company_id", "company"))
        .take()
}

fn line() -> TableCreateStatement {
    Table::create()
        .table("statement_line")
        .col(id("id").primary_key())
        .col(id("statement_id"))
        .col(id("run_id"))
        .col(id("city_id"))
        .col(id("company_id"))
        .col(id("delivery_id"))
        .col(text("kind").check(one_of("kind", &LINE_KINDS)))
        .col(optional(id("original_line_id")))
        .col(day("day"))
        .col(number("price_cents"))
        .col(number("voucher_share_cents"))
        .col(number("own_share_cents"))
        .col(text("vat_class"))
        .col(small("vat_bp"))
        .col(optional(text("claim_reference")))
        .col(optional(instant("voided_at")))
        .check(Expr::cust("(kind = 'ORIGINAL') = (original_line_id IS NULL)"))
        .foreign_key(&mut refers("statement_id", "statement"))
        .foreign_key(&mut refers("run_id", "settlement_run"))
        .foreign_key(&mut refers("delivery_id", "delivery"))
        .foreign_key(&mut refers("original_line_id", "statement_line"))
        .take()
}

fn payment() -> TableCreateStatement {
    Table::create()
        .table("payment")
        .col(id("id").primary_key())
        .col(id("run_id"))
        .col(id("statement_id").unique_key().take())
        .col(id("city_id"))
        .col(id("company_id"))
        .col(text("end_to_end_id").unique_key().take())
        .col(number("amount_cents").check(Expr::cust("amount_cents > 0")))
        .col(text("iban"))
        .col(text("name"))
        .col(text("reference"))
        .col(text("state").check(one_of("state", &PAYMENT_STATES)))
        .col(optional(text("reason")))
        .col(optional(id("carried_to")))
        .check(Expr::cust("carried_to IS NULL OR state IN ('REJECTED', 'RETURNED')"))
        .foreign_key(&mut refers("run_id", "settlement_run"))
        .foreign_key(&mut refers("statement_id", "statement"))
        .foreign_key(&mut refers("carried_to", "statement"))
        .take()
}

fn payment_file() -> TableCreateStatement {
    Table::create()
        .table("payment_file")
        .col(id("run_id").primary_key())
        .col(id("city_id"))
        .col(text("name"))
        .col(text("content"))
        .col(text("sha256"))
        .col(instant("created_at"))
        .foreign_key(&mut refers("run_id", "settlement_run"))
        .take()
}

fn answer() -> TableCreateStatement {
    Table::create()
        .table("bank_answer")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(text("sha256"))
        .col(text("kind").check(one_of("kind", &["STATUS_REPORT", "NOTIFICATION"])))
        .col(text("message_id"))
        .col(text("state").check(one_of("state", &["RECEIVED", "APPLIED"])))
        .col(id("uploaded_by"))
        .col(instant("received_at"))
        .index(
            Index::create()
                .unique()
                .name("answer_bytes")
                .col("city_id")
                .col("sha256"),
        )
        .foreign_key(&mut refers("city_id", "city"))
        .take()
}

fn answer_entry() -> TableCreateStatement {
    Table::create()
        .table("bank_answer_entry")
        .col(id("answer_id"))
        .col(small("line"))
        .col(optional(text("end_to_end_id")))
        .col(text("outcome").check(one_of("outcome", &OUTCOMES)))
        .col(optional(text("reason")))
        .col(optional(number("amount_cents")))
        .col(optional(text("effect").check(one_of("effect", &EFFECTS)).take()))
        .primary_key(Index::create().col("answer_id").col("line"))
        .foreign_key(&mut refers("answer_id", "bank_answer"))
        .take()
}
