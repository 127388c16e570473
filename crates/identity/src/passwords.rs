use audit::Act;
use db::{Error as DbError, Tx};
use kernel::{Coded, Lang};

use crate::model::mail_link::Kind;
use crate::model::password;
use crate::model::person::PasswordHash;
use crate::registration::about;
use crate::secret::{Secret, digest};
use crate::{Authenticated, Email, Error, Identity, Person, RequestOrigin, letters, limits, store};

impl Identity {
    /// Sends a link that sets a new password. The answer is the same for an address without an account; the letter
    /// then says so.
    ///
    /// # Errors
    /// `Field` when it is no address, `RateLimited`.
    pub async fn request_reset(&self, email: &str, lang: Lang, origin: &RequestOrigin) -> Result<(), Error> {
        let email = Email::parse(email)?;
        self.count_letter(email.folded(), origin).await?;
        let link = Secret::new(self.db.ids());
        self.db
            .write(async |tx: &Tx| {
                let person = store::find_person_at(tx.conn(), email.folded()).await?;
                self.put_link(tx, &email, (Kind::Reset, None), &link).await?;
                let letter = letters::about_reset(person.as_ref(), &email, lang, &self.link_url("reset", &link));
                mail::enqueue(tx, letter).await?;
                audit::record(tx, &origin.nobody(), about("requestPasswordReset", person.as_ref())).await?;
                Ok(())
            })
            .await
    }

    /// Sets a new password by the link of a letter. Every session ends, every other link dies, and the address is
    /// verified: whoever follows the link reads its mail.
    ///
    /// # Errors
    /// `InvalidToken` when the link is used, expired, replaced or unknown, `Field` for a weak password, which leaves
    /// the link good, `Busy`.
    pub async fn reset(&self, token: &str, new_password: &str, origin: &RequestOrigin) -> Result<(), Error> {
        let token = digest(token);
        let now = self.db.clock().now();
        // Looked up before hashing, so that made-up links cost nothing.
        let address = store::find_link(self.db.read(), &token, Kind::Reset, now).await?;
        let address = address.ok_or(Error::InvalidToken)?;
        password::check_new("newPassword", new_password, &address)?;
        let hash = self.hasher.hash(new_password).await?;
        self.db
            .write(async |tx: &Tx| {
                let taken = store::take_link(tx, &token, Kind::Reset).await?;
                let address = taken.ok_or(Error::InvalidToken)?.address;
                let person = store::find_person_at_for_update(tx, &address).await?;
                let person = person.ok_or(Error::InvalidToken)?.verified(tx.now());
                // Guesses of strangers do not keep the owner out.
                store::delete_bucket(tx, &limits::account_bucket(&address)).await?;
                let act = Act::new("resetPassword", person.id).about(person.id);
                audit::record(tx, &origin.person(person.id), act).await?;
                replace_password(tx, person, hash.clone()).await?;
                Ok(())
            })
            .await
    }

    /// Changes the password of somebody who knows the present one. Every session ends, this one too.
    ///
    /// # Errors
    /// `WrongCredentials` when the present password is wrong, `Field` for a weak new one, `RateLimited`, `Busy`,
    /// `Unauthenticated` when the account is gone.
    pub async fn change_password(
        &self,
        signed_in: Authenticated,
        current: &str,
        new_password: &str,
        origin: &RequestOrigin,
    ) -> Result<(), Error> {
        let person = self.person(signed_in.person).await?.ok_or(Error::Unauthenticated)?;
        password::check_new("newPassword", new_password, &person.email)?;
        self.count_guess(&person.email_folded, origin).await?;
        if current.len() > password::MAX_BYTES {
            return Err(Error::WrongCredentials);
        }
        let actor = origin.person(person.id);
        let act = Act::new("changePassword", person.id).about(person.id);
        if !self.hasher.fits(current, Some(&person.password_hash)).await? {
            let refused = act.refused(Error::WrongCredentials.code());
            let recorded: Result<(), DbError> = self
                .db
                .write(async |tx: &Tx| audit::record(tx, &actor, refused.clone()).await)
                .await;
            recorded?;
            return Err(Error::WrongCredentials);
        }
        let hash = self.hasher.hash(new_password).await?;
        self.db
            .write(async |tx: &Tx| {
                let locked = store::find_person_for_update(tx, person.id).await?;
                // It may have been changed while this one was being hashed.
                let person = locked
                    .filter(|now| now.password_hash == person.password_hash)
                    .ok_or(Error::WrongCredentials)?;
                replace_password(tx, person, hash.clone()).await?;
                audit::record(tx, &actor, act.clone()).await?;
                Ok(())
            })
            .await
    }
}

/// Sets the password and ends all that the old one, or whoever knew it, has opened.
async fn replace_password(tx: &Tx, mut person: Person, hash: PasswordHash) -> Result<(), DbError> {
    person.password_hash = hash;
    let person = store::update_person(tx, person).await?;
    store::revoke_sessions(tx, person.id).await?;
    store::delete_links(tx, &person.email_folded).await?;
    mail::enqueue(tx, letters::password_changed(&person)).await
}
