use db::Tx;
use kernel::{AccountId, Actor, Cents, CityId, Page, PageRequest, TransferId, TypedId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ExprTrait, IntoActiveModel, QueryOrder, QuerySelect};

use crate::account::{self, Kind, Model as Account, Unit};
use crate::error::Error;
use crate::transfer;

/// One transfer to post: takes `amount` from the account `from`, puts it into the account `to`.
#[derive(Clone, Copy, Debug)]
pub struct Posting<'a> {
    /// The account debited.
    pub from: &'a Account,
    /// The account credited, in the same unit.
    pub to: &'a Account,
    /// How much, in the unit of both; a posting of nothing writes nothing.
    pub amount: i64,
    /// Why, such as `booking.reserve`.
    pub kind: &'static str,
    /// The record it is about.
    pub reference: Uuid,
}

impl<'a> Posting<'a> {
    /// A posting of money about the record `reference`.
    pub fn new(from: &'a Account, to: &'a Account, cents: Cents, kind: &'static str, reference: impl TypedId) -> Self {
        Self {
            from,
            to,
            amount: cents.0,
            kind,
            reference: reference.uuid(),
        }
    }

    /// The posting of the visits or minutes that go with this one, about the same record and for the same reason. Posted
    /// together, the transfer of it names that of the money.
    #[must_use]
    pub fn with_units<'b>(&self, from: &'b Account, to: &'b Account, amount: i64) -> Posting<'b> {
        Posting {
            from,
            to,
            amount,
            kind: self.kind,
            reference: self.reference,
        }
    }

    /// Whether the transfer of `self`, in visits or minutes, is to name that of `money`.
    fn goes_with(&self, money: &Self) -> bool {
        let of_money = |posting: &Self| posting.from.unit == Unit::EurCent;
        !of_money(self) && of_money(money) && (self.kind, self.reference) == (money.kind, money.reference)
    }
}

/// Opens the accounts of `owner` that do not exist yet, in euros, and answers all of them in the order of `kinds`.
pub async fn open<const N: usize>(tx: &Tx, city: CityId, owner: Uuid, kinds: [Kind; N]) -> Result<[Account; N], Error> {
    open_in(tx, city, Unit::EurCent, owner, kinds).await
}

/// Opens accounts as [`open`] does, in a unit. An owner has accounts of a kind in one unit only, so that kind and owner
/// name one.
pub async fn open_in<const N: usize>(
    tx: &Tx,
    city: CityId,
    unit: Unit,
    owner: Uuid,
    kinds: [Kind; N],
) -> Result<[Account; N], Error> {
    let rows = kinds.map(|kind| account::ActiveModel {
        id: Set(tx.new_id()),
        city_id: Set(city),
        unit: Set(unit),
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

/// Opens accounts of one kind in a unit for owners that came into being in this transaction, at most 500; nobody else sees
/// them yet, so they need no lock.
pub async fn open_new(tx: &Tx, city: CityId, unit: Unit, owners: &[Uuid], kind: Kind) -> Result<Vec<Account>, Error> {
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let account = |owner: &Uuid| Account {
        id: tx.new_id(),
        city_id: city,
        unit,
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

/// Posts transfers between accounts that [`open`] or [`lock`] answered in this transaction, in one statement. One in visits
/// or minutes names the one in cents of the same kind about the same record.
///
/// # Errors
/// [`Error::Insufficient`] when an account would fall below its floor by all its postings together.
pub async fn post(tx: &Tx, actor: &Actor, postings: &[Posting<'_>]) -> Result<(), Error> {
    let postings: Vec<_> = postings.iter().filter(|posting| posting.amount > 0).collect();
    for posting in &postings {
        let taken = postings
            .iter()
            .filter(|other| other.from.id == posting.from.id)
            .map(|p| p.amount)
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
    let ids: Vec<TransferId> = postings.iter().map(|_| tx.new_id()).collect();
    let money_of = |units: &Posting<'_>| {
        let place = postings.iter().position(|money| units.goes_with(money));
        place.and_then(|place| ids.get(place)).copied()
    };
    let rows = postings.iter().zip(&ids).map(|(posting, id)| transfer::ActiveModel {
        id: Set(*id),
        city_id: Set(posting.from.city_id),
        unit: Set(posting.from.unit),
        debit_account: Set(posting.from.id),
        credit_account: Set(posting.to.id),
        amount: Set(posting.amount),
        kind: Set(posting.kind.to_owned()),
        reference: Set(posting.reference),
        at: Set(tx.now()),
        actor: Set(actor.who.to_string()),
        linked_to: Set(money_of(posting)),
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

/// The accounts of every kind and unit that `owners` have in these cities.
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
            .all(conn)
            .await?;
        accounts.extend(rows);
    }
    Ok(accounts)
}

/// Every account of one kind, for checks.
pub async fn accounts_of_kind(conn: &impl ConnectionTrait, kind: Kind) -> Result<Vec<Account>, Error> {
    Ok(account::Entity::find()
        .filter(account::Column::Kind.eq(kind.name))
        .all(conn)
        .await?)
}

/// What transfers of money of one kind about each of `references` (at most 500) add up to, for checks.
pub async fn amounts_of(
    conn: &impl ConnectionTrait,
    kind: &'static str,
    references: &[Uuid],
) -> Result<Vec<(Uuid, Cents)>, Error> {
    let in_cents = transfer::Column::Unit.eq(Unit::EurCent);
    let rows = sums_of(conn, in_cents, kind, references).await?;
    Ok(rows
        .into_iter()
        .map(|(reference, amount)| (reference, Cents(amount)))
        .collect())
}

/// What transfers of visits or minutes of one kind about each of `references` (at most 500) add up to, for checks.
pub async fn quantities_of(
    conn: &impl ConnectionTrait,
    kind: &'static str,
    references: &[Uuid],
) -> Result<Vec<(Uuid, i64)>, Error> {
    sums_of(conn, transfer::Column::Unit.ne(Unit::EurCent), kind, references).await
}

async fn sums_of(
    conn: &impl ConnectionTrait,
    unit: Expr,
    kind: &'static str,
    references: &[Uuid],
) -> Result<Vec<(Uuid, i64)>, Error> {
    Ok(transfer::Entity::find()
        .select_only()
        .column(transfer::Column::Reference)
        .column_as(Expr::col(transfer::Column::Amount).sum().cast_as("bigint"), "amount")
        .filter(transfer::Column::Reference.is_in(references.iter().copied()))
        .filter(transfer::Column::Kind.eq(kind))
        .filter(unit)
        .group_by(transfer::Column::Reference)
        .into_tuple()
        .all(conn)
        .await?)
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
