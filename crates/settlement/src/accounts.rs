//! The accounts that settlement pays from. Money comes from and goes back to [`bookings::accounts::PAYABLE`].

use ledger::Kind;

/// What is on its way to companies; its owner is the run.
pub const CLEARING: Kind = Kind {
    name: "run.clearing",
    floor: Some(0),
};
/// What the bank has paid; its owner is the city.
pub const PAID: Kind = Kind {
    name: "paid",
    floor: None,
};
