//! Double-entry ledger: accounts and immutable transfers between them. It knows units and amounts, nothing of vouchers.
//!
//! An [`Account`] has debits, credits and a floor; its balance is `credits - debits`. A [`Posting`] moves an amount from
//! the account it debits to the account it credits, so each unit sums to zero by construction. The database itself adds
//! a transfer to both balances (a trigger), checks the floor (a CHECK) and refuses to change or delete a transfer.
//!
//! What a voucher in visits or hours grants moves in two chains, money and units: each step posts both transfers together, and
//! that of the units names that of the money.
//!
//! How to add a kind of account: declare a [`Kind`] in the context that owns it; the ledger lists none.

pub mod account;
mod check;
mod error;
mod post;
pub mod transfer;

pub use account::{Kind, Model as Account, Unit};
pub use check::{Difference, canonical, check};
pub use error::Error;
pub use post::{
    Posting, accounts_of, accounts_of_kind, amounts_of, balances_of, count_accounts, count_transfers, find, lock,
    lock_all, open, open_in, open_new, page_of_city, post, quantities_of, set_floor, transfers_of,
};
pub use transfer::Model as Transfer;
