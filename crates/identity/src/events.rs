use chrono::NaiveDate;
use jobs::Event;
use kernel::{CityId, PersonId};
use serde::{Deserialize, Serialize};

/// Somebody lives in another municipality than was known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HomeMoved {
    /// Who.
    pub person: PersonId,
    /// The code of the municipality that she left.
    pub left: String,
    /// Her first civil day in the new one.
    pub first_day: NaiveDate,
    /// The city whose officer says so; none when the population register does.
    #[serde(default)]
    pub recorded_by: Option<CityId>,
}

impl Event for HomeMoved {
    const KIND: &'static str = "person.home_moved";
}
