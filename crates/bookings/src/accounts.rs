//! The account that bookings pay into; its owner is the company.

use ledger::Kind;

/// What a city owes a company for deliveries that are not settled yet.
pub const PAYABLE: Kind = Kind {
    name: "provider.payable",
    floor: Some(0),
};
