//! Reads what a bank answers to a payment file.
//!
//! Two messages count: the status report `pain.002.001.10` (accepted, rejected, settled) and the notification
//! `camt.054.001.08` (what was booked on the city's account). Both become one [`BankAnswer`].
//!
//! | the bank says | outcome |
//! | --- | --- |
//! | `RJCT` | [`Outcome::Rejected`] |
//! | `ACTC`, `ACCP`, `ACSP`, `PDNG`, `RCVD`; an entry not yet booked (`PDNG`, `FUTR`) | [`Outcome::Pending`] |
//! | `ACSC`; a booked debit | [`Outcome::Paid`] |
//! | a booked credit that returns or reverses a payment | [`Outcome::Returned`] |
//! | anything else | [`Outcome::Unknown`], for a person to look at |
//!
//! Each message has a table of element paths in its own module; elements that are not in it are skipped.

use super::amount::parse_cents;
use super::charset::ID_MAX;
use super::xml::{Closed, Elements, excerpt};
use super::{camt054, pain002};

/// The longest reason that is kept, in characters.
const REASON_MAX: usize = 500;

/// What a bank says about payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankAnswer {
    /// The bank's own id of this answer; the same id again is the same answer again.
    pub message_id: String,
    /// Which message it was.
    pub kind: AnswerKind,
    /// The message id of the payment file a status report is about.
    pub original_message_id: Option<String>,
    /// A status that holds for every payment of the file that [`Self::entries`] does not name.
    pub whole_message: Option<Outcome>,
    /// Why, for [`Self::whole_message`]: the bank's code and words.
    pub reason: Option<String>,
    /// Statuses of single payments, in the order of the file.
    pub entries: Vec<AnswerEntry>,
    /// Booked movements that name no payment, such as a fee of the bank or several payments booked as one.
    pub unmatched: Vec<Unmatched>,
}

/// A booked movement that names no payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// How much, in cents.
    pub amount_cents: Option<i64>,
    /// What the bank says about it.
    pub reason: Option<String>,
}

/// The messages that are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// `pain.002.001.10`: the status of a payment file and its payments.
    StatusReport,
    /// `camt.054.001.08`: what was booked (tilitapahtumailmoitus).
    Notification,
}

/// What a bank says about one payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEntry {
    /// The id that the payment file gave the payment.
    pub end_to_end_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why: the bank's code, then its words.
    pub reason: Option<String>,
    /// The amount in cents, where the bank repeats it.
    pub amount_cents: Option<i64>,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The bank will not pay.
    Rejected,
    /// The bank has it and has not decided or not settled.
    Pending,
    /// The money has left the account.
    Paid,
    /// The money left and came back.
    Returned,
    /// The bank used a code that has no meaning here; the code.
    Unknown(String),
}

/// Why an answer is refused. A refused answer has no effect at all.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// More than 10 MiB.
    #[error("The file is larger than 10 MiB.")]
    TooLarge,
    /// The bytes are not UTF-8.
    #[error("The file is not UTF-8 text.")]
    NotUtf8(#[source] std::str::Utf8Error),
    /// The file declares an encoding other than UTF-8.
    #[error("The file declares the encoding {0:?} instead of UTF-8.")]
    Encoding(String),
    /// A document type declaration, through which files fetch or multiply text.
    #[error("The file has a document type declaration, which bank files never have.")]
    DocumentType,
    /// An entity that XML itself does not define.
    #[error("The file uses the entity {0:?}, which XML does not define.")]
    Entity(String),
    /// Neither of the two messages that are understood.
    #[error("The file is neither pain.002.001.10 nor camt.054.001.08; its namespace is {0:?}.")]
    Namespace(String),
    /// More than 64 levels.
    #[error("The elements of the file are nested deeper than 64 levels.")]
    TooDeep,
    /// The file ends before its root element does.
    #[error("The file is cut off.")]
    Truncated,
    /// Not XML.
    #[error("The file is not well-formed XML: {0}.")]
    Syntax(#[from] quick_xml::Error),
    /// XML that no bank file can be.
    #[error("The file is not a bank file: {0}.")]
    Structure(&'static str),
    /// An element without which the answer means nothing.
    #[error("The file lacks the element {0}.")]
    Missing(&'static str),
    /// An id longer than 35 characters.
    #[error("The id {0:?} is longer than 35 characters.")]
    Id(String),
    /// An amount that is not a plain number with at most two decimals.
    #[error("{0:?} is not an amount in euros and cents.")]
    Amount(String),
    /// An amount in another currency than euros, or in none.
    #[error("An amount is in {0:?} instead of EUR.")]
    Currency(String),
    /// A direction other than `CRDT` and `DBIT`, or a truth value that is none.
    #[error("{value:?} is not a value of the element {element}.")]
    Value {
        /// The element.
        element: &'static str,
        /// What stands in it.
        value: String,
    },
    /// The file gives the whole payment file two different final statuses.
    #[error("The file gives the whole payment file two different statuses.")]
    Contradiction,
}

impl From<quick_xml::events::attributes::AttrError> for AnswerError {
    fn from(error: quick_xml::events::attributes::AttrError) -> Self {
        Self::Syntax(error.into())
    }
}

/// Reads a bank's answer; the namespace of the root element says which message it is.
pub fn read_answer(bytes: &[u8]) -> Result<BankAnswer, AnswerError> {
    let elements = Elements::open(bytes)?;
    match elements.namespace() {
        pain002::NAMESPACE => pain002::read(elements),
        camt054::NAMESPACE => camt054::read(elements),
        other => Err(AnswerError::Namespace(excerpt(other))),
    }
}

/// An id as banks send it; an empty one is missing.
pub(super) fn id(closed: &Closed, element: &'static str) -> Result<Option<String>, AnswerError> {
    match closed.text.chars().count() {
        0 => Err(AnswerError::Missing(element)),
        1..=ID_MAX => Ok(Some(closed.text.clone())),
        _ => Err(AnswerError::Id(excerpt(&closed.text))),
    }
}

/// An amount in euros, in cents.
pub(super) fn amount(closed: &Closed) -> Result<Option<i64>, AnswerError> {
    let currency = closed.currency.as_deref().unwrap_or_default();
    if currency != "EUR" {
        return Err(AnswerError::Currency(excerpt(currency)));
    }
    parse_cents(&closed.text)
        .map(Some)
        .ok_or_else(|| AnswerError::Amount(excerpt(&closed.text)))
}

/// A status code; an empty one is missing.
pub(super) fn code(closed: &Closed) -> Option<String> {
    Some(excerpt(&closed.text)).filter(|code| !code.is_empty())
}

/// Collects the codes and words of a bank into one line, such as `AC04: Closed account; AM05`.
#[derive(Debug, Clone, Default)]
pub(super) struct Reason(String);

impl Reason {
    pub(super) fn add_code(&mut self, code: &str) {
        self.add("; ", code);
    }

    pub(super) fn add_words(&mut self, words: &str) {
        self.add(": ", words);
    }

    fn add(&mut self, separator: &str, text: &str) {
        let room = REASON_MAX.saturating_sub(self.0.chars().count());
        let separator = if self.0.is_empty() { "" } else { separator };
        self.0.extend(separator.chars().chain(text.chars()).take(room));
    }

    pub(super) fn into_option(self) -> Option<String> {
        Some(self.0).filter(|reason| !reason.is_empty())
    }
}

#[cfg(test)]
mod tests;
