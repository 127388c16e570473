//! What is recorded of residents, for the contexts that decide by it.

use std::collections::HashMap;

use chrono::NaiveDate;
use kernel::{CityId, PersonId};
use sea_orm::ConnectionTrait;

use crate::model::home::Model as Home;
use crate::model::segment::Model as Segment;
use crate::store;

/// What is recorded of a resident, as far as rules of programmes read it. Nothing here is her own word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Her day of birth, as her code tells it.
    pub born: Option<NaiveDate>,
    /// Her homes.
    pub homes: Vec<Home>,
    /// How many persons live in her household.
    pub household_size: Option<i32>,
    /// Her segments in the city that asks.
    pub segments: Vec<Segment>,
}

impl Facts {
    /// The municipality in which she lives on a civil day.
    pub fn home_on(&self, day: NaiveDate) -> Option<&str> {
        let covers = |home: &&Home| home.from_day <= day && home.until_day.is_none_or(|last| day <= last);
        self.homes.iter().find(covers).map(|home| home.municipality.as_str())
    }

    /// Whether she is in a segment on a civil day.
    pub fn in_segment(&self, name: &str, day: NaiveDate) -> bool {
        self.segments.iter().any(|segment| {
            segment.segment == name && segment.from_day <= day && segment.until_day.is_none_or(|last| day <= last)
        })
    }
}

/// What is recorded of each of `persons`, in four statements for each 500 of them; `city` is the one that asks. The caller
/// decides about a voucher or a booking of each of them.
pub async fn facts_of(
    conn: &impl ConnectionTrait,
    city: CityId,
    persons: &[PersonId],
) -> Result<HashMap<PersonId, Facts>, db::Error> {
    let mut facts: HashMap<PersonId, Facts> = persons.iter().map(|person| (*person, Facts::default())).collect();
    for chunk in persons.chunks(store::CHUNK) {
        for (person, born) in store::population::born_of(conn, chunk).await? {
            facts.entry(person).or_default().born = Some(born);
        }
        for home in store::population::homes_of(conn, chunk).await? {
            facts.entry(home.person_id).or_default().homes.push(home);
        }
        for record in store::population::records_of(conn, chunk).await? {
            facts.entry(record.person_id).or_default().household_size = record.household_size;
        }
        for segment in store::population::segments_of(conn, city, chunk).await? {
            facts.entry(segment.person_id).or_default().segments.push(segment);
        }
    }
    Ok(facts)
}
