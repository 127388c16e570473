//! The stored records and the pure decisions on them.

pub mod booking;
pub mod correction;
pub mod delivery;
pub mod terms;
pub mod visit;
