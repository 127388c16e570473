use audit::Act;
use db::Tx;
use kernel::{Actor, ErrorCode, FieldError, Lang, field};

use crate::model::mail_link::{self, Kind, Registration};
use crate::model::password;
use crate::model::person::PasswordHash;
use crate::secret::{Secret, digest};
use crate::{Email, Error, Identity, Person, RequestOrigin, letters, store};

/// The longest given or family name, in characters.
const NAME_CHARS: usize = 100;

/// How long a link sent by mail is good.
const LINK_MINUTES: i64 = 60;

/// What somebody tells about herself to get an account.
#[derive(Clone)]
pub struct NewAccount {
    /// The address, as written.
    pub email: String,
    /// The password.
    pub password: String,
    /// Given names (etunimet).
    pub given_name: String,
    /// Family name (sukunimi).
    pub family_name: String,
    /// The language of letters.
    pub lang: Lang,
}

struct CheckedAccount {
    email: Email,
    password: String,
    given_name: String,
    family_name: String,
    lang: Lang,
}

impl NewAccount {
    fn checked(self) -> Result<CheckedAccount, FieldError> {
        let email = Email::parse(&self.email)?;
        password::check_first(&self.password, &email)?;
        Ok(CheckedAccount {
            given_name: field::line("givenName", &self.given_name, NAME_CHARS)?,
            family_name: field::line("familyName", &self.family_name, NAME_CHARS)?,
            email,
            password: self.password,
            lang: self.lang,
        })
    }
}

impl CheckedAccount {
    fn person(&self, tx: &Tx, password_hash: PasswordHash) -> Person {
        Person {
            id: tx.new_id(),
            email: self.email.written().to_owned(),
            email_folded: self.email.folded().to_owned(),
            password_hash,
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            lang: self.lang,
            verified_at: None,
            non_disclosure: false,
            created_at: tx.now(),
            version: 1,
        }
    }

    fn registration(&self, password_hash: PasswordHash) -> Registration {
        Registration {
            email: self.email.written().to_owned(),
            password_hash,
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            lang: self.lang,
        }
    }
}

impl Identity {
    /// Makes an account that its owner opens by the link in a letter, with the password and names given here. While
    /// nobody has opened it, registering again replaces both link and password. The answer is the same for an address
    /// whose account is open; the letter then says so.
    ///
    /// # Errors
    /// `Field` for addresses, names and passwords that are not as they have to be, `RateLimited`, `Busy`.
    pub async fn register(&self, account: NewAccount, origin: &RequestOrigin) -> Result<(), Error> {
        let account = account.checked()?;
        self.count_letter(account.email.folded(), origin).await?;
        let hash = self.hasher.hash(&account.password).await?;
        let link = Secret::new(self.db.ids());
        self.db
            .write(async |tx: &Tx| {
                store::insert_person(tx, account.person(tx, hash.clone())).await?;
                let asked = ("register", &account.email, account.lang);
                let registration = Some(account.registration(hash.clone()));
                self.send_verification(tx, asked, (&link, registration), origin).await
            })
            .await
    }

    /// Sends a link to an address once more, for its latest registration; the earlier link dies. The answer is the
    /// same for an address without an account and for one that is verified; the letter says what is the case.
    ///
    /// # Errors
    /// `Field` when it is no address, `RateLimited`.
    pub async fn resend_verification(&self, email: &str, lang: Lang, origin: &RequestOrigin) -> Result<(), Error> {
        let email = Email::parse(email)?;
        self.count_letter(email.folded(), origin).await?;
        let link = Secret::new(self.db.ids());
        self.db
            .write(async |tx: &Tx| {
                let asked = ("resendVerification", &email, lang);
                self.send_verification(tx, asked, (&link, None), origin).await
            })
            .await
    }

    /// Follows the link of a letter: the account is open, with what the latest registration of its address said.
    ///
    /// # Errors
    /// `InvalidToken` when the link is used, expired, replaced or unknown.
    pub async fn verify(&self, token: &str, origin: &RequestOrigin) -> Result<Person, Error> {
        let token = digest(token);
        self.db
            .write(async |tx: &Tx| {
                let taken = store::take_link(tx, &token, Kind::Verify).await?;
                let link = taken.ok_or(Error::InvalidToken)?;
                let person = store::find_person_at_for_update(tx, &link.address).await?;
                let person = person.ok_or(Error::InvalidToken)?;
                let person = person.opened(link.registration, tx.now());
                let person = store::update_person(tx, person).await?;
                let act = Act::new("verifyAddress", person.id).about(person.id);
                audit::record(tx, &origin.person(person.id), act).await?;
                Ok(person)
            })
            .await
    }

    /// Makes an account that is open at once, for people whose address somebody else has proved: the first
    /// administrator of a city, the people of the demo. `job` names the program that does it.
    ///
    /// # Errors
    /// `Field`, with `AlreadyExists` when the address has an account.
    pub async fn add_verified(&self, job: &'static str, account: NewAccount) -> Result<Person, Error> {
        let account = account.checked()?;
        let hash = self.hasher.hash(&account.password).await?;
        self.db
            .write(async |tx: &Tx| {
                let mut person = account.person(tx, hash.clone());
                person.verified_at = Some(tx.now());
                if !store::insert_person(tx, person.clone()).await? {
                    return Err(FieldError::new("email", ErrorCode::AlreadyExists).into());
                }
                let act = Act::new("addPerson", person.id).about(person.id);
                audit::record(tx, &Actor::system(job), act).await?;
                Ok(person)
            })
            .await
    }

    /// The same statements and one letter, whatever is known about the address.
    async fn send_verification(
        &self,
        tx: &Tx,
        (action, email, lang): (&'static str, &Email, Lang),
        (link, registration): (&Secret, Option<Registration>),
        origin: &RequestOrigin,
    ) -> Result<(), Error> {
        let person = store::find_person_at(tx.conn(), email.folded()).await?;
        self.put_link(tx, email, (Kind::Verify, registration), link).await?;
        let letter = letters::about_registration(person.as_ref(), email, lang, &self.link_url("verify", link));
        mail::enqueue(tx, letter).await?;
        audit::record(tx, &origin.nobody(), about(action, person.as_ref())).await?;
        Ok(())
    }

    pub(crate) async fn put_link(
        &self,
        tx: &Tx,
        email: &Email,
        (kind, registration): (Kind, Option<Registration>),
        link: &Secret,
    ) -> Result<(), db::Error> {
        let row = mail_link::Model {
            digest: link.digest.clone(),
            address: email.folded().to_owned(),
            kind,
            expires_at: tx.now() + chrono::Duration::minutes(LINK_MINUTES),
            registration,
        };
        store::put_link(tx, row).await
    }

    /// The address of a page of the web client with a link's token.
    pub(crate) fn link_url(&self, page: &str, link: &Secret) -> String {
        let start = self.settings.public_url.as_str().trim_end_matches('/');
        format!("{start}/{page}?token={}", link.plain)
    }
}

/// An act of nobody in particular on an account that may not exist.
pub(crate) fn about(action: &'static str, person: Option<&Person>) -> Act {
    match person {
        Some(person) => Act::new(action, person.id).about(person.id),
        None => Act::new(action, "nobody"),
    }
}
