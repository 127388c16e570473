//! In which municipality somebody lived on which days (kotikunta).

use chrono::{DateTime, NaiveDate, Utc};
use kernel::PersonId;
use sea_orm::entity::prelude::*;

/// From where a record comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Origin {
    /// An officer recorded it with grounds.
    Officer,
    /// The population register says so.
    Register,
}

/// A home municipality for some days. The days of a person share none with each other, and one at most has no end.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "home")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: PersonId,
    /// The first civil day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_day: NaiveDate,
    /// The last civil day; until further notice when there is none.
    pub until_day: Option<NaiveDate>,
    /// The municipality code, three digits.
    pub municipality: String,
    /// From where it is known.
    pub origin: Origin,
    /// The officer who recorded it; none for what the register says.
    pub recorded_by: Option<PersonId>,
    /// When.
    pub recorded_at: DateTime<Utc>,
}

/// The person is read beside it.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a word about somebody's home does to what was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It was known.
    Nothing,
    /// It is the first home that is known.
    Begin,
    /// The present one was wrong from its first day on.
    Correct,
    /// The present one ends on this day, and the new one begins on the next.
    Move(NaiveDate),
}

impl Model {
    /// Decides what it means that somebody lives in `municipality` since `since`, beside her `present` home.
    pub(crate) fn step(present: Option<&Self>, municipality: &str, since: NaiveDate) -> Step {
        match present {
            None => Step::Begin,
            Some(present) if present.municipality == municipality => Step::Nothing,
            Some(present) => match since.pred_opt() {
                Some(last) if last >= present.from_day => Step::Move(last),
                _ => Step::Correct,
            },
        }
    }
}

/// True for a municipality code (kuntakoodi): three digits.
pub fn is_municipality(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use kernel::TypedId;

    use super::*;

    #[test]
    fn moving_ends_the_present_home_the_day_before() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let present = Model {
            person_id: PersonId::from_uuid(Uuid::from_u128(1)),
            from_day: day("2026-05-01"),
            until_day: None,
            municipality: "837".into(),
            origin: Origin::Register,
            recorded_by: None,
            recorded_at: DateTime::UNIX_EPOCH,
        };
        let step = |municipality, since| Model::step(Some(&present), municipality, day(since));
        assert_eq!(Model::step(None, "837", day("2027-01-01")), Step::Begin);
        assert_eq!(step("837", "2027-01-01"), Step::Nothing);
        assert_eq!(step("853", "2027-01-01"), Step::Move(day("2026-12-31")));
        assert_eq!(step("853", "2026-05-02"), Step::Move(day("2026-05-01")));
        assert_eq!(step("853", "2026-05-01"), Step::Correct);
        assert_eq!(step("853", "2020-01-01"), Step::Correct);
    }

    #[test]
    fn a_municipality_has_three_digits() {
        assert!(is_municipality("091"));
        for wrong in ["91", "0911", "09a", ""] {
            assert!(!is_municipality(wrong), "{wrong}");
        }
    }
}
