//! The stored records and the pure decisions on them.

pub mod acceptance;
pub mod account;
pub mod appeal;
pub mod application;
pub mod approval;
pub mod area;
pub mod company;
pub mod hearing;
pub mod item;
pub mod member;
pub mod message;
pub mod period;
pub mod requirement;
pub mod resignation;
pub mod sanction;

/// Why something cannot be done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The state does not allow it.
    State,
    /// Another person has to do this.
    FourEyes,
    /// Somebody changed the record since it was read.
    Stale,
    /// The last day has passed.
    TooLate,
    /// The company has to be heard first.
    NotHeard,
}
