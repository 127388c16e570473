//! The stored records and the pure decisions on them.

pub mod occurrence;
pub mod offer;
pub mod vat;

/// Why a record cannot be changed that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow it.
    State,
    /// Somebody changed it since it was read.
    Stale,
    /// The programme takes no offers: it is a draft or closed.
    ProgrammeNotOpen,
    /// The price is above the ceiling of the programme.
    PriceAboveCeiling(kernel::Cents),
}
