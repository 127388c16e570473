//! Documents that an authority gives out, in Finnish, Swedish and English: made once from plain texts, then kept as they
//! are with their digest.
//!
//! How to add a document: a file with what it is made of and its words, which lays them out on a [`Sheet`].

mod decision;
mod pdf;
mod sheet;

pub use decision::{Decision, Grant, Outcome, Request};
pub use sheet::{Page, Sheet};

/// Why a document could not be written. None of it depends on what somebody typed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// As a page of HTML: only when memory runs out.
    #[error("the page could not be written: {0}")]
    Html(askama::Error),
    /// As a PDF.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
}
