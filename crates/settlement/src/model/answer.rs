//! A bank's answer that was taken in, and what each of its entries did.

use chrono::{DateTime, Utc};
use kernel::{AnswerId, CityId, PersonId};
use sea_orm::entity::prelude::*;

use super::payment::{self, Step, Word};
use crate::bank::answer as bank;

/// Which message an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// `pain.002`: what the bank thinks of a payment file.
    StatusReport,
    /// `camt.054`: what was booked on the city's account.
    Notification,
}

/// How far an answer has been worked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// It is stored; some entries may not have had their effect yet.
    Received,
    /// Every entry has had its effect.
    Applied,
}

/// An uploaded answer of the bank. The same bytes are taken in once for each city.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_answer")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AnswerId,
    /// The city that uploaded it.
    pub city_id: CityId,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// Which message it is.
    pub kind: Kind,
    /// The bank's own id of it.
    pub message_id: String,
    /// How far it has been worked through.
    pub state: State,
    /// The clerk who uploaded it.
    pub uploaded_by: PersonId,
    /// When.
    pub received_at: DateTime<Utc>,
}

/// An answer refers to its city by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a bank says about one payment, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It has not decided.
    Pending,
    /// The money has left.
    Paid,
    /// It will not pay.
    Rejected,
    /// The money left and came back.
    Returned,
    /// A code or a movement that has no meaning here.
    Unknown,
}

impl Outcome {
    fn word(self) -> Option<Word> {
        Some(match self {
            Self::Pending => Word::Pending,
            Self::Paid => Word::Paid,
            Self::Rejected => Word::Rejected,
            Self::Returned => Word::Returned,
            Self::Unknown => return None,
        })
    }
}

/// What an entry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Effect {
    /// The payment changed its state.
    Applied,
    /// The payment still waits for the bank.
    Waits,
    /// It was known already; nothing moved.
    Duplicate,
    /// The city has no payment with this id; nothing moved.
    UnknownPayment,
    /// The bank names another amount than the payment has; nothing moved.
    WrongAmount,
    /// It cannot be true beside what the bank said before; nothing moved.
    Contradiction,
    /// The bank's code has no meaning here; nothing moved.
    NotUnderstood,
    /// A booked movement that names no payment, such as a fee; nothing moved.
    NoPaymentNamed,
}

/// The entries of answers.
pub mod entry {
    use kernel::{AnswerId, Cents};
    use sea_orm::entity::prelude::*;

    use super::{Effect, Outcome};

    /// One entry of an answer and what it did.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bank_answer_entry")]
    pub struct Model {
        /// The answer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub answer_id: AnswerId,
        /// Its place in the answer, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i32,
        /// The payment it names.
        pub end_to_end_id: Option<String>,
        /// What the bank says.
        pub outcome: Outcome,
        /// Why, in the bank's code and words.
        pub reason: Option<String>,
        /// The amount the bank names, in cents.
        pub amount_cents: Option<Cents>,
        /// What it did; none until it has been worked through.
        pub effect: Option<Effect>,
    }

    /// An entry refers to its answer by id.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl entry::Model {
    /// Decides what the entry does to the payment it names, locked: the effect, and the state to which the payment
    /// goes.
    pub fn judge(&self, payment: Option<&payment::Model>) -> (Effect, Option<payment::State>) {
        let Some(payment) = payment else {
            return (Effect::UnknownPayment, None);
        };
        let Some(word) = self.outcome.word() else {
            return (Effect::NotUnderstood, None);
        };
        match payment.state.on(word) {
            Step::Waits => (Effect::Waits, None),
            Step::Known => (Effect::Duplicate, None),
            Step::Contradiction => (Effect::Contradiction, None),
            Step::To(_) if !payment.agrees_with(self.amount_cents) => (Effect::WrongAmount, None),
            Step::To(next) => (Effect::Applied, Some(next)),
        }
    }
}

impl From<bank::AnswerKind> for Kind {
    fn from(kind: bank::AnswerKind) -> Self {
        match kind {
            bank::AnswerKind::StatusReport => Self::StatusReport,
            bank::AnswerKind::Notification => Self::Notification,
        }
    }
}

impl From<&bank::Outcome> for Outcome {
    fn from(outcome: &bank::Outcome) -> Self {
        match outcome {
            bank::Outcome::Pending => Self::Pending,
            bank::Outcome::Paid => Self::Paid,
            bank::Outcome::Rejected => Self::Rejected,
            bank::Outcome::Returned => Self::Returned,
            bank::Outcome::Unknown(_) => Self::Unknown,
        }
    }
}
