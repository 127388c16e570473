//! What a programme asks its providers for.

use chrono::{DateTime, Utc};
use kernel::{CityId, ErrorCode, FieldError, PersonId, ProgrammeId};
use sea_orm::entity::prelude::*;

/// A condition of approval (Act 569/2009 § 5, rulebooks of the cities; A3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Requirement {
    /// The company is in the prepayment register (ennakkoperintärekisteri, Act 569/2009 § 5).
    PrepaymentRegister,
    /// It is registered for value added tax.
    VatRegister,
    /// It has no tax debt (verovelkatodistus).
    TaxDebt,
    /// It has liability insurance (vastuuvakuutus).
    LiabilityInsurance,
    /// It has patient insurance, for health care (potilasvakuutus, Act 569/2009 § 5).
    PatientInsurance,
    /// It has the licence of its trade or a number in the national register of service providers (SOTERI, L21).
    ServiceLicence,
    /// It has the other permits of its sector.
    SectorPermit,
    /// Whoever works with children has shown an extract of the criminal record. It is shown, and nothing of it is
    /// stored (Act 504/2002).
    CriminalRecord,
}

impl Requirement {
    /// Decides whether it can be proved so: the public register of companies says some things and not others.
    ///
    /// # Errors
    /// `InvalidFormat` on the field `proof`.
    pub fn provable(self, proof: Proof) -> Result<(), FieldError> {
        let in_the_register = matches!(self, Self::PrepaymentRegister | Self::VatRegister);
        if proof == Proof::Computed && !in_the_register {
            return Err(FieldError::new("proof", ErrorCode::InvalidFormat));
        }
        Ok(())
    }

    /// True when it is shown and nothing of it may be written down (Act 504/2002 § 7).
    pub fn is_shown_only(self) -> bool {
        self == Self::CriminalRecord
    }
}

/// How a requirement is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Proof {
    /// The service reads it from the public register of companies. Where there is none, the company attests it.
    Computed,
    /// The company says so.
    Attested,
    /// The company names a document: number, issuer, reference.
    Evidenced,
}

/// A requirement of a programme. One that is not demanded any more stays with its history of versions.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_requirement")]
pub struct Model {
    /// The programme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// What is asked for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub requirement: Requirement,
    /// The city of the programme.
    pub city_id: CityId,
    /// How it is proved.
    pub proof: Proof,
    /// Whether new applications have it in their checklist.
    pub demanded: bool,
    /// Who set it last.
    pub set_by: PersonId,
    /// Counts the changes, for optimistic locking.
    pub version: i32,
    /// When it was set last.
    pub set_at: DateTime<Utc>,
}

/// A requirement refers to programme, city and person by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
