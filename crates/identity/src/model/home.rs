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
    /// It was known, or the register does not know yet of a move that an officer has recorded.
    Nothing,
    /// The register says what an officer has recorded.
    Confirm,
    /// It is the first home that is known.
    Begin,
    /// The present one was wrong from its first day on.
    Correct,
    /// The present one ends on this day, and the new one begins on the next.
    Move(NaiveDate),
}

impl Model {
    /// Decides what it means that `new` is said to be somebody's home, beside her `present` one.
    pub(crate) fn step(present: Option<&Self>, new: &Self) -> Step {
        let Some(present) = present else { return Step::Begin };
        let confirms = (present.origin, new.origin) == (Origin::Officer, Origin::Register);
        match present {
            present if present.municipality == new.municipality && confirms => Step::Confirm,
            present if present.municipality == new.municipality => Step::Nothing,
            present if confirms && new.from_day < present.from_day => Step::Nothing,
            present => match new.from_day.pred_opt() {
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
        let new = |municipality: &str, since| Model {
            municipality: municipality.into(),
            from_day: day(since),
            ..present.clone()
        };
        let step = |municipality, since| Model::step(Some(&present), &new(municipality, since));
        assert_eq!(Model::step(None, &new("837", "2027-01-01")), Step::Begin);
        assert_eq!(step("837", "2027-01-01"), Step::Nothing);
        assert_eq!(step("853", "2027-01-01"), Step::Move(day("2026-12-31")));
        assert_eq!(step("853", "2026-05-02"), Step::Move(day("2026-05-01")));
        assert_eq!(step("853", "2026-05-01"), Step::Correct);
        assert_eq!(step("853", "2020-01-01"), Step::Correct);
    }

    #[test]
    fn the_register_confirms_what_an_officer_knew_before_and_does_not_undo_it() {
        let home = |municipality: &str, since: &str, origin| Model {
            person_id: PersonId::from_uuid(Uuid::from_u128(1)),
            from_day: since.parse().unwrap(),
            until_day: None,
            municipality: municipality.into(),
            origin,
            recorded_by: None,
            recorded_at: DateTime::UNIX_EPOCH,
        };
        let present = home("091", "2027-01-10", Origin::Officer);
        let step = |municipality, since| Model::step(Some(&present), &home(municipality, since, Origin::Register));
        assert_eq!(step("837", "2020-05-01"), Step::Nothing, "it has not heard of the move");
        assert_eq!(step("091", "2027-01-09"), Step::Confirm);
        assert_eq!(step("837", "2027-01-10"), Step::Correct);
        assert_eq!(step("837", "2027-02-01"), Step::Move("2027-01-31".parse().unwrap()));
        let confirmed = home("091", "2027-01-10", Origin::Register);
        assert_eq!(
            Model::step(Some(&confirmed), &home("091", "2027-01-10", Origin::Register)),
            Step::Nothing
        );
    }

    #[test]
    fn a_municipality_has_three_digits() {
        assert!(is_municipality("091"));
        for wrong in ["91", "0911", "09a", ""] {
            assert!(!is_municipality(wrong), "{wrong}");
        }
    }
}
