//! A company or an association.

use chrono::{DateTime, Utc};
use iban::IbanLike;
use kernel::{Actor, CompanyId, ErrorCode, FieldError, Lang, field};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::policy;

/// What kind of provider it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A business.
    Company,
    /// A registered association (yhdistys).
    Association,
}

/// A provider (tuottaja): one record for all cities.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CompanyId,
    /// Its business id (Y-tunnus), seven digits, a hyphen and a check digit.
    #[sea_orm(unique)]
    pub business_id: String,
    /// Its name.
    pub name: String,
    /// What kind of provider it is.
    pub kind: Kind,
    /// Where residents and cities write to it; public as soon as a city has approved it.
    pub email: String,
    /// The account it is paid to (IBAN), without spaces.
    pub iban: String,
    /// The language of letters to it.
    pub lang: Lang,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

/// Other records refer to a company by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a company says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Details {
    /// Its name, at most 200 characters.
    pub name: String,
    /// What kind of provider it is.
    pub kind: Kind,
    /// Its public contact address.
    pub email: String,
    /// The account it is paid to (IBAN).
    pub iban: String,
    /// The language of letters to it.
    pub lang: Lang,
}

impl Details {
    /// Checks every field and brings it into its stored form.
    ///
    /// # Errors
    /// A [`FieldError`] on `name`, `email` or `iban`.
    pub fn checked(self) -> Result<Self, FieldError> {
        Ok(Self {
            name: name(&self.name)?,
            email: email(&self.email)?,
            iban: iban(&self.iban)?,
            ..self
        })
    }
}

impl Model {
    /// Decides whether it may be changed by somebody who read version `expected`.
    pub fn change(&self, expected: i32) -> Result<(), Refusal> {
        if self.version == expected {
            Ok(())
        } else {
            Err(Refusal::Stale)
        }
    }

    /// A company of which its first claimant says these details.
    pub(crate) fn new(id: CompanyId, business_id: String, details: Details, now: DateTime<Utc>) -> Self {
        let Details {
            name,
            kind,
            email,
            iban,
            lang,
        } = details;
        Self {
            id,
            business_id,
            name,
            kind,
            email,
            iban,
            lang,
            version: 1,
            created_at: now,
        }
    }

    /// What it says about itself.
    pub fn details(&self) -> Details {
        Details {
            name: self.name.clone(),
            kind: self.kind,
            email: self.email.clone(),
            iban: self.iban.clone(),
            lang: self.lang,
        }
    }

    /// The account it is paid to, for those who see its billing data; nobody else.
    pub fn account_for(&self, actor: &Actor) -> Option<&str> {
        policy::SEE_ACCOUNT
            .in_company(actor, self.id)
            .is_ok()
            .then_some(self.iban.as_str())
    }
}

/// Checks a company's name.
pub(crate) fn name(text: &str) -> Result<String, FieldError> {
    field::line("name", text, 200)
}

/// Checks a company's contact address.
pub(crate) fn email(text: &str) -> Result<String, FieldError> {
    Ok(identity::Email::parse(text)?.written().to_owned())
}

/// The countries whose accounts SEPA credit transfers reach, as account numbers name them: the list of the European
/// Payments Council, EPC409-09. French and Portuguese islands, Åland, Jersey, Guernsey and Man have the codes of their
/// countries.
const SEPA: [&str; 42] = [
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE",
    "SI", "SK", "SM", "VA",
];

/// Checks the check digits, the length and the country of an account number and drops its spaces.
pub(crate) fn iban(text: &str) -> Result<String, FieldError> {
    let compact: String = text.split_whitespace().collect();
    match compact.to_ascii_uppercase().parse::<iban::Iban>() {
        Ok(iban) if !SEPA.contains(&iban.country_code()) => Err(FieldError::new("iban", ErrorCode::AccountNotInSepa)),
        Ok(iban) => Ok(iban.electronic_str().to_owned()),
        Err(_invalid) => Err(FieldError::new("iban", ErrorCode::InvalidIban)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_accounts_in_their_compact_form() {
        assert_eq!(iban("FI21 1234 5600 0007 85").as_deref(), Ok("FI2112345600000785"));
        assert_eq!(iban(" fi4250001510000023 ").as_deref(), Ok("FI4250001510000023"));
        for text in ["FI2112345600000786", "FI21123456000007", "XX2112345600000785", ""] {
            assert_eq!(
                iban(text).unwrap_err(),
                FieldError::new("iban", ErrorCode::InvalidIban),
                "{text}"
            );
        }
    }

    #[test]
    fn takes_accounts_that_sepa_payments_reach() {
        for text in [
            "EE382200221020145685",
            "GB29NWBK60161331926819",
            "RS35260005601001611379",
        ] {
            assert_eq!(iban(text).as_deref(), Ok(text));
        }
        for text in ["TR330006100519786457841326", "SA0380000000608010167519"] {
            assert_eq!(iban(text).unwrap_err().code, ErrorCode::AccountNotInSepa, "{text}");
        }
    }

    #[test]
    fn names_the_field_at_fault() {
        let details = Details {
            name: " Siivous Oy ".into(),
            kind: Kind::Company,
            email: "info@siivous.example.fi".into(),
            iban: "FI5542345670000081".into(),
            lang: Lang::Fi,
        };
        assert_eq!(details.clone().checked().unwrap().name, "Siivous Oy");
        let nameless = Details {
            name: "\u{0}".into(),
            ..details.clone()
        };
        assert_eq!(nameless.checked().unwrap_err().field, "name");
        let unreachable = Details {
            email: "nobody".into(),
            ..details
        };
        assert_eq!(unreachable.checked().unwrap_err().field, "email");
    }
}
