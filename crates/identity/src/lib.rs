//! People and their sign-in: accounts, sessions, access and refresh tokens, links sent by mail, limits on guessing.
//!
//! An access token is a JWT of ten minutes, signed with Ed25519; [`Identity::authenticate`] checks it and then its
//! session. A refresh token is opaque, stored as a digest and good for one use:
//!
//! ```text
//! session   sign_in ─▶ live ─┬─ expires_at ───────────────────────────────▶ expired
//!                            └─ sign_out, sign_out_everywhere, reset,
//!                               change_password, reuse of a refresh token ─▶ revoked
//!
//! token     issued ─▶ live ─┬─ refresh ──────────────────────▶ exchanged for its successor
//!                           └─ its predecessor comes back ───▶ replaced (the client lost our answer)
//!
//! presented:  live ─▶ new pair          exchanged, successor live ─▶ new pair, successor replaced
//!             replaced a minute ago ─▶ refused      exchanged or replaced otherwise ─▶ session revoked
//! ```
//!
//! A session lasts a fixed number of days from the sign-in on; then the person signs in again.
//!
//! **Nobody learns whether an address has an account.** Sign-in hashes a password in any case. Registration, a new
//! link and a reset run the same statements and send one letter in any case: the letter says what there is to say,
//! and only the owner of the address reads it.
//!
//! **The password comes with the link.** Whoever registers an address that nobody has verified stores password and
//! names beside the link of her letter; they become the account's when that link is followed, and a newer registration
//! replaces both. So what a stranger registered before the owner does is forgotten. A stranger who registers between
//! the owner's registration and her click takes its place: the owner's own link is dead, the letter says whose
//! password counts, and when hers does not she sets a new one by mail, which ends every session.
//!
//! **Limits** count every guess before anything is hashed, in a transaction of their own: per network, per account
//! and network, per account. The last one passes over networks from which the account has signed in before, so that
//! a stranger's guesses do not lock the owner out; elsewhere the owner resets the password, which clears it.
//!
//! **Acting for another.** A guardian, a trustee, whoever holds a mandate, and an advisor in an assisted session act for
//! a principal by a [`Relation`], which is read anew at every request. Guardians and trustees come from an officer with
//! grounds, never from the person's own word. Somebody without an account, such as a child, is a person nobody signs in
//! as. The population register ([`PopulationRegister`]) says the same of those whose code is recorded, and says it anew
//! every night; it also says where they live. Personal identity codes are stored as a keyed hash and sealed; no answer shows one
//! whole.
//!
//! How to add a use case: a method on [`Identity`] in the file of its noun; take a [`RequestOrigin`], count the try
//! in `limits.rs` if it can be abused, decide in `model`, write in one `db.write`, record it with `audit::record`.

mod access_token;
mod code_keys;
mod error;
mod events;
mod facts;
mod hashing;
mod homes;
mod letters;
mod limits;
mod model;
mod near;
mod origin;
mod passwords;
mod people;
pub mod policy;
mod population;
mod population_register;
mod records;
mod registration;
mod relations;
mod secret;
mod sessions;
mod settings;
mod store;

use std::sync::Arc;

pub use access_token::{InvalidKey, SigningKeys};
pub use code_keys::{CodeKeys, InvalidCodeKeys};
pub use error::Error;
pub use events::HomeMoved;
pub use facts::{Facts, facts_of};
pub use homes::{NewHome, NewSegment, PersonRecord, SEGMENT_CHARS};
pub use model::age::{Age, years_on};
pub use model::email::Email;
pub use model::home::{self, Model as Home, is_municipality};
pub use model::person::{self, Model as Person};
pub use model::population_record::Model as PopulationRecord;
pub use model::relation::{self, Model as Relation};
pub use model::segment::Model as Segment;
pub use near::{guardians_of, is_near, near_any};
pub use origin::RequestOrigin;
pub use people::{born_of, keep_for_booking, verified_at};
pub use population::REFRESH;
pub use population_register::{Entry as RegisterEntry, PopulationRegister, RegisterFile};
pub use records::{NewRecord, NewRelation};
pub use registration::NewAccount;
pub use relations::{NewAssistedSession, NewMandate};
pub use sessions::{Authenticated, TokenPair};
pub use settings::{Argon2Cost, Limit, Limits, Settings};

/// The use cases on accounts and sessions.
#[derive(Clone)]
pub struct Identity {
    db: db::Db,
    settings: Arc<Settings>,
    keys: Arc<SigningKeys>,
    hasher: hashing::Hasher,
    code_keys: Option<Arc<CodeKeys>>,
    register: Option<Arc<dyn PopulationRegister>>,
}

impl Identity {
    /// Puts the parts together.
    ///
    /// # Errors
    /// [`Error::Crypto`] when the cost of a password hash is out of range.
    pub fn new(db: db::Db, settings: Settings, keys: SigningKeys) -> Result<Self, Error> {
        Ok(Self {
            hasher: hashing::Hasher::new(settings.argon2, db.ids().clone())?,
            db,
            settings: Arc::new(settings),
            keys: Arc::new(keys),
            code_keys: None,
            register: None,
        })
    }

    /// The same use cases with the keys of personal identity codes; without them no code can be recorded.
    #[must_use]
    pub fn with_code_keys(mut self, keys: CodeKeys) -> Self {
        self.code_keys = Some(Arc::new(keys));
        self
    }

    /// The same use cases with the population register; without it officers alone say who somebody is.
    #[must_use]
    pub fn with_population_register(mut self, register: Arc<dyn PopulationRegister>) -> Self {
        self.register = Some(register);
        self
    }

    /// The public keys that check access tokens, as a JSON Web Key Set (RFC 7517) for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        self.keys.jwks()
    }
}
