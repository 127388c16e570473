//! What companies list in a programme, when it takes place, and the catalogue that everybody reads.
//!
//! ```text
//! DRAFT ──publish──▶ PUBLISHED ──pause──▶ PAUSED ──publish──▶ PUBLISHED
//!   └──────────────────┴──archive──────────┴──▶ ARCHIVED
//! ```
//!
//! A published offer stands in the catalogue only while its programme is published and its company has an approval in
//! force on the civil day of the city: the catalogue reads both instead of trusting a copy. Prices are at most the
//! programme's ceiling when an offer is written, changed and published; bookings freeze the price.
//!
//! Order of the catalogue: the oldest listing first. Nobody can pay for a rank.
//!
//! How to add a use case: a constant in [`policy`], a query in `store.rs`, the decision on the record in [`model`], the
//! use case in `offer.rs`, `occurrence.rs`, `catalogue.rs` or `register.rs`.

mod catalogue;
mod content;
mod error;
pub mod model;
mod occurrence;
mod offer;
pub mod places;
pub mod policy;
mod register;
mod store;

pub use catalogue::{MAX_UPCOMING, OfferFilter};
pub use content::{Coordinates, OfferContent, Place};
pub use error::Error;
pub use model::occurrence::{Model as Occurrence, NewOccurrence, State as OccurrenceState};
pub use model::offer::{Action, Model as Offer, State};
pub use model::vat::VatClass;
pub use offer::NewOffer;
pub use register::{MAX_SERVICES, Register, RegisterRow};

/// The use cases on offers.
#[derive(Clone)]
pub struct Offers {
    db: db::Db,
    cities: cities::Cities,
}

impl Offers {
    /// Uses `db` for its records and `cities` for languages and zones.
    pub fn new(db: db::Db, cities: cities::Cities) -> Self {
        Self { db, cities }
    }
}
