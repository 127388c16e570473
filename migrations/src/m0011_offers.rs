use sea_orm_migration::prelude::*;

use crate::table::{id, instant, json, number, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("offer")
                    .col(id("id").primary_key())
                    .col(id("city_id"))
                    .col(id("company_id"))
                    .col(id("programme_id"))
                    .col(json("name"))
                    .col(json("description"))
                    .col(json("keywords"))
                    .col(text("search_text"))
                    .col(number("price_cents").check(Expr::cust("price_cents > 0")))
                    .col(text("vat_class").check(one_of("vat_class", &["GENERAL", "REDUCED", "EXEMPT"])))
                    .col(optional(text("place_name")))
                    .col(optional(text("street")))
                    .col(optional(text("postal_code")))
                    .col(optional(small("latitude_e6")))
                    .col(optional(small("longitude_e6")))
                    .col(text("state").check(one_of("state", &["DRAFT", "PUBLISHED", "PAUSED", "ARCHIVED"])))
                    .col(small("version"))
                    .col(id("created_by"))
                    .col(instant("created_at"))
                    .col(optional(instant("published_at")))
                    .check(Expr::cust("(place_name IS NULL) = (street IS NULL)"))
                    .check(Expr::cust("(place_name IS NULL) = (postal_code IS NULL)"))
                    .check(Expr::cust("(latitude_e6 IS NULL) = (longitude_e6 IS NULL)"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .foreign_key(&mut refers("company_id", "company"))
                    .foreign_key(&mut refers("programme_id", "programme"))
                    .foreign_key(&mut refers("created_by", "person"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("offer_of_city")
                    .table("offer")
                    .col("city_id")
                    .col("state")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("offer_of_company")
                    .table("offer")
                    .col("company_id")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("offer_of_programme")
                    .table("offer")
                    .col("programme_id")
                    .col("id")
                    .take(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("occurrence")
                    .col(id("id").primary_key())
                    .col(id("offer_id"))
                    .col(id("city_id"))
                    .col(instant("starts_at"))
                    .col(instant("ends_at"))
                    .col(small("capacity").check(Expr::cust("capacity BETWEEN 1 AND 10000")))
                    .col(small("taken"))
                    .col(text("state").check(one_of("state", &["OPEN", "CANCELLED"])))
                    .col(small("version"))
                    .check(Expr::cust("0 <= taken AND taken <= capacity"))
                    .check(Expr::cust("ends_at > starts_at"))
                    .foreign_key(&mut refers("offer_id", "offer"))
                    .foreign_key(&mut refers("city_id", "city"))
                    .take(),
            )
            .await?;
        // Times that were called off may be offered anew.
        manager
            .create_index(
                Index::create()
                    .unique()
                    .name("occurrence_at_a_time")
                    .table("occurrence")
                    .col("offer_id")
                    .col("starts_at")
                    .and_where(Expr::col("state").eq("OPEN"))
                    .take(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("occurrence_of_offer")
                    .table("occurrence")
                    .col("offer_id")
                    .col("starts_at")
                    .col("id")
                    .take(),
            )
            .await
    }
}
