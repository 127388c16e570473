//! Settlement: what a city owes its providers, and the files through which it pays.
//!
//! ```text
//! run       DRAFT ──confirm (another clerk)──▶ CONFIRMED ──send──▶ SENT ──▶ PAID ──▶ PARTLY_FAILED
//!             └───────────cancel───────────▶ CANCELLED ◀──┘          └──────────────────▲
//!
//! payment   PENDING ──send──▶ SENT ──▶ PAID ──▶ RETURNED          (cancelled runs: CANCELLED)
//!                               └────▶ REJECTED
//!
//! money     provider.payable ──confirm──▶ run.clearing ──paid──▶ paid
//!                  ▲──────cancel, rejected──────┘                 │
//!                  └───────────────────returned───────────────────┘
//! ```
//!
//! A run takes every delivery up to the end of a month that no run has taken, makes one statement for each company and
//! pays again what the bank rejected or returned. A company that cannot be paid is left out and named; the next run
//! takes its deliveries. Only the bank's own words make a payment paid.
//!
//! Locks are taken in this order: run, counter, payments by id, accounts of one company after the other by company id.
//!
//! How to add a use case: a constant in [`policy`], a query in `store/`, the decision on the record in `model/`, the
//! use case in `runs.rs`, `statements.rs` or `answers.rs`.

pub mod accounts;
mod answers;
pub mod bank;
mod check;
mod draft;
mod error;
pub mod model;
mod orders;
pub mod policy;
mod runs;
mod statements;
mod store;

pub use answers::{APPLY_ANSWER, register};
pub use check::check;
pub use error::Error;
pub use model::answer::{
    Effect as EntryEffect, Kind as AnswerKind, Model as BankAnswer, Outcome as EntryOutcome, State as AnswerState,
    entry::Model as BankAnswerEntry,
};
pub use model::file::Model as StoredFile;
pub use model::line::{Kind as LineKind, Model as Line};
pub use model::payment::{Model as Payment, State as PaymentState};
pub use model::run::{Model as Run, State as RunState};
pub use model::statement::Model as Statement;
pub use model::statement::set_aside::{Model as SetAside, Reason as SetAsideReason};

/// The use cases of settlement.
#[derive(Clone)]
pub struct Settlement {
    db: db::Db,
    cities: cities::Cities,
}

impl Settlement {
    /// Uses `db` for its records and `cities` for zones, names and the accounts that pay.
    pub fn new(db: db::Db, cities: cities::Cities) -> Self {
        Self { db, cities }
    }
}
