use std::collections::HashMap;

use chrono::Duration;
use db::Tx;
use kernel::PersonId;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::SelectStatement;

use crate::{Error, Identity, Person, store};

/// For how long after their end sessions are remembered, so that a network stays known.
const REMEMBERED: Duration = Duration::days(30);

/// The persons who have verified these addresses, each folded, by address; for work on a list in its own transaction.
pub async fn verified_at(
    conn: &impl ConnectionTrait,
    addresses: &[String],
) -> Result<HashMap<String, Person>, db::Error> {
    let found = store::persons_at(conn, addresses).await?;
    let verified = found.into_iter().filter(|person| person.verified_at.is_some());
    Ok(verified.map(|person| (person.email_folded.clone(), person)).collect())
}

/// Makes whatever books for a person wait for each other until the transaction ends, for decisions on all of her bookings.
/// Taken between occurrences and vouchers; reads of her are not kept waiting.
pub async fn keep_for_booking(tx: &Tx, id: PersonId) -> Result<(), db::Error> {
    store::lock_person_weakly(tx, id).await
}

/// The day of birth of a person, none where no code of hers is recorded; a subquery of one column for contexts that read
/// it together with their own.
pub fn born_of(person: PersonId) -> SelectStatement {
    store::relations::born(person)
}

impl Identity {
    /// A person by id; the caller has decided that the asker may see her.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, Error> {
        Ok(store::find_person(self.db.read(), id).await?)
    }

    /// The person who has verified this address; the caller has decided that the asker may know.
    pub async fn find_verified_by_email(&self, email: &str) -> Result<Option<Person>, Error> {
        let found = store::find_person_at(self.db.read(), &kernel::fold(email)).await?;
        Ok(found.filter(|person| person.verified_at.is_some()))
    }

    /// Persons by their ids, for loaders; the caller has decided that the asker may see them.
    pub async fn persons_by_ids(&self, ids: &[PersonId]) -> Result<HashMap<PersonId, Person>, Error> {
        let persons = store::list_persons(self.db.read(), ids).await?;
        Ok(persons.into_iter().map(|person| (person.id, person)).collect())
    }

    /// Deletes expired links, counters and sessions; answers how many rows. For a job of every day.
    pub async fn forget_expired(&self) -> Result<u64, Error> {
        self.db
            .write(async |tx: &Tx| Ok(store::delete_expired(tx, tx.now() - REMEMBERED).await?))
            .await
    }
}
