//! The accounts of a programme's budget; their owner is the budget of one fiscal year.

use ledger::Kind;

/// Where the city's money comes from; goes below zero by what the council appropriated.
pub const APPROPRIATION: Kind = Kind {
    name: "appropriation",
    floor: None,
};
/// What may still be granted.
pub const AVAILABLE: Kind = Kind {
    name: "programme.available",
    floor: Some(0),
};
