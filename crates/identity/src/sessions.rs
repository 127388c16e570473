use audit::Act;
use chrono::{DateTime, Duration, Utc};
use db::Tx;
use kernel::{Coded, PersonId, SessionId};

use crate::model::refresh_token::Exchange;
use crate::model::{password, person, session};
use crate::registration::about;
use crate::secret::{Secret, digest};
use crate::{Email, Error, Identity, Person, RequestOrigin, store};

/// What a client holds while somebody is signed in.
#[derive(Clone)]
pub struct TokenPair {
    /// Whose.
    pub person: PersonId,
    /// The session.
    pub session: SessionId,
    /// For the `Authorization: Bearer` header.
    pub access_token: String,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// Good for one refresh.
    pub refresh_token: String,
    /// When the session ends, whatever is refreshed.
    pub refresh_expires_at: DateTime<Utc>,
}

/// Tokens do not show in logs.
impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPair")
            .field("person", &self.person)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// Who stands behind a good access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The person.
    pub person: PersonId,
    /// Her session.
    pub session: SessionId,
}

impl Identity {
    /// Opens a session for an address and its password.
    ///
    /// # Errors
    /// `WrongCredentials` in the same time for an unknown address and for a wrong password, `NotVerified` only after
    /// the right one, `RateLimited`, `Busy`.
    pub async fn sign_in(&self, email: &str, password: &str, origin: &RequestOrigin) -> Result<TokenPair, Error> {
        // What is no address has no account either; all such texts count as one.
        let email = Email::parse(email).ok();
        let address = email.as_ref().map_or("", Email::folded);
        self.count_guess(address, origin).await?;
        if password.len() > password::MAX_BYTES {
            return Err(Error::WrongCredentials);
        }
        let found = store::find_person_at(self.db.read(), address).await?;
        let stored = found.as_ref().map(|person| &person.password_hash);
        let fits = self.hasher.fits(password, stored).await?;
        let refresh = Secret::new(self.db.ids());
        self.db
            .write(async |tx: &Tx| {
                let fitting = match &found {
                    // Locked: its password may have been changed while this one was being hashed.
                    Some(found) if fits => store::find_person_for_update(tx, found.id)
                        .await?
                        .filter(|now| now.password_hash == found.password_hash),
                    _ => None,
                };
                match person::admit(fitting.as_ref()) {
                    Ok(person) => Ok(Ok(self.open_session(tx, person, &refresh, origin).await?)),
                    Err(refusal) => {
                        let act = about("signIn", found.as_ref()).refused(refusal.code());
                        audit::record(tx, &origin.nobody(), act).await?;
                        Ok::<_, Error>(Err(refusal))
                    }
                }
            })
            .await?
    }

    /// Exchanges a refresh token for a new pair.
    ///
    /// A token that comes back after its successor has been used means that two parties hold it: the session ends.
    /// While the successor is unused, the client has lost our answer: the successor is replaced.
    ///
    /// # Errors
    /// `InvalidToken` when the token is used, replaced or unknown, or its session has ended.
    pub async fn refresh(&self, token: &str, origin: &RequestOrigin) -> Result<TokenPair, Error> {
        let presented = digest(token);
        let next = Secret::new(self.db.ids());
        self.db
            .write(async |tx: &Tx| self.exchange(tx, &presented, &next, origin).await)
            .await?
            .ok_or(Error::InvalidToken)
    }

    /// Who stands behind an access token; one statement after the signature has been checked.
    ///
    /// # Errors
    /// `Unauthenticated` when the token is forged, expired or not for us, or its session has ended.
    pub async fn authenticate(&self, bearer: &str) -> Result<Authenticated, Error> {
        let now = self.db.clock().now();
        let claims = self.keys.check(bearer, now, &self.settings);
        let (person, session) = claims.ok_or(Error::Unauthenticated)?;
        if !store::is_live_session(self.db.read(), person, session, now).await? {
            return Err(Error::Unauthenticated);
        }
        Ok(Authenticated { person, session })
    }

    /// Ends this session.
    pub async fn sign_out(&self, signed_in: Authenticated, origin: &RequestOrigin) -> Result<(), Error> {
        let Authenticated { person, session } = signed_in;
        self.db
            .write(async |tx: &Tx| {
                store::revoke_session(tx, person, session).await?;
                audit::record(tx, &origin.person(person), Act::new("signOut", session).about(person)).await?;
                Ok(())
            })
            .await
    }

    /// Ends every session of the person, this one too.
    pub async fn sign_out_everywhere(&self, signed_in: Authenticated, origin: &RequestOrigin) -> Result<(), Error> {
        let person = signed_in.person;
        self.db
            .write(async |tx: &Tx| {
                store::revoke_sessions(tx, person).await?;
                let act = Act::new("signOutEverywhere", person).about(person);
                audit::record(tx, &origin.person(person), act).await?;
                Ok(())
            })
            .await
    }

    async fn open_session(
        &self,
        tx: &Tx,
        person: &Person,
        refresh: &Secret,
        origin: &RequestOrigin,
    ) -> Result<TokenPair, Error> {
        let now = tx.now();
        let session = session::Model {
            id: tx.new_id(),
            person_id: person.id,
            created_at: now,
            expires_at: now + Duration::days(self.settings.refresh_token_days.into()),
            revoked_at: None,
            network: origin.network(),
            user_agent: origin.browser(),
        };
        let pair = self.pair(&session, refresh, now)?;
        let act = Act::new("signIn", session.id).about(person.id);
        store::insert_session(tx, session).await?;
        store::insert_token(tx, &refresh.digest, pair.session).await?;
        audit::record(tx, &origin.person(person.id), act).await?;
        Ok(pair)
    }

    async fn exchange(
        &self,
        tx: &Tx,
        presented: &str,
        next: &Secret,
        origin: &RequestOrigin,
    ) -> Result<Option<TokenPair>, Error> {
        let Some(session) = store::find_session_of_token_for_update(tx, presented).await? else {
            return Ok(None);
        };
        let Some(token) = store::find_token(tx, presented).await? else {
            return Ok(None);
        };
        let successor = match &token.successor {
            Some(digest) => store::find_token(tx, digest).await?,
            None => None,
        };
        match (token.exchange(successor.as_ref(), &session, tx.now()), successor) {
            (Exchange::Refuse, _) => return Ok(None),
            (Exchange::Revoke, _) => {
                store::revoke_session(tx, session.person_id, session.id).await?;
                let act = Act::new("refreshReused", session.id).about(session.person_id);
                let act = act.refused(Error::InvalidToken.code());
                audit::record(tx, &origin.nobody(), act).await?;
                return Ok(None);
            }
            (Exchange::Reissue, Some(unused)) => store::consume_token(tx, &unused.digest, None).await?,
            (Exchange::Reissue | Exchange::Issue, _) => {}
        }
        store::insert_token(tx, &next.digest, session.id).await?;
        store::consume_token(tx, presented, Some(&next.digest)).await?;
        Ok(Some(self.pair(&session, next, tx.now())?))
    }

    fn pair(&self, session: &session::Model, refresh: &Secret, now: DateTime<Utc>) -> Result<TokenPair, Error> {
        let access_expires_at = session.expires_at.min(now + self.settings.access_token);
        let (person, id) = (session.person_id, session.id);
        Ok(TokenPair {
            person,
            session: id,
            access_token: self.keys.sign(person, id, access_expires_at, now, &self.settings)?,
            access_expires_at,
            refresh_token: refresh.plain.clone(),
            refresh_expires_at: session.expires_at,
        })
    }
}
