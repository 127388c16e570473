//! The ladder of sanctions: hearings, decisions and requests for rectification.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STEP: [&str; 6] = ["NOTE", "WARNING", "BOOKINGS_STOP", "SUSPENSION", "REVOCATION", "LIFT"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [hearing(), sanction(), appeal()] {
            manager.create_table(table).await?;
        }
        // A decision stands for ever: what changes it is another decision.
        db::ddl::make_append_only(manager.get_connection(), "sanction").await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("hearing_open")
                    .table("hearing")
                    .col("approval_id")
                    .and_where(one_of("state", &["OPEN", "ANSWERED"]))
                    .take(),
            )
            .await?;
        for (name, table, columns) in [
            ("sanction_of_city", "sanction", ["city_id", "id"]),
            ("sanction_of_company", "sanction", ["company_id", "id"]),
            ("sanction_of_approval", "sanction", ["approval_id", "id"]),
            ("hearing_of_city", "hearing", ["city_id", "id"]),
            ("hearing_of_company", "hearing", ["company_id", "id"]),
        ] {
            let mut index = Index::create().name(name).table(table).take();
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn hearing() -> TableCreateStatement {
    Table::create()
        .table("hearing")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("approval_id"))
        .col(id("company_id"))
        .col(text("step").check(one_of("step", &STEP[1..5])))
        .col(text("grounds"))
        .col(day("answer_by"))
        .col(text("state").check(one_of("state", &["OPEN", "ANSWERED", "DECIDED", "CLOSED"])))
        .col(id("opened_by"))
        .col(instant("opened_at"))
        .col(optional(text("answer")))
        .col(optional(id("answered_by")))
        .col(optional(instant("answered_at")))
        .col(optional(text("outcome")))
        .col(optional(id("ended_by")))
        .col(optional(instant("ended_at")))
        .col(small("version"))
        .check(Expr::cust("(answer IS NULL) = (answered_by IS NULL)"))
        .check(Expr::cust("(answer IS NULL) = (answered_at IS NULL)"))
        .check(Expr::cust("state <> 'OPEN' OR answer IS NULL"))
        .check(Expr::cust("state <> 'ANSWERED' OR answer IS NOT NULL"))
        .check(Expr::cust("(state IN ('DECIDED', 'CLOSED')) = (ended_at IS NOT NULL)"))
        .check(Expr::cust("(ended_by IS NULL) = (ended_at IS NULL)"))
        .check(Expr::cust("(outcome IS NOT NULL) = (state = 'CLOSED')"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("approval_id", "approval"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("opened_by", "person"))
        .foreign_key(&mut refers("answered_by", "person"))
        .foreign_key(&mut refers("ended_by", "person"))
        .take()
}

fn sanction() -> TableCreateStatement {
    Table::create()
        .table("sanction")
        .col(id("id").primary_key())
        .col(id("city_id"))
        .col(id("approval_id"))
        .col(id("company_id"))
        .col(text("step").check(one_of("step", &STEP)))
        .col(ColumnDef::new("urgent").boolean().not_null().take())
        .col(optional(id("hearing_id")))
        .col(optional(id("appealed_id")))
        .col(text("grounds"))
        .col(optional(text("rules")))
        .col(small("approval_version"))
        .col(id("decided_by"))
        .col(instant("decided_at"))
        .col(day("appeal_until"))
        .check(Expr::cust("urgent = (step = 'SUSPENSION' AND urgent)"))
        .check(Expr::cust("step IN ('NOTE', 'LIFT') OR hearing_id IS NOT NULL"))
        .check(Expr::cust("appealed_id IS NULL OR step = 'LIFT'"))
        .check(Expr::cust("step = 'LIFT' OR rules IS NOT NULL"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("approval_id", "approval"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("hearing_id", "hearing"))
        .foreign_key(&mut refers("appealed_id", "sanction"))
        .foreign_key(&mut refers("decided_by", "person"))
        .take()
}

fn appeal() -> TableCreateStatement {
    Table::create()
        .table("sanction_appeal")
        .col(id("sanction_id").primary_key())
        .col(id("city_id"))
        .col(id("company_id"))
        .col(text("text"))
        .col(id("filed_by"))
        .col(instant("filed_at"))
        .col(text("state").check(one_of("state", &["OPEN", "UPHELD", "LIFTED", "DISMISSED"])))
        .col(optional(text("grounds")))
        .col(optional(id("ruled_by")))
        .col(optional(instant("ruled_at")))
        .col(small("version"))
        .check(Expr::cust("(state = 'OPEN') = (ruled_by IS NULL)"))
        .check(Expr::cust("(ruled_by IS NULL) = (grounds IS NULL)"))
        .check(Expr::cust("(ruled_by IS NULL) = (ruled_at IS NULL)"))
        .foreign_key(&mut refers("sanction_id", "sanction"))
        .foreign_key(&mut refers("city_id", "city"))
        .foreign_key(&mut refers("company_id", "company"))
        .foreign_key(&mut refers("filed_by", "person"))
        .foreign_key(&mut refers("ruled_by", "person"))
        .take()
}
