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
/// The visits or minutes that may be spent, beside the money for them. Of a voucher in euros there is none of these.
pub const UNITS: Kind = Kind {
    name: "voucher.units",
    floor: Some(0),
};
/// The visits or minutes that open bookings hold.
pub const BOOKED_UNITS: Kind = Kind {
    name: "booking.units",
    floor: Some(0),
};
/// The visits or minutes that were used: given, or cancelled too late.
pub const USED_UNITS: Kind = Kind {
    name: "voucher.used",
    floor: Some(0),
};
/// The accounts of a voucher in visits or hours beside those in money.
pub const OF_UNITS: [Kind; 3] = [UNITS, BOOKED_UNITS, USED_UNITS];
/// What open bookings hold.
pub const RESERVED: Kind = Kind {
    name: "booking.reserved",
    floor: Some(0),
};
