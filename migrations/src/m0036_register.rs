//! What the population register says of persons, and which cities have recorded them.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The cities that recorded codes so far.
const RECORDED: &str = "INSERT INTO person_of_city (person_id, city_id, recorded_by, recorded_at) \
    SELECT person_id, city_id, recorded_by, recorded_at FROM personal_code";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("home")
                    .col(id("person_id"))
                    .col(day("from_day"))
                    .col(optional(day("until_day")))
                    .col(text("municipality"))
                    .col(text("origin").check(one_of("origin", &["OFFICER", "REGISTER"])))
                    .col(optional(id("recorded_by")))
                    .col(instant("recorded_at"))
                    .primary_key(Index::create().col("person_id").col("from_day"))
                    .check(Expr::cust("until_day IS NULL OR until_day >= from_day"))
                    .check(Expr::cust("(origin = 'OFFICER') = (recorded_by IS NOT NULL)"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("one_home_at_a_time")
                    .table("home")
                    .col("person_id")
                    .and_where(Expr::col("until_day").is_null())
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("population_record")
                    .col(id("person_id").primary_key())
                    .col(optional(small("household_size")))
                    .col(optional(day("deceased_on")))
                    .col(instant("read_at"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("person_of_city")
                    .col(id("person_id"))
                    .col(id("city_id"))
                    .col(id("recorded_by"))
                    .col(instant("recorded_at"))
                    .primary_key(Index::create().col("person_id").col("city_id"))
                    .foreign_key(&mut refers("person_id", "person"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .take(),
            )
            .await?;
        manager.get_connection().execute_unprepared(RECORDED).await?;
        for column in ["from_register", "ended_by_register"] {
            let flag = ColumnDef::new(column).boolean().not_null().default(false).take();
            let table = Table::alter().table("relation").add_column(flag).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
