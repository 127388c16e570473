use std::sync::Arc;

use chrono::{DateTime, Utc};
use db::{Db, Error, Tx};
use jobs::{Job, JobError, Registry, RegistryError};
use kernel::{Lang, MailId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use serde::{Deserialize, Serialize};

use crate::letter::Letter;
use crate::transport::Transport;

/// The kind of the job that sends one mail.
const SEND: &str = "mail.send";

/// A mail of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    /// Its id, which is also the left part of its Message-ID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    /// What it is about, for a letter that is written only once.
    pub key: Option<String>,
    /// The address it goes to, as it was given.
    pub recipient: String,
    /// The language of its texts.
    pub lang: Lang,
    /// Its subject, on one line.
    pub subject: String,
    /// The plain text, until it is sent.
    pub text: Option<String>,
    /// The page, until it is sent.
    pub html: Option<String>,
    /// When it was written; also the date that its reader sees.
    pub created_at: DateTime<Utc>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A mail refers to no other record.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What the job has to know.
#[derive(Serialize, Deserialize)]
struct Send {
    id: MailId,
}

/// Writes a letter into the outbox in the transaction of what causes it.
pub async fn enqueue(tx: &Tx, letter: Letter) -> Result<(), Error> {
    write(tx, None, letter).await
}

/// Writes a letter into the outbox unless one with this key is or was there: for a job that may run twice.
pub async fn enqueue_once(tx: &Tx, key: &str, letter: Letter) -> Result<(), Error> {
    write(tx, Some(key.to_owned()), letter).await
}

async fn write(tx: &Tx, key: Option<String>, letter: Letter) -> Result<(), Error> {
    let id: MailId = tx.new_id();
    let html = letter.html().map_err(|error| DbErr::Custom(error.to_string()))?;
    let row = ActiveModel {
        id: Set(id),
        key: Set(key),
        subject: Set(letter.subject_line()),
        text: Set(Some(letter.text())),
        html: Set(Some(html)),
        recipient: Set(letter.to),
        lang: Set(letter.lang),
        created_at: Set(tx.now()),
        sent_at: Set(None),
    };
    let written = Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    if written == 0 {
        return Ok(());
    }
    jobs::enqueue(tx, Job::new(SEND, &Send { id }).key(id.to_string())).await
}

/// Lets the workers of `registry` send the mails of the outbox in `db` by `transport`.
pub fn register(registry: &mut Registry, db: Db, transport: Arc<Transport>) -> Result<(), RegistryError> {
    registry.on(SEND, move |job: Send| {
        let (db, transport) = (db.clone(), Arc::clone(&transport));
        async move { send(&db, &transport, job.id).await }
    })
}

async fn send(db: &Db, transport: &Transport, id: MailId) -> Result<(), JobError> {
    let Some(mail) = Entity::find_by_id(id).one(db.read()).await.map_err(Error::from)? else {
        return Err(JobError::permanent("the mail is not in the outbox"));
    };
    if mail.sent_at.is_some() {
        return Ok(());
    }
    transport.send(&mail).await.map_err(|error| {
        if error.is_permanent() {
            JobError::permanent(error)
        } else {
            JobError::temporary(error)
        }
    })?;
    db.write(async |tx: &Tx| mark_sent(tx, id).await).await?;
    tracing::info!(mail = %id, "a mail was sent");
    Ok(())
}

/// Notes that a mail has left and erases its bodies: they may hold links that open an account.
async fn mark_sent(tx: &Tx, id: MailId) -> Result<(), Error> {
    let sent = ActiveModel {
        text: Set(None),
        html: Set(None),
        sent_at: Set(Some(tx.now())),
        ..Default::default()
    };
    Entity::update_many()
        .set(sent)
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}
