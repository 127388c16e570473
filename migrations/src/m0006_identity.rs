use sea_orm_migration::prelude::*;

use crate::table::{id, instant, json, one_of, optional, refers, small, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [person(), session(), refresh_token(), mail_link(), rate_limit()] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            // The sessions of a person, and whether one of them came from a network.
            ("session_of_person", "session", ["person_id", "network"].as_slice()),
            ("session_expiry", "session", &["expires_at"]),
            ("refresh_token_of_session", "refresh_token", &["session_id"]),
            ("mail_link_expiry", "mail_link", &["expires_at"]),
            ("rate_limit_age", "rate_limit", &["window_start"]),
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

fn person() -> TableCreateStatement {
    Table::create()
        .table("person")
        .col(id("id").primary_key())
        .col(text("email"))
        .col(text("email_folded").unique_key())
        .col(text("password_hash"))
        .col(text("given_name"))
        .col(text("family_name"))
        .col(text("lang").check(one_of("lang", &["fi", "sv", "en"])))
        .col(optional(instant("verified_at")))
        .col(instant("created_at"))
        .col(small("version").check(Expr::cust("version > 0")))
        .take()
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(id("id").primary_key())
        .col(id("person_id"))
        .col(instant("created_at"))
        .col(instant("expires_at"))
        .col(optional(instant("revoked_at")))
        .col(text("network"))
        .col(optional(text("user_agent")))
        .foreign_key(&mut refers("person_id", "person"))
        .take()
}

fn refresh_token() -> TableCreateStatement {
    Table::create()
        .table("refresh_token")
        .col(text("digest").primary_key())
        .col(id("session_id"))
        .col(optional(instant("consumed_at")))
        .col(optional(text("successor")))
        .foreign_key(&mut refers("session_id", "session"))
        .check(Expr::cust("successor IS NULL OR consumed_at IS NOT NULL"))
        .take()
}

/// A link belongs to an address, known or not, so that asking for one costs the same for both.
fn mail_link() -> TableCreateStatement {
    Table::create()
        .table("mail_link")
        .col(text("digest").primary_key())
        .col(text("address"))
        .col(text("kind").check(one_of("kind", &["VERIFY", "RESET"])))
        .col(instant("expires_at"))
        .col(optional(json("registration")))
        .check(Expr::cust("registration IS NULL OR kind = 'VERIFY'"))
        .index(
            Index::create()
                .unique()
                .name("mail_link_of_address")
                .col("address")
                .col("kind"),
        )
        .take()
}

fn rate_limit() -> TableCreateStatement {
    Table::create()
        .table("rate_limit")
        .col(text("bucket").primary_key())
        .col(instant("window_start"))
        .col(small("hits").check(Expr::cust("hits > 0")))
        .take()
}
