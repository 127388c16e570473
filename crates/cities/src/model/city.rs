//! A city.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use kernel::{CityId, LocalizedText};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Deserializer};

/// A tenant: the organiser that approves providers, grants vouchers and pays (järjestäjä).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "city")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CityId,
    /// The municipality code (kuntakoodi), three digits with leading zeros.
    #[sea_orm(unique)]
    pub code: String,
    /// Its name.
    pub name: LocalizedText,
    /// Its business id (Y-tunnus), which names the payer in payment files.
    pub business_id: String,
    /// The zone of its civil days.
    pub zone: Zone,
    /// True where Swedish texts are mandatory.
    pub bilingual: bool,
    /// The account it pays from (IBAN).
    pub iban: String,
}

/// Other records refer to a city by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The civil day of `instant` in this city.
    pub fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        kernel::civil_day(instant, self.zone.0)
    }
}

/// A zone of civil days, an IANA name such as `Europe/Helsinki` in the database and in data.
///
/// A name that this release does not know is refused where it is read: no day is computed in a zone that was guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DeriveValueType)]
#[sea_orm(value_type = "String")]
pub struct Zone(pub Tz);

/// The text names no zone that this release knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown zone {0:?}")]
pub struct UnknownZone(String);

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_unknown| UnknownZone(name.to_owned()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name() {
        let zone: Zone = "Europe/Helsinki".parse().unwrap();
        assert_eq!(zone.to_string(), "Europe/Helsinki");
        let unknown = "Europe/Ankdamm".parse::<Zone>().unwrap_err();
        assert_eq!(unknown.to_string(), "unknown zone \"Europe/Ankdamm\"");
    }
}
