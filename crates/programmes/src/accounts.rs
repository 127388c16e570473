//! The accounts of a programme's budget, whose owner is the budget of one fiscal year, and the one of its visits or hours.

use ledger::Kind;

/// Where the city's money comes from; goes below zero by what the council appropriated.
pub const APPROPRIATION: Kind = Kind {
    name: "appropriation",
    floor: None,
};
/// Where visits and hours come from, owned by the programme; goes below zero by what its vouchers hold or have used.
pub const ISSUED: Kind = Kind {
    name: "programme.issued",
    floor: None,
};
/// What may still be granted. The floor of a budget of which more may be promised lies below zero.
pub const AVAILABLE: Kind = Kind {
    name: "programme.available",
    floor: Some(0),
};
/// Where cash comes from; goes below zero by the appropriation. Kept only where more may be promised than that.
pub const CASH_APPROPRIATION: Kind = Kind {
    name: "appropriation.cash",
    floor: None,
};
/// What may still be booked, where more may be promised than was appropriated.
pub const CASH: Kind = Kind {
    name: "programme.cash",
    floor: Some(0),
};
/// What is booked or delivered of such a budget.
pub const COMMITTED: Kind = Kind {
    name: "programme.committed",
    floor: Some(0),
};
