//! Segments: groups of residents for which a city has programmes, such as family carers.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CityId, PersonId};
use sea_orm::entity::prelude::*;

/// A person in a segment of a city for some days, as an officer recorded it last.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment_member")]
pub struct Model {
    /// The city.
    #[sea_orm(primary_key, auto_increment = false)]
    pub city_id: CityId,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The name of the segment, as the rules of programmes spell it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub segment: String,
    /// The first civil day.
    pub from_day: NaiveDate,
    /// The last civil day; until further notice when there is none.
    pub until_day: Option<NaiveDate>,
    /// On what grounds.
    pub grounds: String,
    /// The officer.
    pub recorded_by: PersonId,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// The person is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
