//! The decision in writing on an application (päätös, E2): frozen when it is made.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{CityId, DecisionId, FieldError, Lang, PersonId, ProgrammeId, VoucherApplicationId, VoucherId, field};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// Days for an appeal to an administrative court (Act 808/2019, 13 §).
pub(crate) const COURT_DAYS: i32 = 30;

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

#[cfg(test)]
mod tests {
    use super::*;

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
