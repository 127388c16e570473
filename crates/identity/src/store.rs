//! The queries. A person, a link and a token are found by what only their owner has: an id from a token, an
//! address, a secret.

pub(crate) mod population;
pub(crate) mod relations;

use chrono::{DateTime, Duration, Utc};
use db::{Error, Tx};
use kernel::{PersonId, SessionId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, LockType, OnConflict, Query};
use sea_orm::{IntoActiveModel, JoinType, QuerySelect};

use crate::model::{mail_link, person, rate_limit, refresh_token, session};

/// No window of a limit is longer.
const LONGEST_WINDOW: Duration = Duration::days(1);

/// The bind limit of both databases allows more; one statement stays small.
pub(crate) const CHUNK: usize = 500;

pub(crate) async fn find_person(conn: &impl ConnectionTrait, id: PersonId) -> Result<Option<person::Model>, Error> {
    Ok(person::Entity::find_by_id(id).one(conn).await?)
}

pub(crate) async fn find_person_for_update(tx: &Tx, id: PersonId) -> Result<Option<person::Model>, Error> {
    Ok(person::Entity::find_by_id(id).lock_exclusive().one(tx.conn()).await?)
}

/// Locks a person against others that lock her, but not against rows that refer to her.
pub(crate) async fn lock_person_weakly(tx: &Tx, id: PersonId) -> Result<(), Error> {
    let row: Option<PersonId> = person::Entity::find_by_id(id)
        .select_only()
        .column(person::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .one(tx.conn())
        .await?;
    row.map(drop)
        .ok_or_else(|| DbErr::RecordNotFound(id.to_string()).into())
}

pub(crate) async fn find_person_at(conn: &impl ConnectionTrait, address: &str) -> Result<Option<person::Model>, Error> {
    Ok(person::Entity::find()
        .filter(person::Column::EmailFolded.eq(address))
        .one(conn)
        .await?)
}

pub(crate) async fn persons_at(conn: &impl ConnectionTrait, addresses: &[String]) -> Result<Vec<person::Model>, Error> {
    let mut persons = Vec::with_capacity(addresses.len());
    for chunk in addresses.chunks(CHUNK) {
        let some = person::Entity::find().filter(person::Column::EmailFolded.is_in(chunk));
        persons.extend(some.all(conn).await?);
    }
    Ok(persons)
}

pub(crate) async fn find_person_at_for_update(tx: &Tx, address: &str) -> Result<Option<person::Model>, Error> {
    Ok(person::Entity::find()
        .filter(person::Column::EmailFolded.eq(address))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

pub(crate) async fn list_persons(conn: &impl ConnectionTrait, ids: &[PersonId]) -> Result<Vec<person::Model>, Error> {
    let mut persons = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let some = person::Entity::find().filter(person::Column::Id.is_in(chunk.iter().copied()));
        persons.extend(some.all(conn).await?);
    }
    Ok(persons)
}

/// True when the address was free.
pub(crate) async fn insert_person(tx: &Tx, person: person::Model) -> Result<bool, Error> {
    let address_taken = OnConflict::column(person::Column::EmailFolded).do_nothing().to_owned();
    let inserted = person::Entity::insert(person.into_active_model())
        .on_conflict(address_taken)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Stores a decision on a person who was locked before; answers her as she is now.
pub(crate) async fn update_person(tx: &Tx, mut person: person::Model) -> Result<person::Model, Error> {
    person.version += 1;
    let change = person::ActiveModel {
        id: Set(person.id),
        email: Set(person.email.clone()),
        password_hash: Set(person.password_hash.clone()),
        given_name: Set(person.given_name.clone()),
        family_name: Set(person.family_name.clone()),
        lang: Set(person.lang),
        verified_at: Set(person.verified_at),
        non_disclosure: Set(person.non_disclosure),
        version: Set(person.version),
        ..Default::default()
    };
    person::Entity::update(change).exec_without_returning(tx.conn()).await?;
    Ok(person)
}

pub(crate) async fn insert_session(tx: &Tx, session: session::Model) -> Result<(), Error> {
    session::Entity::insert(session.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn is_live_session(
    conn: &impl ConnectionTrait,
    person: PersonId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    Ok(session::Entity::find_by_id(session)
        .filter(session::Column::PersonId.eq(person))
        .one(conn)
        .await?
        .is_some_and(|session| session.is_live(now)))
}

/// The session of a refresh token, locked: whoever holds it is alone with the whole family.
pub(crate) async fn find_session_of_token_for_update(tx: &Tx, digest: &str) -> Result<Option<session::Model>, Error> {
    let family = Query::select()
        .column(refresh_token::Column::SessionId)
        .from(refresh_token::Entity)
        .and_where(refresh_token::Column::Digest.eq(digest))
        .to_owned();
    Ok(session::Entity::find()
        .filter(session::Column::Id.in_subquery(family))
        .lock_exclusive()
        .one(tx.conn())
        .await?)
}

/// Ends a session that has not ended yet.
pub(crate) async fn revoke_session(tx: &Tx, person: PersonId, session: SessionId) -> Result<(), Error> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.eq(session))
        .filter(session::Column::PersonId.eq(person))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Ends every session of a person.
pub(crate) async fn revoke_sessions(tx: &Tx, person: PersonId) -> Result<(), Error> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now()))
        .filter(session::Column::PersonId.eq(person))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(())
}

pub(crate) async fn find_token(tx: &Tx, digest: &str) -> Result<Option<refresh_token::Model>, Error> {
    Ok(refresh_token::Entity::find_by_id(digest).one(tx.conn()).await?)
}

pub(crate) async fn insert_token(tx: &Tx, digest: &str, session: SessionId) -> Result<(), Error> {
    let token = refresh_token::ActiveModel {
        digest: Set(digest.to_owned()),
        session_id: Set(session),
        consumed_at: Set(None),
        successor: Set(None),
    };
    refresh_token::Entity::insert(token)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Marks a token as used up at this instant, exchanged for its successor or replaced without one.
pub(crate) async fn consume_token(tx: &Tx, digest: &str, successor: Option<&str>) -> Result<(), Error> {
    let change = refresh_token::ActiveModel {
        digest: Set(digest.to_owned()),
        consumed_at: Set(Some(tx.now())),
        successor: Set(successor.map(str::to_owned)),
        ..Default::default()
    };
    refresh_token::Entity::update(change)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Stores a link in the place of the earlier one of its kind to the address. A link that brings no registration takes
/// over the earlier one's.
pub(crate) async fn put_link(tx: &Tx, link: mail_link::Model) -> Result<(), Error> {
    let mut newer = OnConflict::columns([mail_link::Column::Address, mail_link::Column::Kind]);
    newer.update_columns([mail_link::Column::Digest, mail_link::Column::ExpiresAt]);
    if link.registration.is_some() {
        newer.update_column(mail_link::Column::Registration);
    }
    mail_link::Entity::insert(link.into_active_model())
        .on_conflict(newer)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

fn live_link(digest: &str, kind: mail_link::Kind, now: DateTime<Utc>) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(mail_link::Column::Digest.eq(digest))
        .add(mail_link::Column::Kind.eq(kind))
        .add(mail_link::Column::ExpiresAt.gt(now))
}

/// The address of a live link.
pub(crate) async fn find_link(
    conn: &impl ConnectionTrait,
    digest: &str,
    kind: mail_link::Kind,
    now: DateTime<Utc>,
) -> Result<Option<String>, Error> {
    let link = mail_link::Entity::find()
        .filter(live_link(digest, kind, now))
        .one(conn)
        .await?;
    Ok(link.map(|link| link.address))
}

/// Uses a live link up and answers it. Only one of two at once gets it.
pub(crate) async fn take_link(tx: &Tx, digest: &str, kind: mail_link::Kind) -> Result<Option<mail_link::Model>, Error> {
    let taken = mail_link::Entity::delete_many()
        .filter(live_link(digest, kind, tx.now()))
        .exec_with_returning(tx.conn())
        .await?;
    Ok(taken.into_iter().next())
}

/// Makes every link to an address worthless.
pub(crate) async fn delete_links(tx: &Tx, address: &str) -> Result<(), Error> {
    mail_link::Entity::delete_many()
        .filter(mail_link::Column::Address.eq(address))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Counts one more try; begins a new window when the last one is over. One statement, so that none of two tries at
/// once is lost.
pub(crate) async fn count_try(tx: &Tx, bucket: &str, window: Duration) -> Result<rate_limit::Model, Error> {
    use rate_limit::{Column, Entity};
    let now = tx.now();
    // A window that begins far in the future was written before the clock was set back.
    let over = || {
        Expr::col((Entity, Column::WindowStart))
            .lte(now - window)
            .or(Expr::col((Entity, Column::WindowStart)).gt(now + window))
    };
    let start = Expr::case(over(), Expr::value(now)).finally(Expr::col((Entity, Column::WindowStart)));
    let hits = Expr::case(over(), Expr::value(1)).finally(Expr::col((Entity, Column::Hits)).add(1));
    let first = rate_limit::Model {
        bucket: bucket.to_owned(),
        window_start: now,
        hits: 1,
    };
    let again = OnConflict::column(Column::Bucket)
        .value(Column::Hits, hits)
        .value(Column::WindowStart, start)
        .to_owned();
    Ok(Entity::insert(first.into_active_model())
        .on_conflict(again)
        .exec_with_returning(tx.conn())
        .await?)
}

pub(crate) async fn delete_bucket(tx: &Tx, bucket: &str) -> Result<(), Error> {
    rate_limit::Entity::delete_by_id(bucket).exec(tx.conn()).await?;
    Ok(())
}

/// Whether the account of an address has signed in from this network as long as its sessions are remembered.
pub(crate) async fn is_known_network(tx: &Tx, address: &str, network: &str) -> Result<bool, Error> {
    let of_person = session::Entity::belongs_to(person::Entity)
        .from(session::Column::PersonId)
        .to(person::Column::Id)
        .into();
    Ok(session::Entity::find()
        .join(JoinType::InnerJoin, of_person)
        .filter(person::Column::EmailFolded.eq(address))
        .filter(session::Column::Network.eq(network))
        .limit(1)
        .one(tx.conn())
        .await?
        .is_some())
}

/// Deletes links and counters that are over, and sessions that have been over since `before`; answers how many rows.
/// The latest registration of an account that is not open yet stays: a link sent again brings it.
pub(crate) async fn delete_expired(tx: &Tx, before: DateTime<Utc>) -> Result<u64, Error> {
    let old_sessions = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::ExpiresAt.lt(before))
        .to_owned();
    let tokens = refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::SessionId.in_subquery(old_sessions))
        .exec(tx.conn())
        .await?;
    let sessions = session::Entity::delete_many()
        .filter(session::Column::ExpiresAt.lt(before))
        .exec(tx.conn())
        .await?;
    let unopened = Query::select()
        .column(person::Column::EmailFolded)
        .from(person::Entity)
        .and_where(person::Column::VerifiedAt.is_null())
        .to_owned();
    let links = mail_link::Entity::delete_many()
        .filter(mail_link::Column::ExpiresAt.lt(tx.now()))
        .filter(
            mail_link::Column::Registration
                .is_null()
                .or(mail_link::Column::Address.not_in_subquery(unopened)),
        )
        .exec(tx.conn())
        .await?;
    let limits = rate_limit::Entity::delete_many()
        .filter(rate_limit::Column::WindowStart.lt(tx.now() - LONGEST_WINDOW))
        .exec(tx.conn())
        .await?;
    Ok([tokens, sessions, links, limits]
        .iter()
        .map(|done| done.rows_affected)
        .sum())
}
