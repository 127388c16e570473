//! Which cities have recorded a person, and so may look at what is recorded of her.

use chrono::{DateTime, Utc};
use kernel::{CityId, PersonId};
use sea_orm::entity::prelude::*;

/// A city that has recorded the code of a person.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person_of_city")]
pub(crate) struct Model {
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The city.
    #[sea_orm(primary_key, auto_increment = false)]
    pub city_id: CityId,
    /// The officer who recorded her first.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// The person is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
