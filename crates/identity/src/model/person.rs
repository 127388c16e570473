//! People with an account.

use chrono::{DateTime, Utc};
use kernel::{Lang, PersonId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::mail_link::Registration;
use crate::error::Error;

/// A natural person with an account (henkilö).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    /// The address as its owner writes it: where letters go.
    pub email: String,
    /// The form of the address that is unique among accounts.
    pub email_folded: String,
    /// The password, hashed.
    pub password_hash: PasswordHash,
    /// Given names (etunimet).
    pub given_name: String,
    /// Family name (sukunimi).
    pub family_name: String,
    /// The language of letters.
    pub lang: Lang,
    /// When somebody proved to read mail to the address; nobody signs in before that.
    pub verified_at: Option<DateTime<Utc>>,
    /// True when her contact has to stay with the organiser (turvakielto, G6): no provider learns her address.
    pub non_disclosure: bool,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A person refers to no other record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// An argon2id hash in the PHC string format. It never shows in logs.
#[derive(Clone, PartialEq, Eq, DeriveValueType, Serialize, Deserialize)]
pub struct PasswordHash(pub(crate) String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Decides whether somebody whose password fits may sign in; `None` stands for anybody else.
pub(crate) fn admit(fitting: Option<&Model>) -> Result<&Model, Error> {
    let person = fitting.ok_or(Error::WrongCredentials)?;
    person.verified_at.ok_or(Error::NotVerified)?;
    Ok(person)
}

/// The domain of what stands in the place of an address for people without an account; nobody can read mail there
/// (RFC 2606).
pub(crate) const NO_ACCOUNT: &str = "@person.invalid";

fn no_address(id: PersonId) -> String {
    format!("{id}{NO_ACCOUNT}")
}

impl Model {
    /// A person without an account, such as a child: known to the service by what an officer recorded. Nobody signs in
    /// as her, others act for her.
    pub(crate) fn without_account(id: PersonId, names: (String, String), lang: Lang, now: DateTime<Utc>) -> Self {
        let email = no_address(id);
        Self {
            id,
            email_folded: kernel::fold(&email),
            email,
            password_hash: PasswordHash(String::new()),
            given_name: names.0,
            family_name: names.1,
            lang,
            verified_at: None,
            non_disclosure: false,
            created_at: now,
            version: 1,
        }
    }

    /// The person as those see her who may not learn her address.
    #[must_use]
    pub fn without_address(&self) -> Self {
        let email = no_address(self.id);
        Self {
            email_folded: kernel::fold(&email),
            email,
            ..self.clone()
        }
    }

    /// The person as the population register describes her. Whoever has an account keeps the language that she chose.
    #[must_use]
    pub(crate) fn registered(&self, names: (String, String), lang: Lang, non_disclosure: bool) -> Self {
        Self {
            given_name: names.0,
            family_name: names.1,
            lang: if self.has_account() { self.lang } else { lang },
            non_disclosure,
            ..self.clone()
        }
    }

    /// True when she has an account of her own.
    #[must_use]
    pub fn has_account(&self) -> bool {
        !self.email_folded.ends_with(NO_ACCOUNT)
    }

    /// The person once somebody has proved to read mail to the address; the first proof counts.
    #[must_use]
    pub(crate) fn verified(mut self, now: DateTime<Utc>) -> Self {
        self.verified_at.get_or_insert(now);
        self
    }

    /// The person as the registration whose link was followed describes her. An account that is open already stays
    /// as it is.
    #[must_use]
    pub(crate) fn opened(mut self, registration: Option<Registration>, now: DateTime<Utc>) -> Self {
        if let (None, Some(registration)) = (self.verified_at, registration) {
            self.email = registration.email;
            self.password_hash = registration.password_hash;
            self.given_name = registration.given_name;
            self.family_name = registration.family_name;
            self.lang = registration.lang;
        }
        self.verified(now)
    }
}
