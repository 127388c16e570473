//! Voucher programmes of a city: what a voucher is worth, for which service, for how long, and from which budget.
//!
//! ```text
//! DRAFT ──publish (another officer)──▶ PUBLISHED ──close──▶ CLOSED
//! ```
//!
//! Publishing moves the budget of the fiscal year from the appropriation to `programme.available`, from where
//! vouchers are granted; that account cannot fall below zero, so grants never exceed the budget. Two officers add the
//! budgets of later years and resize them ([`model::budget`]). Of a budget more may be promised than it has; then a second
//! chain, `programme.cash`, is what bookings may take, so that nothing is paid beyond the appropriation.
//!
//! What a voucher is worth and what a place may cost stands in the programme's terms ([`Terms`]), each in force for a
//! period. The first are drafted and published with the programme; later ones by themselves, by two officers as well.
//! Published periods share no day, and a day without terms takes no booking.
//!
//! A programme grants in euros, or in visits or hours beside the money that these can cost at most ([`model::unit`]); which,
//! is decided with the draft.
//!
//! What its providers commit themselves to stands in its rulebook ([`Rulebook`]): versions that two officers make and
//! that never change. `providers` keeps who has accepted which.
//!
//! How to add a use case: a constant in [`policy`], a query in `store.rs`, the decision on the record in `model.rs`,
//! the use case in the file of its noun.

pub mod accounts;
mod budget;
mod canvas;
mod conditions;
pub mod deadlines;
pub mod eligibility;
mod error;
mod events;
pub mod model;
pub mod policy;
mod programme;
mod rulebook;
mod store;
mod terms;
pub mod value;
mod would_pay;

pub use budget::{BudgetStatus, NewBudgetChange, find_budget};
pub use conditions::Conditions;
pub use error::{Error, InvalidAssessment};
pub use events::{BudgetRaised, RulebookPublished};
pub use model::budget::change::{Model as BudgetChange, State as BudgetChangeState};
pub use model::canvas::Model as Canvas;
pub use model::parameters::{FinancingMode, Limits, Parameters, Replenishment};
pub use model::rulebook::{Model as Rulebook, State as RulebookState};
pub use model::terms::{Model as Terms, PriceMode, State as TermsState};
pub use model::{Budget, Model as Programme, Organiser, State, Unit};
pub use programme::{NewProgramme, ProgrammeChange, find_public, get, keep_with_budget};
pub use rulebook::{RulebookContent, published_rulebook};
pub use terms::{NewTerms, TermsContent, published_terms, replenishing_terms, reviewing_terms};
pub use would_pay::{Estimate, Question};

/// The use cases on programmes.
#[derive(Clone)]
pub struct Programmes {
    db: db::Db,
    cities: cities::Cities,
}

impl Programmes {
    /// Uses `db` for its records and `cities` for languages and zones.
    pub fn new(db: db::Db, cities: cities::Cities) -> Self {
        Self { db, cities }
    }
}
