//! What else the population register says of a person, as it was read last.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::PersonId;
use sea_orm::entity::prelude::*;

/// The last word of the register on a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "population_record")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// How many persons live in her household.
    pub household_size: Option<i32>,
    /// The day of her death.
    pub deceased_on: Option<NaiveDate>,
    /// When it was read and differed from what was known.
    pub read_at: DateTime<Utc>,
}

/// The person is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
