//! Documents that an authority gives out, in Finnish, Swedish and English: made once from plain texts, then kept as they
//! are with their digest.
//!
//! How to add a document: a file with what it is made of and its words, which lays them out on a [`Sheet`].

mod decision;
mod sheet;

/// Why a document could not be written: only when memory for its text runs out.
pub use askama::Error;
pub use decision::{Decision, Grant, Outcome, Request};
pub use sheet::{Page, Sheet};
