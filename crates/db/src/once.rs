use chrono::{DateTime, Utc};
use kernel::{Actor, ErrorCode, FieldError};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::{Db, Error, Retryable, Tx};

/// The stored answer to a request that has taken effect.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub(crate) struct Model {
    /// The key that the client chose, unique over all clients.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 over who asked, for whom, what and with which input, in hexadecimal.
    pub request_hash: String,
    /// The answer as JSON.
    pub answer: String,
    /// When the effect was committed.
    pub created_at: DateTime<Utc>,
}

/// Keys refer to no other record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// An idempotency key together with the request it stands for.
#[derive(Clone, Debug)]
pub struct OnceKey {
    key: String,
    request_hash: String,
}

impl OnceKey {
    /// Binds the client's `key` to a request: the actor, its principal, the operation and its whole input.
    ///
    /// # Errors
    /// A key has 16 to 64 characters of `A-Z a-z 0-9 - _`, so that it cannot be guessed or hit by chance.
    pub fn new(actor: &Actor, key: &str, operation: &str, input: &impl Serialize) -> Result<Self, FieldError> {
        let good =
            (16..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if !good {
            return Err(FieldError::new("idempotencyKey", ErrorCode::InvalidFormat));
        }
        let request = serde_json::json!([actor.who.to_string(), actor.principal, operation, input]).to_string();
        let request_hash = hex::encode(Sha256::digest(request));
        Ok(Self {
            key: key.to_owned(),
            request_hash,
        })
    }
}

/// Why a transaction under a key ended without an effect.
enum Undone<E> {
    /// The work itself refused or failed.
    Work(E),
    /// The key was there already.
    KeyTaken,
}

impl<E: From<Error>> From<Error> for Undone<E> {
    fn from(error: Error) -> Self {
        Self::Work(error.into())
    }
}

impl<E: Retryable> Retryable for Undone<E> {
    fn retryable(&self) -> bool {
        matches!(self, Self::Work(error) if error.retryable())
    }
}

impl Db {
    /// Like [`Db::write`], but the same key with the same request has one effect and always the same answer.
    ///
    /// The key is written last, in the transaction of the effect, so the usual case costs one statement. A rival with
    /// the same key waits at the key, rolls back and answers what the first one did. A refusal stores nothing: the
    /// same key is evaluated anew.
    ///
    /// # Errors
    /// [`Error::KeyReused`] when the key stands for another request.
    pub async fn write_once<T, E, F>(&self, key: OnceKey, work: F) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
        F: AsyncFnOnce(&Tx) -> Result<T, E> + Clone,
        E: From<Error> + Retryable,
    {
        let outcome = self
            .write(async |tx: &Tx| {
                let value = work.clone()(tx).await.map_err(Undone::Work)?;
                if self.store(tx, &key, &value).await? {
                    Ok(value)
                } else {
                    Err(Undone::KeyTaken)
                }
            })
            .await;
        match outcome {
            Ok(value) => Ok(value),
            Err(undone) => match (self.answer(&key).await?, undone) {
                (Some(answer), _) => Ok(answer),
                (None, Undone::Work(error)) => Err(error),
                // The rival's key was deleted in between: too old to answer.
                (None, Undone::KeyTaken) => Err(Error::KeyReused.into()),
            },
        }
    }

    /// True when the key was free.
    async fn store(&self, tx: &Tx, key: &OnceKey, value: &impl Serialize) -> Result<bool, Error> {
        let row = ActiveModel {
            key: Set(key.key.clone()),
            request_hash: Set(key.request_hash.clone()),
            answer: Set(serde_json::to_string(value)?),
            created_at: Set(tx.now()),
        };
        let inserted = Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
            .exec_without_returning(tx.conn())
            .await?;
        Ok(inserted == 1)
    }

    async fn answer<T: DeserializeOwned>(&self, key: &OnceKey) -> Result<Option<T>, Error> {
        match Entity::find_by_id(key.key.clone()).one(self.read()).await? {
            None => Ok(None),
            Some(row) if row.request_hash == key.request_hash => Ok(Some(serde_json::from_str(&row.answer)?)),
            Some(_) => Err(Error::KeyReused),
        }
    }
}

/// Forgets keys whose effect is older than `before`; clients may count on 24 hours.
pub async fn delete_keys_before(tx: &Tx, before: DateTime<Utc>) -> Result<u64, Error> {
    Ok(Entity::delete_many()
        .filter(Column::CreatedAt.lt(before))
        .exec(tx.conn())
        .await?
        .rows_affected)
}
