//! Personal identity codes and rights to act for another. Rights are found by one of their two persons or by the cities
//! that recorded them.

use chrono::{DateTime, Utc};
use db::{Error, Tx};
use kernel::{CityId, PersonId, RelationId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, SelectStatement};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect, QueryTrait};

use crate::model::personal_code;
use crate::model::relation::{Column, Entity, Kind, Model};

/// The most rights of one person that are shown: more than a large family and a busy trustee have.
const SHOWN: u64 = 200;

/// Which relations a query is about.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Those of a person on either side.
    Of(PersonId),
    /// Those that cities have recorded.
    Cities(Vec<CityId>),
}

impl Scope {
    fn condition(&self) -> sea_orm::Condition {
        match self {
            Self::Of(person) => sea_orm::Condition::any()
                .add(Column::HolderId.eq(*person))
                .add(Column::PrincipalId.eq(*person)),
            Self::Cities(cities) => sea_orm::Condition::all().add(Column::CityId.is_in(cities.iter().copied())),
        }
    }
}

pub(crate) async fn find_for_update(tx: &Tx, scope: &Scope, id: RelationId) -> Result<Option<Model>, Error> {
    let found = Entity::find_by_id(id).filter(scope.condition());
    Ok(found.lock_exclusive().one(tx.conn()).await?)
}

/// The rights of `holder` to act for `principal`, oldest first.
pub(crate) async fn between(
    conn: &impl ConnectionTrait,
    holder: PersonId,
    principal: PersonId,
) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::HolderId.eq(holder))
        .filter(Column::PrincipalId.eq(principal))
        .filter(Column::RevokedAt.is_null())
        .order_by_asc(Column::Id)
        .all(conn)
        .await?)
}

/// The rights in force of a person on one side, which `side` names, oldest first.
pub(crate) async fn in_force(
    conn: &impl ConnectionTrait,
    side: Column,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Model>, Error> {
    let not_over = Column::ValidUntil.is_null().or(Column::ValidUntil.gt(now));
    Ok(Entity::find()
        .filter(side.eq(person))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ValidFrom.lte(now))
        .filter(not_over)
        .order_by_asc(Column::Id)
        .limit(SHOWN)
        .all(conn)
        .await?)
}

/// The guardians now of a chunk of persons, as guardian and child.
pub(crate) async fn guardians_of(
    conn: &impl ConnectionTrait,
    children: &[PersonId],
    now: DateTime<Utc>,
) -> Result<Vec<(PersonId, PersonId)>, Error> {
    Ok(Entity::find()
        .select_only()
        .columns([Column::HolderId, Column::PrincipalId])
        .filter(Column::PrincipalId.is_in(children.iter().copied()))
        .filter(Column::Kind.eq(Kind::Guardian))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ValidFrom.lte(now))
        .filter(Column::ValidUntil.is_null().or(Column::ValidUntil.gt(now)))
        .distinct()
        .into_tuple()
        .all(conn)
        .await?)
}

/// The rights in force now between one of `persons` and one of `others`, in either direction, as holder and principal.
pub(crate) async fn in_force_between(
    tx: &Tx,
    persons: &[PersonId],
    others: &[PersonId],
) -> Result<Vec<(PersonId, PersonId)>, Error> {
    let mut pairs = Vec::new();
    for chunk in others.chunks(super::CHUNK) {
        let one_way = |holders: &[PersonId], principals: &[PersonId]| {
            sea_orm::Condition::all()
                .add(Column::HolderId.is_in(holders.iter().copied()))
                .add(Column::PrincipalId.is_in(principals.iter().copied()))
        };
        let rows: Vec<(PersonId, PersonId)> = Entity::find()
            .select_only()
            .columns([Column::HolderId, Column::PrincipalId])
            .filter(
                sea_orm::Condition::any()
                    .add(one_way(persons, chunk))
                    .add(one_way(chunk, persons)),
            )
            .filter(Column::RevokedAt.is_null())
            .filter(Column::ValidFrom.lte(tx.now()))
            .filter(Column::ValidUntil.is_null().or(Column::ValidUntil.gt(tx.now())))
            .into_tuple()
            .all(tx.conn())
            .await?;
        pairs.extend(rows);
    }
    Ok(pairs)
}

/// The day of birth that the recorded code of a person tells, as a subquery for statements that read more than that.
pub(crate) fn born(person: PersonId) -> SelectStatement {
    personal_code::Entity::find_by_id(person)
        .select_only()
        .column(personal_code::Column::Born)
        .into_query()
}

/// The rights to act for a person that nobody has ended; the person is locked, so that none comes in between.
pub(crate) async fn open_of_principal(tx: &Tx, principal: PersonId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::PrincipalId.eq(principal))
        .filter(Column::RevokedAt.is_null())
        .all(tx.conn())
        .await?)
}

/// Every guardianship of a person, also those that have ended; the person is locked.
pub(crate) async fn guardianships(tx: &Tx, principal: PersonId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Column::PrincipalId.eq(principal))
        .filter(Column::Kind.eq(Kind::Guardian))
        .order_by_asc(Column::Id)
        .all(tx.conn())
        .await?)
}

/// The rights of a person on either side that nobody has ended, locked.
pub(crate) async fn open_of_for_update(tx: &Tx, person: PersonId) -> Result<Vec<Model>, Error> {
    Ok(Entity::find()
        .filter(Scope::Of(person).condition())
        .filter(Column::RevokedAt.is_null())
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?)
}

pub(crate) async fn insert(tx: &Tx, relation: Model) -> Result<(), Error> {
    Entity::insert(relation.into_active_model())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// Stores the end of a relation that was locked before.
pub(crate) async fn set_ended(tx: &Tx, relation: &Model) -> Result<(), Error> {
    let change = crate::model::relation::ActiveModel {
        id: Set(relation.id),
        revoked_at: Set(relation.revoked_at),
        revoked_by: Set(relation.revoked_by),
        ended_by_register: Set(relation.ended_by_register),
        version: Set(relation.version),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn find_code(
    conn: &impl ConnectionTrait,
    person: PersonId,
) -> Result<Option<personal_code::Model>, Error> {
    Ok(personal_code::Entity::find_by_id(person).one(conn).await?)
}

/// The person whose code this is.
pub(crate) async fn find_by_lookup(
    conn: &impl ConnectionTrait,
    lookup: &str,
) -> Result<Option<personal_code::Model>, Error> {
    Ok(personal_code::Entity::find()
        .filter(personal_code::Column::Lookup.eq(lookup))
        .one(conn)
        .await?)
}

/// True when neither the person nor the code was known.
pub(crate) async fn insert_code(tx: &Tx, code: personal_code::Model) -> Result<bool, Error> {
    let inserted = personal_code::Entity::insert(code.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// Some codes that another key than `newest` has sealed.
pub(crate) async fn sealed_otherwise(
    conn: &impl ConnectionTrait,
    newest: &str,
) -> Result<Vec<personal_code::Model>, Error> {
    Ok(personal_code::Entity::find()
        .filter(personal_code::Column::KeyId.ne(newest))
        .order_by_asc(personal_code::Column::PersonId)
        .limit(100)
        .all(conn)
        .await?)
}

/// Stores a code sealed anew.
pub(crate) async fn set_sealed(tx: &Tx, person: PersonId, key_id: String, sealed: String) -> Result<(), Error> {
    let change = personal_code::ActiveModel {
        person_id: Set(person),
        key_id: Set(key_id),
        sealed: Set(sealed),
        ..Default::default()
    };
    change.update(tx.conn()).await?;
    Ok(())
}
