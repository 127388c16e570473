use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use db::{Db, Error, Tx};
use kernel::{Actor, AuditId, CityId, ErrorCode, Page, PageRequest, PersonId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

/// One row of the audit record.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Its id, in the order of time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    /// The tenant; none for acts on an account of a person.
    pub city_id: Option<CityId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who signed in: a person's id, the name of a job, or `nobody`.
    pub actor: String,
    /// For whom the actor acted.
    pub principal: Option<PersonId>,
    /// What: the name of the operation.
    pub action: String,
    /// On what: the id of a record.
    pub subject: String,
    /// Whose personal data it touched.
    pub about: Option<PersonId>,
    /// Why, where the actor had to say.
    pub purpose: Option<String>,
    /// `OK`, or the code of the refusal.
    pub outcome: String,
    /// The request it was part of.
    pub request_id: String,
}

/// The record refers to nothing, so that nothing has to be kept for it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is to be recorded.
#[derive(Clone, Debug)]
pub struct Act {
    action: &'static str,
    subject: String,
    city: Option<CityId>,
    about: Option<PersonId>,
    purpose: Option<String>,
    outcome: String,
}

impl Act {
    /// An act on the record `subject`, named after its operation.
    pub fn new(action: &'static str, subject: impl std::fmt::Display) -> Self {
        Self {
            action,
            subject: subject.to_string(),
            city: None,
            about: None,
            purpose: None,
            outcome: "OK".to_owned(),
        }
    }

    /// In which city.
    #[must_use]
    pub fn in_city(mut self, city: CityId) -> Self {
        self.city = Some(city);
        self
    }

    /// Whose personal data it touches.
    #[must_use]
    pub fn about(mut self, person: PersonId) -> Self {
        self.about = Some(person);
        self
    }

    /// The look of `actor` at a list that showed her `persons`, as one act about each of them but herself: everybody can
    /// be told who looked at her data (X5).
    #[must_use]
    pub fn about_each(&self, actor: &Actor, persons: impl IntoIterator<Item = PersonId>) -> Vec<Self> {
        let shown: BTreeSet<_> = persons.into_iter().collect();
        let others = shown.into_iter().filter(|person| actor.signed_in() != Ok(*person));
        others.map(|person| self.clone().about(person)).collect()
    }

    /// Why, in the actor's words.
    #[must_use]
    pub fn because(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// That it was refused, and with which code.
    #[must_use]
    pub fn refused(mut self, code: ErrorCode) -> Self {
        self.outcome = code.to_string();
        self
    }
}

/// Writes one row in the transaction of the act.
pub async fn record(tx: &Tx, actor: &Actor, act: Act) -> Result<(), Error> {
    record_all(tx, actor, vec![act]).await
}

/// How many rows one statement writes.
const CHUNK: usize = 500;

/// Writes a row for each of several acts in their transaction.
pub async fn record_all(tx: &Tx, actor: &Actor, acts: Vec<Act>) -> Result<(), Error> {
    let row = |act: Act| ActiveModel {
        id: Set(tx.new_id()),
        city_id: Set(act.city),
        at: Set(tx.now()),
        actor: Set(actor.who.to_string()),
        principal: Set(actor.principal),
        action: Set(act.action.to_owned()),
        subject: Set(act.subject),
        about: Set(act.about),
        purpose: Set(act
            .purpose
            .or_else(|| actor.acting.map(|acting| acting.purpose.to_owned()))),
        outcome: Set(act.outcome),
        request_id: Set(actor.request_id.clone()),
    };
    let mut rows = acts.into_iter().map(row).peekable();
    while rows.peek().is_some() {
        Entity::insert_many(rows.by_ref().take(CHUNK))
            .exec_without_returning(tx.conn())
            .await?;
    }
    Ok(())
}

/// Records looks at personal data, one row each, in a transaction of their own: looking changes nothing else. None are no
/// transaction, and a hundred cost as many statements as one.
pub async fn record_reads(db: &Db, actor: &Actor, acts: &[Act]) -> Result<(), Error> {
    if acts.is_empty() {
        return Ok(());
    }
    db.write(async |tx: &Tx| record_all(tx, actor, acts.to_vec()).await)
        .await
}

/// The rows of a city, oldest first.
pub async fn page_of_city(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<AuditId>,
) -> Result<Page<Model>, Error> {
    db::page(conn, Entity::find().filter(Column::CityId.eq(city)), Column::Id, page).await
}

/// How many there are in [`page_of_city`].
pub async fn count_of_city(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::CityId.eq(city)).count(conn).await?)
}
