use db::Tx;
use kernel::{AccountId, Actor, Cents, CityId, Page, PageRequest, TransferId, TypedId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ExprTrait, IntoActiveModel, QueryOrder, QuerySelect};

use crate::account::{self, Kind, Model as Account, Unit};
use crate::error::Error;
use crate::transfer;

/// One transfer to post: takes `cents` from the account `from`, puts it into the account `to`.
#[derive(Clone, Copy, Debug)]
pub struct Posting<'a> {
    /// The account debited.
    pub from: &'a Account,
    /// The account credited.
    pub to: &'a Account,
    /// How much; a posting of nothing writes nothing.
    pub cents: Cents,
    /// Why, such as `booking.reserve`.
    pub kind: &'static str,
    /// The record it is about.
    pub reference: Uuid,
}

impl<'a> Posting<'a> {
    /// A posting about the record `reference`.
    pub fn new(from: &'a Account, to: &'a Account, cents: Cents, kind: &'static str, reference: impl TypedId) -> Self {
        Self {
            from,
            to,
            cents,
            kind,
            reference: reference.uuid(),
        }
    }
}

/// Opens the accounts of `owner` that do not exist yet, in euros, and answers all of them in the order of `kinds`.
pub async fn open<const N: usize>(tx: &Tx, city: CityId, owner: Uuid, kinds: [Kind; N]) -> Result<[Account; N], Error> {
    let rows = kinds.map(|kind| account::ActiveModel {
        id: Set(tx.new_id()),
        city_id: Set(city),
        unit: Set(Unit::EurCent),
        kind: Set(kind.name.to_owned()),
        owner: Set(owner),
        debits: Set(0),
        credits: Set(0),
        floor: Set(kind.floor),
    });
    account::Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([
                account::Column::Owner,
                account::Column::Kind,
                account::Column::Unit,
                account::Column::CityId,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    lock(tx, city, kinds.map(|kind| (kind, owner))).await
}

/// Opens accounts of one kind for owners that came into being in this transaction, at most 500; nobody else sees them yet, so
/// they need no lock.
pub async fn open_new(tx: &Tx, city: CityId, owners: &[Uuid], kind: Kind) -> Result<Vec<Account>, Error> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let account = |owner: &Uuid| Account {
        id: tx.new_id(),
        city_id: city,
        unit: Unit::EurCent,
        kind: kind.name.to_owned(),
        owner: *owner,
        debits: 0,
        credits: 0,
        floor: kind.floor,
    };
    let accounts: Vec<_> = owners.iter().map(account).collect();
    account::Entity::insert_many(accounts.iter().cloned().map(IntoActiveModel::into_active_model))
        .exec_without_returning(tx.conn())
        .await?;
    Ok(accounts)
}

/// Locks accounts of a city until the transaction ends and answers them in the order asked for. Locks are taken by id, so two
/// transactions never wait for each other in a circle.
pub async fn lock<const N: usize>(tx: &Tx, city: CityId, wanted: [(Kind, Uuid); N]) -> Result<[Account; N], Error> {
    let accounts = lock_all(tx, city, &wanted).await?;
    accounts
        .try_into()
        .map_err(|found: Vec<_>| Error::Missing(format!("{N} accounts, found {}", found.len())))
}

/// Locks accounts as [`lock`] does, where their number depends on the case.
pub async fn lock_all(tx: &Tx, city: CityId, wanted: &[(Kind, Uuid)]) -> Result<Vec<Account>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let any = wanted.iter().fold(sea_orm::Condition::any(), |any, (kind, owner)| {
        any.add(
            account::Column::Owner
                .eq(*owner)
                .and(account::Column::Kind.eq(kind.name)),
        )
    });
    let rows = account::Entity::find()
        .filter(any)
        .filter(account::Column::CityId.eq(city))
        .filter(account::Column::Unit.eq(Unit::EurCent))
        .order_by_asc(account::Column::Id)
        .lock_exclusive()
        .all(tx.conn())
        .await?;
    let pick = |(kind, owner): &(Kind, Uuid)| {
        rows.iter()
            .find(|row| row.kind == kind.name && row.owner == *owner)
            .cloned()
            .ok_or_else(|| Error::Missing(format!("{} of {owner}", kind.name)))
    };
    wanted.iter().map(pick).collect()
}

/// Gives a locked account another lowest balance; the database refuses one above what it holds.
pub async fn set_floor(tx: &Tx, account: &Account, floor: Option<i64>) -> Result<Account, Error> {
    let change = account::ActiveModel {
        floor: Set(floor),
        ..Default::default()
    };
    account::Entity::update_many()
        .set(change)
        .filter(account::Column::Id.eq(account.id))
        .exec(tx.conn())
        .await?;
    Ok(Account {
        floor,
        ..account.clone()
    })
}

/// Posts transfers between accounts that [`open`] or [`lock`] answered in this transaction, in one statement.
///
/// # Errors
/// [`Error::Insufficient`] when an account would fall below its floor by all its postings together.
pub async fn post(tx: &Tx, actor: &Actor, postings: &[Posting<'_>]) -> Result<(), Error> {
    let postings: Vec<_> = postings.iter().filter(|posting| posting.cents.is_positive()).collect();
    for posting in &postings {
        let taken = postings
            .iter()
            .filter(|other| other.from.id == posting.from.id)
            .map(|p| p.cents.0)
            .sum();
        if !posting.from.covers(taken) {
            return Err(Error::Insufficient {
                kind: posting.from.kind.clone(),
            });
        }
    }
    if postings.is_empty() {
        return Ok(());
    }
    let rows = postings.iter().map(|posting| transfer::ActiveModel {
        id: Set(tx.new_id()),
        city_id: Set(posting.from.city_id),
        unit: Set(posting.from.unit),
        debit_account: Set(posting.from.id),
        credit_account: Set(posting.to.id),
        amount: Set(posting.cents.0),
        kind: Set(posting.kind.to_owned()),
        reference: Set(posting.reference),
        at: Set(tx.now()),
        actor: Set(actor.who.to_string()),
    });
    transfer::Entity::insert_many(rows)
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

/// What the accounts of `owners` in these cities hold in cents, those that exist.
pub async fn balances_of(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    kind: Kind,
    owners: &[Uuid],
) -> Result<Vec<(Uuid, Cents)>, Error> {
    let accounts = accounts_of(conn, cities, owners).await?;
    let of_kind = accounts.iter().filter(|account| account.kind == kind.name);
    Ok(of_kind.map(|account| (account.owner, account.cents())).collect())
}

/// The euro accounts of every kind that `owners` have in these cities.
pub async fn accounts_of(
    conn: &impl ConnectionTrait,
    cities: &[CityId],
    owners: &[Uuid],
) -> Result<Vec<Account>, Error> {
    let mut accounts = Vec::with_capacity(owners.len());
    for owners in owners.chunks(500) {
        let rows = account::Entity::find()
            .filter(account::Column::Owner.is_in(owners.iter().copied()))
            .filter(account::Column::CityId.is_in(cities.iter().copied()))
            .filter(account::Column::Unit.eq(Unit::EurCent))
            .all(conn)
            .await?;
        accounts.extend(rows);
    }
    Ok(accounts)
}

/// Every euro account of one kind, for checks.
pub async fn accounts_of_kind(conn: &impl ConnectionTrait, kind: Kind) -> Result<Vec<Account>, Error> {
    Ok(account::Entity::find()
        .filter(account::Column::Kind.eq(kind.name))
        .filter(account::Column::Unit.eq(Unit::EurCent))
        .all(conn)
        .await?)
}

/// What transfers of one kind about each of `references` (at most 500) add up to, for checks.
pub async fn amounts_of(
    conn: &impl ConnectionTrait,
    kind: &'static str,
    references: &[Uuid],
) -> Result<Vec<(Uuid, Cents)>, Error> {
    let rows: Vec<(Uuid, i64)> = transfer::Entity::find()
        .select_only()
        .column(transfer::Column::Reference)
        .column_as(Expr::col(transfer::Column::Amount).sum().cast_as("bigint"), "amount")
        .filter(transfer::Column::Reference.is_in(references.iter().copied()))
        .filter(transfer::Column::Kind.eq(kind))
        .group_by(transfer::Column::Reference)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(reference, amount)| (reference, Cents(amount)))
        .collect())
}

/// The account if it lies in the city.
pub async fn find(conn: &impl ConnectionTrait, city: CityId, id: AccountId) -> Result<Option<Account>, Error> {
    Ok(account::Entity::find_by_id(id)
        .filter(account::Column::CityId.eq(city))
        .one(conn)
        .await?)
}

/// The accounts of a city, oldest first.
pub async fn page_of_city(
    conn: &impl ConnectionTrait,
    city: CityId,
    page: PageRequest<AccountId>,
) -> Result<Page<Account>, Error> {
    let of_city = account::Entity::find().filter(account::Column::CityId.eq(city));
    Ok(db::page(conn, of_city, account::Column::Id, page).await?)
}

/// How many there are in [`page_of_city`].
pub async fn count_accounts(conn: &impl ConnectionTrait, city: CityId) -> Result<u64, Error> {
    Ok(account::Entity::find()
        .filter(account::Column::CityId.eq(city))
        .count(conn)
        .await?)
}

/// The transfers of a city that touch `account`, or all of them, oldest first.
pub async fn transfers_of(
    conn: &impl ConnectionTrait,
    city: CityId,
    account: Option<AccountId>,
    page: PageRequest<TransferId>,
) -> Result<Page<transfer::Model>, Error> {
    Ok(db::page(conn, touching(city, account), transfer::Column::Id, page).await?)
}

/// How many there are in [`transfers_of`].
pub async fn count_transfers(
    conn: &impl ConnectionTrait,
    city: CityId,
    account: Option<AccountId>,
) -> Result<u64, Error> {
    Ok(touching(city, account).count(conn).await?)
}

fn touching(city: CityId, account: Option<AccountId>) -> Select<transfer::Entity> {
    let query = transfer::Entity::find().filter(transfer::Column::CityId.eq(city));
    match account {
        Some(account) => query.filter(
            transfer::Column::DebitAccount
                .eq(account)
                .or(transfer::Column::CreditAccount.eq(account)),
        ),
        None => query,
    }
}
