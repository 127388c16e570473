//! Sign-in sessions.

use chrono::{DateTime, Utc};
use kernel::{PersonId, SessionId};
use sea_orm::entity::prelude::*;

/// A sign-in (istunto): the family of its refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub person_id: PersonId,
    pub created_at: DateTime<Utc>,
    /// The end that refreshing does not move.
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// From where the person signed in; a lockout of the account does not reach networks known from here.
    pub network: String,
    pub user_agent: Option<String>,
}

/// Joined by hand where it is needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether its tokens are good at `now`.
    pub(crate) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}
