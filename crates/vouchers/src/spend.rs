//! What bookings do to vouchers inside their own transaction. Every way to spend a voucher goes through here.

use db::Tx;
use kernel::{Actor, BookingId, Cents, PersonId, ProgrammeId, TypedId, VoucherId};
use ledger::{Account, Kind, Posting};
use sea_orm::ConnectionTrait;

use crate::model::Model as Voucher;
use crate::model::number::Number;
use crate::{Error, accounts, store};

/// A locked voucher with its locked accounts.
#[derive(Clone, Debug)]
pub struct Purse {
    /// The voucher.
    pub voucher: Voucher,
    /// What may be spent.
    pub available: Account,
    /// What open bookings hold.
    pub reserved: Account,
}

/// Locks the voucher of `resident` and its accounts until the transaction ends; `None` when it is not hers.
pub async fn lock(tx: &Tx, resident: PersonId, id: VoucherId) -> Result<Option<Purse>, Error> {
    let rows = store::own_with_accounts_for_update(tx, resident, id).await?;
    let account = |kind: Kind| {
        rows.iter()
            .find_map(|(_, row)| row.clone().filter(|row| row.kind == kind.name))
    };
    let voucher = rows.first().map(|(voucher, _)| voucher.clone());
    Ok(
        match (voucher, account(accounts::AVAILABLE), account(accounts::RESERVED)) {
            (Some(voucher), Some(available), Some(reserved)) => Some(Purse {
                voucher,
                available,
                reserved,
            }),
            _ => None,
        },
    )
}

/// The vouchers of `resident` among `ids` with what may be spent of them, in cents, without a lock; for previews.
pub async fn look(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    ids: &[VoucherId],
) -> Result<Vec<(Voucher, Cents)>, Error> {
    let rows = store::own_with_available(conn, resident, ids).await?;
    let held = |account: Option<Account>| account.map_or(Cents::ZERO, |account| account.cents());
    Ok(rows
        .into_iter()
        .map(|(voucher, account)| (voucher, held(account)))
        .collect())
}

/// The voucher of this number with what may be spent of it, in cents, if it is of one of `programmes`; for companies to
/// which a resident tells its number.
pub async fn look_at_number(
    conn: &impl ConnectionTrait,
    programmes: &[ProgrammeId],
    number: &Number,
) -> Result<Option<(Voucher, Cents)>, Error> {
    let found = store::by_number(conn, programmes, number).await?;
    Ok(found.map(|(voucher, account)| (voucher, account.map_or(Cents::ZERO, |account| account.cents()))))
}

/// A voucher of a resident as lists need it, by one of the published terms of its programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithTerms {
    /// The voucher.
    pub voucher: Voucher,
    /// What may be spent of it, in cents.
    pub available: Cents,
    /// The terms; the same voucher comes once for each of them.
    pub terms: programmes::Terms,
    /// The zone of the civil days of its city.
    pub zone: cities::Zone,
}

/// The vouchers of `resident` among `ids` with all published terms of their programmes, without a lock; for lists.
pub async fn look_with_terms(
    conn: &impl ConnectionTrait,
    resident: PersonId,
    ids: &[VoucherId],
) -> Result<Vec<WithTerms>, Error> {
    Ok(store::own_with_terms(conn, resident, ids).await?)
}

impl Purse {
    /// Reserves `cents` for a booking.
    pub async fn reserve(&self, tx: &Tx, actor: &Actor, cents: Cents, booking: BookingId) -> Result<(), Error> {
        let posting = Posting::new(&self.available, &self.reserved, cents, "booking.reserve", booking);
        Ok(ledger::post(tx, actor, &[posting]).await?)
    }

    /// The posting that gives `cents` of a booking back to the voucher, for a voucher that is still in use.
    fn back(&self, cents: Cents, booking: BookingId) -> Posting<'_> {
        Posting::new(&self.reserved, &self.available, cents, "booking.release", booking)
    }
}

/// Gives `cents` of a booking back: to the voucher while it lives, to the programme after its end.
pub async fn release(tx: &Tx, actor: &Actor, purse: &Purse, cents: Cents, booking: BookingId) -> Result<(), Error> {
    if purse.voucher.state.is_alive() {
        return Ok(ledger::post(tx, actor, &[purse.back(cents, booking)]).await?);
    }
    let budget = [(programmes::accounts::AVAILABLE, purse.voucher.budget_id.uuid())];
    let [programme] = ledger::lock(tx, purse.voucher.city_id, budget).await?;
    let posting = Posting::new(&purse.reserved, &programme, cents, "booking.reclaim", booking);
    Ok(ledger::post(tx, actor, &[posting]).await?)
}
