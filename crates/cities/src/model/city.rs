//! A city.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use kernel::{CityId, LocalizedText};
use sea_orm::entity::prelude::*;

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
    /// The zone of its civil days, an IANA name.
    pub zone: String,
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
    /// The zone of its civil days; Finland's where the stored name is unknown to this release.
    pub fn tz(&self) -> Tz {
        self.zone.parse().unwrap_or(chrono_tz::Europe::Helsinki)
    }

    /// The civil day of `instant` in this city.
    pub fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        kernel::civil_day(instant, self.tz())
    }
}
