//! Something that officers of a city have to see to.

use chrono::{DateTime, Utc};
use kernel::{CityId, PersonId, TaskId, VoucherId};
use sea_orm::entity::prelude::*;

use super::Refusal;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A resident has refused a voucher: the city has to arrange the service otherwise (Act 569/2009, 6 §).
    ArrangeOtherwise,
    /// The budget did not cover what a voucher was to be filled with for a month (V10).
    ReplenishmentRefused,
    /// A resident has not told her income in time (V7).
    IncomeNotTold,
}

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Somebody has to see to it.
    Open,
    /// Somebody has.
    Closed,
}

/// A task of the officers of a city.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "officer_task")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    /// The city.
    pub city_id: CityId,
    /// What is to be done.
    pub kind: Kind,
    /// The voucher it is about.
    pub voucher_id: VoucherId,
    /// How far it has come.
    pub state: State,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// The officer who closed it.
    pub closed_by: Option<PersonId>,
    /// When.
    pub closed_at: Option<DateTime<Utc>>,
    /// What was done, in her words.
    pub outcome: Option<String>,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
}

/// A task refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Decides whether an officer who read version `expected` may close it.
    pub fn close(&self, expected: i32) -> Result<State, Refusal> {
        match self.state {
            State::Open if self.version == expected => Ok(State::Closed),
            State::Open => Err(Refusal::Stale),
            State::Closed => Err(Refusal::State),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    #[test]
    fn is_closed_once() {
        let task = |state| Model {
            id: TaskId::from_uuid(Uuid::from_u128(1)),
            city_id: CityId::from_uuid(Uuid::from_u128(2)),
            kind: Kind::ArrangeOtherwise,
            voucher_id: VoucherId::from_uuid(Uuid::from_u128(3)),
            state,
            created_at: DateTime::UNIX_EPOCH,
            closed_by: None,
            closed_at: None,
            outcome: None,
            version: 1,
        };
        assert_eq!(task(State::Open).close(1), Ok(State::Closed));
        assert_eq!(task(State::Open).close(2), Err(Refusal::Stale));
        assert_eq!(task(State::Closed).close(1), Err(Refusal::State));
    }
}
