//! The files that come with residents' applications for vouchers; their bytes are in the store of files.

use sea_orm_migration::prelude::*;

use crate::table::{day, id, instant, number, one_of, refers, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("voucher_attachment")
            .col(id("id").primary_key())
            .col(id("application_id"))
            .col(id("city_id"))
            .col(text("name"))
            .col(text("media_type").check(one_of("media_type", &["PDF", "PNG", "JPEG"])))
            .col(number("size").check(Expr::col("size").gt(0)))
            .col(text("sha256"))
            .col(day("kept_on"))
            .col(id("uploaded_by"))
            .col(instant("created_at"))
            .foreign_key(&mut refers("application_id", "voucher_application"))
            .foreign_key(&mut refers("city_id", "city"))
            .take();
        manager.create_table(table).await?;
        let once = Index::create()
            .unique()
            .name("one_attachment_of_bytes")
            .table("voucher_attachment")
            .col("application_id")
            .col("sha256")
            .take();
        manager.create_index(once).await?;
        // By which the bytes that no row names are found.
        let kept = Index::create()
            .name("attachments_of_day")
            .table("voucher_attachment")
            .col("kept_on")
            .col("sha256")
            .take();
        manager.create_index(kept).await
    }
}
