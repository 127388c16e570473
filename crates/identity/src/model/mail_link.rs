//! Links sent by mail.

use chrono::{DateTime, Utc};
use kernel::Lang;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::person::PasswordHash;

/// What following a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Kind {
    /// Proves that the account's owner reads mail to its address.
    Verify,
    /// Sets a new password.
    Reset,
}

/// The one live link of its kind to an address; a newer one takes its place, its use deletes it.
///
/// It belongs to the address, not to the account: a request for an address without an account writes the same row,
/// so that nothing tells them apart.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_link")]
pub(crate) struct Model {
    /// SHA-256 of the token in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// The folded address.
    pub address: String,
    pub kind: Kind,
    pub expires_at: DateTime<Utc>,
    /// What the latest registration of the address says; it becomes the account's when its link is followed.
    pub registration: Option<Registration>,
}

/// What somebody says about herself who may or may not be the owner of the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub(crate) struct Registration {
    /// The address as written.
    pub email: String,
    pub password_hash: PasswordHash,
    pub given_name: String,
    pub family_name: String,
    pub lang: Lang,
}

/// A link refers to no other record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
