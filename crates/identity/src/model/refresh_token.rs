//! Refresh tokens, each good for one use.

use chrono::{DateTime, Duration, Utc};
use kernel::SessionId;
use sea_orm::entity::prelude::*;

use super::session;

/// For how long after its replacement a token that nobody ever used is refused without suspicion: answers to
/// parallel requests of one client overtake each other by less.
const RACE: Duration = Duration::minutes(1);

/// A refresh token, stored as its digest. It dies with its session.
///
/// | `consumed_at` | `successor` | the token |
/// | --- | --- | --- |
/// | no | no | is live |
/// | yes | yes | was exchanged for its successor |
/// | yes | no | was replaced before anybody used it |
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub(crate) struct Model {
    /// SHA-256 of the token in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    pub session_id: SessionId,
    pub consumed_at: Option<DateTime<Utc>>,
    /// The digest of the token it was exchanged for.
    pub successor: Option<String>,
}

/// Joined by hand where it is needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What becomes of a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// A new pair is issued.
    Issue,
    /// The client lost our answer: its unused successor is replaced by a new pair.
    Reissue,
    /// Nothing is issued, nothing changes.
    Refuse,
    /// Two parties hold tokens of this family: the session ends.
    Revoke,
}

impl Model {
    /// Decides at `now`, under the lock of the session. `successor` is the token it was exchanged for.
    pub(crate) fn exchange(&self, successor: Option<&Self>, session: &session::Model, now: DateTime<Utc>) -> Exchange {
        if !session.is_live(now) {
            return Exchange::Refuse;
        }
        match (self.consumed_at, successor) {
            (None, _) => Exchange::Issue,
            (Some(_), Some(successor)) if successor.consumed_at.is_none() => Exchange::Reissue,
            (Some(replaced_at), None) if now - replaced_at <= RACE => Exchange::Refuse,
            (Some(_), _) => Exchange::Revoke,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use kernel::TypedId;

    use super::*;

    fn at(minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 23, 12, minute, 0).unwrap()
    }

    fn token(consumed_at: Option<DateTime<Utc>>) -> Model {
        Model {
            digest: String::new(),
            session_id: SessionId::from_uuid(Uuid::nil()),
            consumed_at,
            successor: None,
        }
    }

    fn session() -> session::Model {
        session::Model {
            id: SessionId::from_uuid(Uuid::nil()),
            person_id: kernel::PersonId::from_uuid(Uuid::nil()),
            created_at: at(0),
            expires_at: at(30),
            revoked_at: None,
            network: String::new(),
            user_agent: None,
        }
    }

    #[test]
    fn one_table_decides() {
        let (live, used) = (token(None), token(Some(at(5))));
        let decide = |token: &Model, successor: Option<&Model>, now| token.exchange(successor, &session(), now);
        assert_eq!(decide(&live, None, at(5)), Exchange::Issue);
        assert_eq!(decide(&used, Some(&live), at(9)), Exchange::Reissue);
        assert_eq!(decide(&used, Some(&used), at(5)), Exchange::Revoke);
        assert_eq!(decide(&used, None, at(6)), Exchange::Refuse);
        assert_eq!(decide(&used, None, at(7)), Exchange::Revoke);
    }

    #[test]
    fn nothing_is_issued_in_a_session_that_has_ended() {
        let revoked = session::Model {
            revoked_at: Some(at(1)),
            ..session()
        };
        assert_eq!(token(None).exchange(None, &revoked, at(2)), Exchange::Refuse);
        assert_eq!(token(None).exchange(None, &session(), at(30)), Exchange::Refuse);
    }
}
