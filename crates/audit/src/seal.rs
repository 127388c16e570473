//! Seals: a hash chain over rows that are already committed, made in batches so that no insert waits for it.
//!
//! Each table has a chain for each city, which the city can verify without the rows of another, and one for the rows of
//! no city. A seal names a range of ids and holds the SHA-256 over the previous seal's hash and the range's rows in a
//! fixed form. Ids follow the clock, and a transaction lives seconds: rows older than [`SETTLING`] are final, so nothing
//! slips into a sealed range later.
//!
//! A clock that is set back does not break this: within a process ids never fall back ([`kernel::Ids`]), and a process
//! that starts goes on above [`last_sealed`]. What remains: of two hosts whose clocks differ by more than
//! [`SETTLING`], the one ahead seals ranges into which the other still writes, and `check --seals` tells of it. Hosts
//! therefore keep their clocks by NTP.

use chrono::{DateTime, Duration, Utc};
use db::{Db, Error, Tx};
use kernel::{AuditId, CityId, SealId, TypedId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

use crate::record;

/// How old a row must be before it is sealed; longer than any transaction and any sane difference of clocks.
pub const SETTLING: Duration = Duration::minutes(5);

/// How many rows one seal covers at the most.
const BATCH: u64 = 1_000;

/// One link of the chain of a table and a city.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seal")]
pub struct Model {
    /// Its id, in the order of time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SealId,
    /// The sealed table, `audit` or `transfer`, with the id of the city its rows belong to, as in
    /// `audit/city_…`, or with a dash for no city.
    pub chain: String,
    /// Its place in the chain, from 1; unique, so two workers cannot fork the chain.
    pub number: i64,
    /// The last id of the range; it starts after the last id of the seal before.
    pub last_id: Uuid,
    /// How many rows the range has.
    pub row_count: i64,
    /// SHA-256 in hexadecimal.
    pub hash: String,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// A seal refers to ranges, not to rows.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A row of a sealed table in a form that never changes.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// Every stored value, in a fixed order and spelling.
    pub canonical: String,
}

/// A table that is sealed.
pub trait Source {
    /// Its name, with which the names of its chains begin.
    const TABLE: &'static str;
    /// Its rows of a city, or of none, with ids above `after` and up to `until`, in order, at most `limit`.
    fn rows(
        conn: &impl ConnectionTrait,
        city: Option<CityId>,
        after: Uuid,
        until: Uuid,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;
}

/// The audit record itself as a sealed table.
pub struct AuditRows;

impl Source for AuditRows {
    const TABLE: &'static str = "audit";

    async fn rows(
        conn: &impl ConnectionTrait,
        city: Option<CityId>,
        after: Uuid,
        until: Uuid,
        limit: u64,
    ) -> Result<Vec<Row>, Error> {
        let of_city = match city {
            Some(city) => record::Column::CityId.eq(city),
            None => record::Column::CityId.is_null(),
        };
        let rows = record::Entity::find()
            .filter(of_city)
            .filter(record::Column::Id.gt(AuditId::from_uuid(after)))
            .filter(record::Column::Id.lte(AuditId::from_uuid(until)))
            .order_by_asc(record::Column::Id)
            .limit(limit)
            .all(conn)
            .await?;
        Ok(rows
            .iter()
            .map(|row| Row {
                id: row.id.uuid(),
                canonical: canonical(row),
            })
            .collect())
    }
}

fn canonical(row: &record::Model) -> String {
    format!(
        "{}|{:?}|{}|{}|{:?}|{}|{}|{:?}|{:?}|{}|{}",
        row.id,
        row.city_id.map(|id| id.to_string()),
        row.at.timestamp_micros(),
        row.actor,
        row.principal.map(|id| id.to_string()),
        row.action,
        row.subject,
        row.about.map(|id| id.to_string()),
        row.purpose,
        row.outcome,
        row.request_id,
    )
}

/// The chains of a table: one for each city, one for what belongs to none.
fn chains<S: Source>(cities: &[CityId]) -> impl Iterator<Item = (String, Option<CityId>)> {
    let of_cities = cities.iter().map(|city| (format!("{}/{city}", S::TABLE), Some(*city)));
    of_cities.chain([(format!("{}/-", S::TABLE), None)])
}

/// Seals all rows of a table that have settled, city by city; answers how many seals were made. Safe to run twice and
/// at once: the number of a seal is unique, and who comes second with it leaves the rest to the first.
pub async fn seal<S: Source>(db: &Db, cities: &[CityId]) -> Result<u32, Error> {
    let mut made = 0;
    for (chain, city) in chains::<S>(cities) {
        while db
            .write(async |tx: &Tx| seal_batch::<S>(tx, &chain, city).await)
            .await?
        {
            made += 1;
        }
    }
    Ok(made)
}

async fn seal_batch<S: Source>(tx: &Tx, chain: &str, city: Option<CityId>) -> Result<bool, Error> {
    let last = Entity::find()
        .filter(Column::Chain.eq(chain))
        .order_by_desc(Column::Number)
        .lock_exclusive()
        .one(tx.conn())
        .await?;
    let after = last.as_ref().map_or(Uuid::nil(), |seal| seal.last_id);
    let rows = S::rows(tx.conn(), city, after, last_id_before(tx.now() - SETTLING), BATCH).await?;
    let Some(newest) = rows.last() else { return Ok(false) };
    let row = ActiveModel {
        id: Set(tx.new_id()),
        chain: Set(chain.to_owned()),
        number: Set(last.as_ref().map_or(1, |seal| seal.number + 1)),
        last_id: Set(newest.id),
        row_count: Set(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        hash: Set(hash(last.as_ref(), &rows)),
        at: Set(tx.now()),
    };
    let rival_was_first = OnConflict::columns([Column::Chain, Column::Number])
        .do_nothing()
        .to_owned();
    let inserted = Entity::insert(row)
        .on_conflict(rival_was_first)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(inserted == 1)
}

/// The highest id that any seal covers: a row with an id up to it would come too late for its seal.
pub async fn last_sealed(conn: &impl ConnectionTrait) -> Result<Option<Uuid>, Error> {
    let last = Entity::find().order_by_desc(Column::LastId).one(conn).await?;
    Ok(last.map(|seal| seal.last_id))
}

/// Recomputes the chains of a table; answers a sentence for each seal that does not fit its rows.
pub async fn verify<S: Source>(conn: &impl ConnectionTrait, cities: &[CityId]) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    for (chain, city) in chains::<S>(cities) {
        broken.extend(verify_chain::<S>(conn, &chain, city).await?);
    }
    Ok(broken)
}

async fn verify_chain<S: Source>(
    conn: &impl ConnectionTrait,
    chain: &str,
    city: Option<CityId>,
) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut previous: Option<Model> = None;
    loop {
        let number = previous.as_ref().map_or(1, |seal| seal.number + 1);
        let next = Entity::find()
            .filter(Column::Chain.eq(chain))
            .filter(Column::Number.gte(number))
            .order_by_asc(Column::Number)
            .one(conn)
            .await?;
        let Some(seal) = next else { return Ok(broken) };
        let after = previous.as_ref().map_or(Uuid::nil(), |seal| seal.last_id);
        let rows = S::rows(conn, city, after, seal.last_id, u64::MAX >> 1).await?;
        if seal.number != number || hash(previous.as_ref(), &rows) != seal.hash {
            broken.push(format!(
                "seal {} of {chain} does not fit its {} rows",
                seal.number,
                rows.len()
            ));
        }
        previous = Some(seal);
    }
}

fn hash(previous: Option<&Model>, rows: &[Row]) -> String {
    let mut digest = Sha256::new();
    digest.update(previous.map_or("", |seal| seal.hash.as_str()));
    for row in rows {
        digest.update([0]);
        digest.update(&row.canonical);
    }
    hex::encode(digest.finalize())
}

/// The highest id of version 7 that the clock can have given before `instant`.
fn last_id_before(instant: DateTime<Utc>) -> Uuid {
    let millis = u128::try_from(instant.timestamp_millis()).unwrap_or_default();
    Uuid::from_u128((millis << 80).saturating_sub(1))
}
