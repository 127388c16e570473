//! The budget of a programme for a fiscal year, changes of it by two officers, and the pure decisions on them.

use chrono::{DateTime, Utc};
use kernel::{BasisPoints, BudgetChangeId, BudgetId, Cents, CityId, PersonId, ProgrammeId};
use ledger::Kind;
use sea_orm::entity::prelude::*;

use super::Refusal;
use crate::accounts;

/// A budget on which no more is promised than was appropriated.
pub const NO_OVERCOMMIT: BasisPoints = BasisPoints(10_000);
/// The most that may be promised of an appropriation: one and a half of it.
pub const MAX_OVERCOMMIT: BasisPoints = BasisPoints(15_000);

/// The budget of a programme for one fiscal year. Its id owns the accounts of [`crate::accounts`].
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_budget")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BudgetId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The calendar year it is charged to.
    pub fiscal_year: i32,
    /// What the council appropriated, in cents.
    pub amount_cents: Cents,
    /// How much of it may be promised in vouchers, in basis points from 10 000 to 15 000 (P4): experience tells that not all
    /// of it is used.
    pub overcommit_bp: BasisPoints,
}

/// A budget refers to its programme by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// True when more may be promised than was appropriated. Bookings of such a budget reserve cash, so that what is paid
    /// never exceeds the appropriation; on others the promises themselves see to that.
    pub fn is_overcommitted(&self) -> bool {
        self.overcommit_bp > NO_OVERCOMMIT
    }

    /// The account of promises, whose floor lies below zero by what may be promised beyond the appropriation.
    pub fn available(&self) -> Kind {
        Kind {
            floor: Some(-self.beyond().0),
            ..accounts::AVAILABLE
        }
    }

    /// What may be promised beyond the appropriation, in cents.
    pub fn beyond(&self) -> Cents {
        self.amount_cents.share(self.overcommit_bp) - self.amount_cents
    }

    /// The ratios that a change of it may have: whether cash is kept is decided when the year is opened, because bookings
    /// rely on it.
    pub fn ratios(&self) -> (BasisPoints, BasisPoints) {
        if self.is_overcommitted() {
            (BasisPoints(NO_OVERCOMMIT.0 + 1), MAX_OVERCOMMIT)
        } else {
            (NO_OVERCOMMIT, NO_OVERCOMMIT)
        }
    }

    /// Decides whether the appropriation may become `amount`, where `available` may still be promised and `cash` is not
    /// booked yet, none where no cash is kept. Answers how much is added, below zero for a cut.
    ///
    /// # Errors
    /// `BudgetCommitted` when more than that is promised or booked.
    pub fn resize(&self, amount: Cents, available: Cents, cash: Option<Cents>) -> Result<Cents, Refusal> {
        let added = amount - self.amount_cents;
        let resized = Self {
            amount_cents: amount,
            ..self.clone()
        };
        let promised = available + added + resized.beyond() >= Cents::ZERO;
        let booked = cash.is_none_or(|cash| cash + added >= Cents::ZERO);
        if promised && booked {
            Ok(added)
        } else {
            Err(Refusal::BudgetCommitted)
        }
    }
}

/// Changes of budgets.
pub mod change {
    use super::{BasisPoints, BudgetChangeId, Cents, CityId, DateTime, PersonId, ProgrammeId, Refusal, Utc};
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// How far a change has come.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
    pub enum State {
        /// One officer proposes it.
        Proposed,
        /// Another officer has confirmed it: the money has moved.
        Confirmed,
        /// An officer has taken it back.
        Withdrawn,
    }

    /// What the budget of a programme for a fiscal year is to be: a new year, or another amount (P5). Moves nothing until a
    /// second officer confirms it.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
    #[sea_orm(table_name = "budget_change")]
    pub struct Model {
        /// Its id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BudgetChangeId,
        /// The city.
        pub city_id: CityId,
        /// The programme.
        pub programme_id: ProgrammeId,
        /// The calendar year.
        pub fiscal_year: i32,
        /// What the appropriation of the year is to be in all, in cents.
        pub amount_cents: Cents,
        /// How much of it may be promised, in basis points.
        pub overcommit_bp: BasisPoints,
        /// How far it has come.
        pub state: State,
        /// The officer who proposed it.
        pub proposed_by: PersonId,
        /// The officer who confirmed it.
        pub confirmed_by: Option<PersonId>,
        /// When it was proposed.
        pub created_at: DateTime<Utc>,
        /// Counts the changes, for optimistic locking.
        pub version: i32,
    }

    /// A change refers to its programme by id.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    impl Model {
        /// Decides whether `officer`, who read version `expected`, may confirm it.
        pub fn confirm(&self, officer: PersonId, expected: i32) -> Result<State, Refusal> {
            self.open(expected)?;
            if self.proposed_by == officer {
                return Err(Refusal::FourEyes);
            }
            Ok(State::Confirmed)
        }

        /// True when more of `budget` may be promised by it than before.
        pub fn raises(&self, budget: &super::Model) -> bool {
            self.amount_cents.share(self.overcommit_bp) > budget.amount_cents.share(budget.overcommit_bp)
        }

        /// Decides whether an officer who read version `expected` may take it back.
        pub fn withdraw(&self, expected: i32) -> Result<State, Refusal> {
            self.open(expected).map(|()| State::Withdrawn)
        }

        fn open(&self, expected: i32) -> Result<(), Refusal> {
            match self.state {
                State::Proposed if self.version == expected => Ok(()),
                State::Proposed => Err(Refusal::Stale),
                State::Confirmed | State::Withdrawn => Err(Refusal::BudgetChangeDone),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    fn budget(amount: i64, overcommit: i32) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: BudgetId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            programme_id: ProgrammeId::from_uuid(id(3)),
            fiscal_year: 2027,
            amount_cents: Cents(amount),
            overcommit_bp: BasisPoints(overcommit),
        }
    }

    #[test]
    fn promises_go_beyond_the_appropriation_by_the_ratio() {
        assert_eq!(budget(10_000, 10_000).available().floor, Some(0));
        assert_eq!(budget(10_000, 11_500).available().floor, Some(-1_500));
        assert_eq!(budget(3, 15_000).available().floor, Some(-2));
        assert!(!budget(1, 10_000).is_overcommitted() && budget(1, 10_001).is_overcommitted());
    }

    #[test]
    fn is_never_cut_below_what_is_committed() {
        let plain = budget(10_000, 10_000);
        assert_eq!(plain.resize(Cents(12_000), Cents(0), None), Ok(Cents(2_000)));
        assert_eq!(plain.resize(Cents(6_000), Cents(4_000), None), Ok(Cents(-4_000)));
        assert_eq!(
            plain.resize(Cents(5_999), Cents(4_000), None),
            Err(Refusal::BudgetCommitted)
        );
        // 11 500 may be promised and are; 7 000 are booked.
        let promised = budget(10_000, 11_500);
        let resize = |amount, available, cash| promised.resize(Cents(amount), Cents(available), Some(Cents(cash)));
        assert_eq!(resize(9_999, -1_500, 3_000), Err(Refusal::BudgetCommitted));
        assert_eq!(resize(10_001, -1_500, 3_000), Ok(Cents(1)));
        assert_eq!(resize(7_000, 10_000, 3_000), Ok(Cents(-3_000)));
        assert_eq!(resize(6_999, 10_000, 3_000), Err(Refusal::BudgetCommitted));
    }

    #[test]
    fn another_officer_confirms_a_change_once() {
        let person = |n| PersonId::from_uuid(Uuid::from_u128(n));
        let change = |state| change::Model {
            id: BudgetChangeId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            programme_id: ProgrammeId::from_uuid(Uuid::from_u128(3)),
            fiscal_year: 2028,
            amount_cents: Cents(1),
            overcommit_bp: NO_OVERCOMMIT,
            state,
            proposed_by: person(5),
            confirmed_by: None,
            created_at: DateTime::UNIX_EPOCH,
            version: 1,
        };
        let proposed = change(change::State::Proposed);
        assert_eq!(proposed.confirm(person(6), 1), Ok(change::State::Confirmed));
        assert_eq!(proposed.confirm(person(5), 1), Err(Refusal::FourEyes));
        assert_eq!(proposed.confirm(person(6), 2), Err(Refusal::Stale));
        assert_eq!(proposed.withdraw(1), Ok(change::State::Withdrawn));
        for done in [change::State::Confirmed, change::State::Withdrawn] {
            assert_eq!(change(done).confirm(person(6), 1), Err(Refusal::BudgetChangeDone));
            assert_eq!(change(done).withdraw(1), Err(Refusal::BudgetChangeDone));
        }
    }
}
