//! The accounts of a voucher; their owner is the voucher.
//!
//! Reserved money has one account for each voucher, not for each booking: a booking then opens no account and stays
//! within ten statements. Which booking a cent belongs to is told by the reference of its transfers.

use ledger::Kind;

/// What may be spent.
pub const AVAILABLE: Kind = Kind {
    name: "voucher.available",
    floor: Some(0),
};
/// What the voucher's own funding year keeps while a booking is charged to another year; opened when that happens first.
pub const CARRIED: Kind = Kind {
    name: "voucher.carried",
    floor: Some(0),
};
/// What is set aside of a budget for offers from its waiting list; its owner is the budget, and it is opened when that
/// happens first.
pub const OFFERED: Kind = Kind {
    name: "programme.offered",
    floor: Some(0),
};
/// What open bookings hold.
pub const RESERVED: Kind = Kind {
    name: "booking.reserved",
    floor: Some(0),
};
