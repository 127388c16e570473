//! A payment order to the bank.

use bookings::accounts::PAYABLE;
use kernel::{Cents, CityId, CompanyId, PaymentId, RunId, StatementId, TypedId};
use ledger::Kind;
use sea_orm::entity::prelude::*;

use crate::accounts::{CLEARING, PAID};

/// How far a payment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Its run is confirmed and not sent yet.
    Pending,
    /// It is in a payment file and the bank has not decided.
    Sent,
    /// The bank has paid it.
    Paid,
    /// The bank will not pay it.
    Rejected,
    /// The bank paid it and the money came back.
    Returned,
    /// Its run was cancelled before it was sent.
    Cancelled,
}

/// What a bank says about a payment, as far as it is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Word {
    /// It has not decided.
    Pending,
    /// The money has left.
    Paid,
    /// It will not pay.
    Rejected,
    /// The money left and came back.
    Returned,
}

/// What a bank's word does to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The payment goes to this state and its money with it.
    To(State),
    /// It still waits for the bank.
    Waits,
    /// It was known, or newer news came first: nothing moves.
    Known,
    /// It cannot be true beside what the bank said before, or the bank cannot know the payment: for a person.
    Contradiction,
}

impl State {
    /// What becomes of a payment when the bank speaks.
    ///
    /// A return that overtakes its booking ends where both in order would. A bank that pays what it rejected, or
    /// rejects what it paid, contradicts itself: no rule could guess where the money is.
    pub fn on(self, word: Word) -> Step {
        match (self, word) {
            (Self::Sent, Word::Pending) => Step::Waits,
            (Self::Sent, Word::Paid) => Step::To(Self::Paid),
            (Self::Sent, Word::Rejected) => Step::To(Self::Rejected),
            (Self::Sent | Self::Paid, Word::Returned) => Step::To(Self::Returned),
            (Self::Paid, Word::Pending | Word::Paid)
            | (Self::Rejected, Word::Pending | Word::Rejected | Word::Returned)
            | (Self::Returned, _) => Step::Known,
            (Self::Paid, Word::Rejected) | (Self::Rejected, Word::Paid) | (Self::Pending | Self::Cancelled, _) => {
                Step::Contradiction
            }
        }
    }

    /// The kind of account that holds the money of a payment in this state.
    pub fn held_in(self) -> Kind {
        match self {
            Self::Pending | Self::Sent => CLEARING,
            Self::Paid => PAID,
            Self::Rejected | Self::Returned | Self::Cancelled => PAYABLE,
        }
    }

    /// What the transfer is called that brings the money of a payment here.
    pub fn posting(self) -> &'static str {
        match self {
            Self::Pending => "payment.confirm",
            Self::Sent => "payment.send",
            Self::Paid => "payment.pay",
            Self::Rejected => "payment.reject",
            Self::Returned => "payment.return",
            Self::Cancelled => "payment.cancel",
        }
    }

    /// The states in which the company's money is on its way or has arrived.
    pub const UNDER_WAY: [Self; 3] = [Self::Pending, Self::Sent, Self::Paid];
    /// The states of payments that the next run pays again.
    pub const FAILED: [Self; 2] = [Self::Rejected, Self::Returned];
}

/// The payment of one statement (maksu).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// The run.
    pub run_id: RunId,
    /// The statement it pays.
    #[sea_orm(unique)]
    pub statement_id: StatementId,
    /// The city that pays.
    pub city_id: CityId,
    /// The company that is paid.
    pub company_id: CompanyId,
    /// Names it in every answer of the bank; never used twice.
    #[sea_orm(unique)]
    pub end_to_end_id: String,
    /// How much, in cents.
    pub amount_cents: Cents,
    /// The account that is paid (IBAN).
    pub iban: String,
    /// Whose account it is.
    pub name: String,
    /// The creditor reference that the payee sees.
    pub reference: String,
    /// How far it has come.
    pub state: State,
    /// Why the bank rejected or returned it, in its code and words.
    pub reason: Option<String>,
    /// The statement of a later run that pays it again, once it failed.
    pub carried_to: Option<StatementId>,
}

/// A payment refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The account of `kind` that this payment's money passes.
    pub fn account(&self, kind: Kind) -> (Kind, Uuid) {
        let owner = match kind {
            CLEARING => self.run_id.uuid(),
            PAID => self.city_id.uuid(),
            _ => self.company_id.uuid(),
        };
        (kind, owner)
    }

    /// True when the amount that the bank names is that of the payment, or it names none.
    pub fn agrees_with(&self, amount: Option<Cents>) -> bool {
        amount.is_none_or(|amount| amount == self.amount_cents)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn follows_the_table_of_the_banks_words() {
        use {State as S, Step as T, Word as W};
        let table = [
            (S::Pending, [T::Contradiction; 4]),
            (S::Cancelled, [T::Contradiction; 4]),
            (
                S::Sent,
                [T::Waits, T::To(S::Paid), T::To(S::Rejected), T::To(S::Returned)],
            ),
            (S::Paid, [T::Known, T::Known, T::Contradiction, T::To(S::Returned)]),
            (S::Rejected, [T::Known, T::Contradiction, T::Known, T::Known]),
            (S::Returned, [T::Known; 4]),
        ];
        assert_eq!(table.len(), S::iter().count());
        for (state, steps) in table {
            for (word, step) in W::iter().zip(steps) {
                assert_eq!(state.on(word), step, "{state:?} {word:?}");
            }
        }
    }

    fn words() -> impl Strategy<Value = Vec<Word>> {
        prop::collection::vec(prop::sample::select(Word::iter().collect::<Vec<_>>()), 0..12)
    }

    proptest! {
        /// The money of a payment is in one place at every moment, and a repeated word moves nothing.
        #[test]
        fn no_sequence_of_words_makes_or_loses_money(words in words()) {
            let mut state = State::Sent;
            let mut held = [(PAYABLE, 0i64), (CLEARING, 1), (PAID, 0)];
            for word in words {
                if let Step::To(next) = state.on(word) {
                    for (kind, cents) in &mut held {
                        *cents += i64::from(*kind == next.held_in()) - i64::from(*kind == state.held_in());
                    }
                    state = next;
                }
                prop_assert!(!matches!(state.on(word), Step::To(_)), "a repeated word moves nothing");
                prop_assert_eq!(held.iter().map(|(_, cents)| cents).sum::<i64>(), 1);
                prop_assert!(held.iter().all(|(_, cents)| *cents >= 0));
                prop_assert!(held.iter().any(|(kind, cents)| *kind == state.held_in() && *cents == 1));
            }
        }
    }
}
