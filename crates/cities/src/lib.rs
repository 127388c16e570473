//! Cities as tenants (järjestäjä), their settings and their staff.
//!
//! A role in the staff is proposed by one administrator and confirmed by another, because rights move:
//!
//! ```text
//! PROPOSED ──confirm (another administrator)──▶ ACTIVE ──revoke──▶ REVOKED
//!     └────────────────────revoke───────────────────────────────────▲
//! ```
//!
//! A further city is a row of data: `palvelutori seed --cities FILE` takes it in.
//!
//! How to add a use case: a constant in [`policy`], a query in `store.rs`, the decision on the record in `model/`, the
//! use case in `city.rs` or `staff.rs`.

mod city;
mod error;
pub mod model;
pub mod policy;
mod staff;
mod store;

pub use city::{CityData, NewCity, find, ids};
pub use error::Error;
pub use model::city::{Model as City, Zone};
pub use model::staff::{Model as StaffMember, State as StaffState};

/// The use cases on cities and their staff.
#[derive(Clone)]
pub struct Cities {
    db: db::Db,
    identity: identity::Identity,
}

impl Cities {
    /// Uses `db` for its records and `identity` to find persons by address.
    pub fn new(db: db::Db, identity: identity::Identity) -> Self {
        Self { db, identity }
    }
}
