//! The decision in writing on an application (päätös, E2): frozen when it is made.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use kernel::{CityId, DecisionId, FieldError, Lang, PersonId, ProgrammeId, VoucherApplicationId, VoucherId, field};
use programmes::value::holidays;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Days for an appeal to an administrative court (Act 808/2019, 13 §).
pub(crate) const COURT_DAYS: i32 = 30;

/// On which day a decision counts as heard of that a message has told of: the third after it (Act 13/2003, 19 §).
const NOTICE: Days = Days::new(3);

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// A voucher is granted.
    Granted,
    /// The application is rejected.
    Rejected,
    /// On a request for rectification: what the voucher pays is raised.
    Amended,
    /// On a request for rectification: the decision stays as it is.
    Upheld,
    /// The request for rectification came too late and is not examined.
    NotExamined,
}

/// A decision on an application, or on a request for rectification of one. Its row is never changed: the decisions on an
/// application are a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_decision")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DecisionId,
    /// The city that decided.
    pub city_id: CityId,
    /// The programme.
    pub programme_id: ProgrammeId,
    /// The application.
    pub application_id: VoucherApplicationId,
    /// The decision on which rectification was asked for; none for the first decision on the application.
    pub previous_id: Option<DecisionId>,
    /// Whom it is about.
    pub resident_id: PersonId,
    /// What was decided.
    pub outcome: Outcome,
    /// The voucher that was granted or raised.
    pub voucher_id: Option<VoucherId>,
    /// Why.
    pub grounds: String,
    /// The rules applied.
    pub rules_applied: String,
    /// Who tells more.
    pub contact: String,
    /// Days for a request for rectification by the terms of the programme, or for an appeal to a court against a decision
    /// on such a request.
    pub appeal_days: i32,
    /// The last civil day of that time.
    pub appeal_until: NaiveDate,
    /// The language in which it was given.
    pub lang: Lang,
    /// What stands in the document, as JSON: it is printed from this.
    pub sheet: String,
    /// The document as it was given, as a page of HTML.
    pub html: String,
    /// SHA-256 of that page in hexadecimal.
    pub sha256: String,
    /// The officer who decided.
    pub decided_by: PersonId,
    /// When.
    pub decided_at: DateTime<Utc>,
}

/// A decision refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What an officer writes into a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// Why, at most 2 000 characters.
    pub grounds: String,
    /// The rules applied: statutes and the city's own, at most 2 000 characters.
    pub rules_applied: String,
    /// Who tells more: name, number or address, at most 300 characters.
    pub contact: String,
}

impl Ruling {
    /// Checks every text.
    pub(crate) fn checked(&self) -> Result<Self, FieldError> {
        Ok(Self {
            grounds: field::text("grounds", &self.grounds, 2_000)?,
            rules_applied: field::text("rulesApplied", &self.rules_applied, 2_000)?,
            contact: field::text("contact", &self.contact, 300)?,
        })
    }
}

/// The last civil day for a request for rectification of a decision of the civil day `decided`: `days` after it counts as
/// heard of, or the next working day where that is no working day (Act 150/1930, 5 §, which also names Christmas Eve,
/// Midsummer Eve and every Saturday).
pub fn appeal_until(decided: NaiveDate, days: i32) -> NaiveDate {
    let days = Days::new(u64::try_from(days).unwrap_or_default());
    let heard = decided.checked_add_days(NOTICE).unwrap_or(NaiveDate::MAX);
    let last = heard.checked_add_days(days).unwrap_or(NaiveDate::MAX);
    last.iter_days().find(|day| is_working(*day)).unwrap_or(last)
}

/// No Saturday, Sunday or holiday, neither Christmas Eve nor the Friday before Midsummer Day.
fn is_working(day: NaiveDate) -> bool {
    let eve = match (day.month(), day.day()) {
        (12, 24) => true,
        (6, 19..=25) => day.weekday() == Weekday::Fri,
        _ => false,
    };
    !eve && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !holidays::is_holiday(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_time_begins_on_the_third_day_and_ends_on_a_working_day() {
        // Monday the 11th, heard of on the 14th; thirty days later is Saturday the 13th of February.
        assert_eq!(appeal_until(day("2027-01-11"), 30), day("2027-02-15"));
        assert_eq!(appeal_until(day("2027-01-11"), 14), day("2027-01-28"));
        // Christmas Eve, Christmas and St Stephen's Day, then a Sunday.
        assert_eq!(appeal_until(day("2027-12-07"), 14), day("2027-12-27"));
        // Midsummer Eve of 2027 is Friday the 25th of June.
        assert_eq!(appeal_until(day("2027-06-08"), 14), day("2027-06-28"));
    }

    #[test]
    fn every_text_is_asked_for() {
        let full = Ruling {
            grounds: " Ikä. ".into(),
            rules_applied: "569/2009".into(),
            contact: "Neuvonta".into(),
        };
        assert_eq!(full.checked().unwrap().grounds, "Ikä.");
        let silent = Ruling {
            contact: " ".into(),
            ..full
        };
        assert_eq!(silent.checked().unwrap_err().field, "contact");
    }
}
