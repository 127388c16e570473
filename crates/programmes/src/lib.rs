//! Voucher programmes of a city: what a voucher is worth, for which service, for how long, and from which budget.
//!
//! ```text
//! DRAFT ──publish (another officer)──▶ PUBLISHED ──close──▶ CLOSED
//! ```
//!
//! Publishing moves the budget of the fiscal year from the appropriation to `programme.available`, from where
//! vouchers are granted; that account cannot fall below zero, so grants never exceed the budget.
//!
//! How to add a use case: a constant in [`policy`], a query in `store.rs`, the decision on the record in `model.rs`,
//! the use case in `programme.rs`.

pub mod accounts;
mod error;
pub mod model;
pub mod policy;
mod programme;
mod store;
pub mod value;

pub use error::Error;
pub use model::{Budget, Model as Programme, State};
pub use programme::{NewProgramme, ProgrammeChange, find_public, get, keep_with_budget};

/// The use cases on programmes.
#[derive(Clone)]
pub struct Programmes {
    db: db::Db,
    cities: cities::Cities,
}

impl Programmes {
    /// Uses `db` for its records and `cities` for languages and zones.
    pub fn new(db: db::Db, cities: cities::Cities) -> Self {
        Self { db, cities }
    }
}
