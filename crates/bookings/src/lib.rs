//! Bookings (varaus): a resident takes places in an occurrence and pays with a voucher; the provider delivers.
//!
//! ```text
//! REQUESTED ──confirm──▶ CONFIRMED ──deliver──▶ DELIVERED
//!   │  │  └─decline─▶ DECLINED  │ │
//!   │  └──cancel in time────────┤ └─cancel late──▶ CANCELLED_LATE
//!   │          └─▶ CANCELLED_BY_CLIENT
//!   └──provider cancels─────────┴─▶ CANCELLED_BY_PROVIDER
//! ```
//!
//! A booking that nobody answers before its visit, or records within 30 days after it, lapses like one declined or
//! cancelled by the provider (a job). When a voucher ends early because its resident moves away, its bookings of later
//! days are released like ones that she cancelled in time.
//! Those that no approval covers any more, the city releases like ones that the provider cancelled.
//!
//! Booking takes places and reserves the voucher share in one transaction; price, shares, VAT and the rules of
//! cancelling are frozen then. A delivery moves the share from the reservation to what the city owes the company.
//! The resident's own share (omavastuu) is computed here, because offers and vouchers do not know each other.
//!
//! A decision on an income from a day that has passed re-prices nothing: it leaves a correction of the share of each delivery
//! ([`model::correction`]).
//!
//! Locks: approval (share), booking, occurrence, voucher, accounts.
//!
//! How to add a use case: a constant in [`policy`], a query in `store.rs`, an event in [`model::booking`]'s table, the
//! use case in a file named after its verb.

pub mod accounts;
mod book;
mod cancel;
mod check;
mod confirm;
mod correction;
mod deliver;
mod eligible;
mod error;
mod events;
mod jobs;
mod letters;
mod lists;
mod look_up;
pub mod model;
pub mod policy;
mod released;
mod resigned;
mod shortened;
mod store;

pub use book::{NewBooking, Preview, Purse};
pub use check::check;
pub use deliver::NewDelivery;
pub use error::Error;
pub use events::BookingChanged;
pub use jobs::LAPSE;
pub use look_up::PresentedVoucher;
pub use model::booking::{Action, Model as Booking, State};
pub use model::correction::Model as Correction;
pub use model::delivery::{Kind as DeliveryKind, Model as Delivery};
pub use model::visit::Model as Visit;
pub use released::{RELEASE, ReleaseWork};

/// The use cases on bookings.
#[derive(Clone)]
pub struct Bookings {
    db: db::Db,
    identity: identity::Identity,
    providers: providers::Providers,
}

impl Bookings {
    /// Uses `db` for its records, `identity` and `providers` for the addresses of letters.
    pub fn new(db: db::Db, identity: identity::Identity, providers: providers::Providers) -> Self {
        Self {
            db,
            identity,
            providers,
        }
    }
}
