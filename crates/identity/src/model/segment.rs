//! Segments: groups of residents for which a city has programmes, such as family carers.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CityId, PersonId};
use sea_orm::entity::prelude::*;

/// A person in a segment of a city for some days, as an officer recorded it last. The days of one segment of a person
/// share none with each other.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment_period")]
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
    #[sea_orm(primary_key, auto_increment = false)]
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

/// What becomes of a period when another one is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivesWay {
    /// They share no day, or the new one begins on the same day and takes its row.
    No,
    /// It ends on this day.
    Until(NaiveDate),
    /// The new one has taken its place.
    Whole,
}

impl Model {
    /// Decides what becomes of this period of a segment when `new` is recorded of the same one: the days of `new` are as
    /// recorded last, those before it stay.
    pub(crate) fn gives_way(&self, new: &Self) -> GivesWay {
        let apart = self.until_day.is_some_and(|last| last < new.from_day)
            || new.until_day.is_some_and(|last| last < self.from_day);
        match new.from_day.pred_opt() {
            _ if apart || self.from_day == new.from_day => GivesWay::No,
            Some(last) if self.from_day <= last => GivesWay::Until(last),
            _ => GivesWay::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    #[test]
    fn days_that_were_recorded_before_stay() {
        let period = |from: &str, until: Option<&str>| Model {
            city_id: CityId::from_uuid(Uuid::from_u128(1)),
            person_id: PersonId::from_uuid(Uuid::from_u128(2)),
            segment: "omaishoitajat".into(),
            from_day: from.parse().unwrap(),
            until_day: until.map(|day| day.parse().unwrap()),
            grounds: "Päätös.".into(),
            recorded_by: PersonId::from_uuid(Uuid::from_u128(3)),
            recorded_at: DateTime::UNIX_EPOCH,
        };
        let autumn = period("2027-09-01", Some("2027-12-31"));
        let cases = [
            (period("2027-01-01", Some("2027-08-31")), GivesWay::No),
            (period("2028-01-01", None), GivesWay::No),
            (
                period("2027-01-01", None),
                GivesWay::Until("2027-08-31".parse().unwrap()),
            ),
            (period("2027-10-01", None), GivesWay::Whole),
            (period("2027-09-01", None), GivesWay::No),
        ];
        for (before, expected) in cases {
            assert_eq!(before.gives_way(&autumn), expected, "{before:?}");
        }
    }
}
