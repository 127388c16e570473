//! A version of the canvas of a programme (Kuntakanvas, P8).

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{CanvasId, CityId, ErrorCode, FieldError, LocalizedText, PersonId, ProgrammeId, field};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;

/// Longest text of a canvas in one language, in characters.
const MAX_CHARS: usize = 5_000;
/// Most indicators of a canvas, and most measurements of an indicator.
const MAX_ITEMS: usize = 50;
/// The largest value of an indicator.
const MAX_VALUE: i32 = 1_000_000_000;

/// What a programme is for, for whom and by whom, and how the city sees whether it helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Whom the programme is for.
    pub target_group: LocalizedText,
    /// What they need.
    pub need: LocalizedText,
    /// What it promises them.
    pub value_promise: LocalizedText,
    /// How they learn of it and are served.
    pub channels: LocalizedText,
    /// With whom the city does it.
    pub partners: LocalizedText,
    /// What it takes: people, money, premises.
    pub resources: LocalizedText,
    /// By what the city sees whether it helps, at most 50.
    pub indicators: Vec<Indicator>,
}

/// Something that is counted: where it was, where it shall be, where it came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Indicator {
    /// What is counted.
    pub name: LocalizedText,
    /// In what it is counted, such as `visits` or `‰`, at most 40 characters.
    pub unit: String,
    /// The value before the programme, in whole units.
    pub baseline: i32,
    /// The value aimed at, in whole units.
    pub target: i32,
    /// What was measured, at most 50.
    pub measured: Vec<Measurement>,
}

/// A value of an indicator on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// The civil day.
    pub day: NaiveDate,
    /// The value, in whole units.
    pub value: i32,
}

/// A version of the canvas of a programme. Each save makes a new one; none is ever changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_canvas")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CanvasId,
    /// The city.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// 1 for the first version, one more for each that follows.
    pub version: i32,
    /// What it says.
    pub content: Content,
    /// The officer who wrote it.
    pub written_by: PersonId,
    /// When.
    pub written_at: DateTime<Utc>,
}

/// A canvas refers to its programme by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The version that follows `latest`, for an officer who read version `expected`; 0 stands for no canvas.
///
/// # Errors
/// `Stale` when somebody has written one since.
pub fn next_version(latest: i32, expected: i32) -> Result<i32, Refusal> {
    if latest == expected {
        Ok(latest + 1)
    } else {
        Err(Refusal::Stale)
    }
}

impl Content {
    /// Checks every field; wrong ones are named as in `content` of an input.
    pub(crate) fn checked(self, bilingual: bool) -> Result<Self, FieldError> {
        let text = |name, text: LocalizedText| text.checked(name, MAX_CHARS, bilingual);
        if self.indicators.len() > MAX_ITEMS {
            return Err(FieldError::new("indicators", ErrorCode::TooManyItems).with("max", MAX_ITEMS));
        }
        let indicators = self
            .indicators
            .into_iter()
            .map(|indicator| indicator.checked(bilingual));
        Ok(Self {
            target_group: text("targetGroup", self.target_group)?,
            need: text("need", self.need)?,
            value_promise: text("valuePromise", self.value_promise)?,
            channels: text("channels", self.channels)?,
            partners: text("partners", self.partners)?,
            resources: text("resources", self.resources)?,
            indicators: indicators.collect::<Result<_, _>>()?,
        })
    }
}

impl Indicator {
    fn checked(mut self, bilingual: bool) -> Result<Self, FieldError> {
        if self.measured.len() > MAX_ITEMS {
            return Err(FieldError::new("indicators", ErrorCode::TooManyItems).with("max", MAX_ITEMS));
        }
        for value in [self.baseline, self.target] {
            field::number("indicators", value, 0, MAX_VALUE)?;
        }
        for measurement in &self.measured {
            field::number("indicators", measurement.value, 0, MAX_VALUE)?;
            field::number("indicators", measurement.day.year(), 2000, 2199)?;
        }
        self.measured.sort_by_key(|measurement| measurement.day);
        if self.measured.windows(2).any(|pair| pair[0].day == pair[1].day) {
            return Err(FieldError::new("indicators", ErrorCode::AlreadyExists));
        }
        Ok(Self {
            name: self.name.checked_line("indicators", 200, bilingual)?,
            unit: field::line("indicators", &self.unit, 40)?,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fi: &str) -> LocalizedText {
        LocalizedText {
            fi: fi.into(),
            sv: None,
            en: None,
        }
    }

    fn content(indicators: Vec<Indicator>) -> Content {
        Content {
            target_group: text("Yli 75-vuotiaat"),
            need: text("Yksinäisyys"),
            value_promise: text("Joka viikko seuraa"),
            channels: text("Kirjastot"),
            partners: text("Järjestöt"),
            resources: text("Kaksi ohjaajaa"),
            indicators,
        }
    }

    fn indicator(days: &[&str]) -> Indicator {
        let measured = days.iter().map(|day| Measurement {
            day: day.parse().unwrap(),
            value: 7,
        });
        Indicator {
            name: text("Käynnit"),
            unit: "kpl".into(),
            baseline: 0,
            target: 100,
            measured: measured.collect(),
        }
    }

    #[test]
    fn a_save_follows_the_version_that_was_read() {
        assert_eq!(next_version(0, 0), Ok(1));
        assert_eq!(next_version(3, 3), Ok(4));
        assert_eq!(next_version(3, 2), Err(Refusal::Stale));
        assert_eq!(next_version(0, 1), Err(Refusal::Stale));
    }

    #[test]
    fn measurements_come_in_the_order_of_days_and_once_a_day() {
        let checked = content(vec![indicator(&["2027-02-01", "2027-01-01"])]).checked(false);
        let days = checked.unwrap().indicators[0].measured.clone();
        assert!(days[0].day < days[1].day);
        let twice = content(vec![indicator(&["2027-02-01", "2027-02-01"])]).checked(false);
        assert_eq!(twice.unwrap_err().code, ErrorCode::AlreadyExists);
        let many = content(vec![indicator(&[]); 51]).checked(false);
        assert_eq!(many.unwrap_err().code, ErrorCode::TooManyItems);
        let finnish = content(Vec::new()).checked(true);
        assert_eq!(finnish.unwrap_err().field, "targetGroup");
    }
}
