use serde::{Deserialize, Serialize};

use crate::error::ErrorCode;
use crate::id::{CityId, CompanyId, PersonId, RelationId};

/// A role in the staff of a city. Where money or rights move, two persons are needed, whatever their roles.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    sea_orm::EnumIter,
    sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StaffRole {
    /// Plans programmes and grants vouchers.
    ProgrammeOfficer,
    /// Decides on providers and their signatories.
    Approver,
    /// Makes settlement runs and reads the bank's answers.
    SettlementClerk,
    /// Helps residents.
    Advisor,
    /// Reads every account, transfer and audit row of the city, changes nothing.
    Auditor,
    /// Gives and takes staff roles.
    Administrator,
}

/// A role in a company.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    sea_orm::EnumIter,
    sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CompanyRole {
    /// Signs applications and binds the company (nimenkirjoittaja).
    Signatory,
    /// Keeps the company's data, offers and bookings.
    Manager,
    /// Records deliveries.
    Recorder,
    /// Prepares applications and keeps approved data, prices and what is needed for billing (palvelusta vastaava).
    ServiceOwner,
    /// Completes what is approved; sees neither prices' making nor billing (palvelun valmistelija).
    Preparer,
}

/// Who stands behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person who signed in.
    Person(PersonId),
    /// The service itself: a job of this name.
    System(&'static str),
    /// Nobody has signed in.
    Nobody,
}

impl std::fmt::Display for Who {
    /// As stored records spell it: a person's id, the name of a job, or `nobody`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::System(job) => f.write_str(job),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

/// A matter in which somebody may act for another (asian aihe).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Using vouchers: booking, cancelling.
    Bookings,
    /// Applying for vouchers and answering decisions.
    Applications,
}

/// By what right somebody acts for another in this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acting {
    /// The relation, as it was in force when the request came.
    pub relation: RelationId,
    /// In which matters.
    pub themes: &'static [Theme],
    /// In which city only: an advisor's help ends at the border of hers. Everywhere when there is none.
    pub city: Option<CityId>,
    /// Why, for audit rows whose use case names no purpose of its own.
    pub purpose: &'static str,
    /// True when she decides in the stead of the principal by law: a guardian, a trustee. Whoever has a mandate or helps
    /// decides no more than the principal could herself (G5).
    pub in_stead: bool,
}

/// Who acts and for whom. Every use case takes one and every audit row shows both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who signed in.
    pub who: Who,
    /// For whom the actor acts: a person whose vouchers and bookings are meant. The same person unless a mandate says otherwise.
    pub principal: Option<PersonId>,
    /// By what right; none for whoever acts for herself. Whoever acts for another has no roles in that request.
    pub acting: Option<Acting>,
    /// Roles in the staff of cities, as they are at this request.
    pub staff: Vec<(CityId, StaffRole)>,
    /// Roles in companies, as they are at this request; only memberships that somebody entitled has confirmed.
    pub companies: Vec<(CompanyId, CompanyRole)>,
    /// The request this is part of, for the audit record and the logs.
    pub request_id: String,
}

impl Actor {
    /// A person who acts for herself, without roles.
    pub fn person(person: PersonId, request_id: impl Into<String>) -> Self {
        Self {
            who: Who::Person(person),
            principal: Some(person),
            acting: None,
            staff: Vec::new(),
            companies: Vec::new(),
            request_id: request_id.into(),
        }
    }

    /// A person who acts for another, with nothing but the rights of that one.
    pub fn for_another(person: PersonId, principal: PersonId, acting: Acting, request_id: impl Into<String>) -> Self {
        Self {
            principal: Some(principal),
            acting: Some(acting),
            ..Self::person(person, request_id)
        }
    }

    /// Nobody in particular.
    pub fn nobody(request_id: impl Into<String>) -> Self {
        Self {
            who: Who::Nobody,
            principal: None,
            acting: None,
            staff: Vec::new(),
            companies: Vec::new(),
            request_id: request_id.into(),
        }
    }

    /// A job of the service.
    pub fn system(job: &'static str) -> Self {
        Self {
            who: Who::System(job),
            principal: None,
            acting: None,
            staff: Vec::new(),
            companies: Vec::new(),
            request_id: job.to_owned(),
        }
    }

    /// The person who signed in.
    ///
    /// # Errors
    /// [`ErrorCode::Unauthenticated`] when nobody has.
    pub fn signed_in(&self) -> Result<PersonId, ErrorCode> {
        match self.who {
            Who::Person(person) => Ok(person),
            Who::System(_) | Who::Nobody => Err(ErrorCode::Unauthenticated),
        }
    }

    /// True when a guardian or a trustee decides in the stead of her principal.
    pub fn in_stead(&self) -> bool {
        self.acting.is_some_and(|acting| acting.in_stead)
    }

    /// True when the actor has one of `roles` in the staff of `city`.
    pub fn has_staff_role(&self, city: CityId, roles: &[StaffRole]) -> bool {
        self.staff.iter().any(|(of, role)| *of == city && roles.contains(role))
    }

    /// The cities in whose staff the actor has one of `roles`.
    pub fn cities_as(&self, roles: &[StaffRole]) -> Vec<CityId> {
        self.staff
            .iter()
            .filter(|(_, role)| roles.contains(role))
            .map(|(city, _)| *city)
            .collect()
    }

    /// True when the actor has one of `roles` in `company`.
    pub fn has_company_role(&self, company: CompanyId, roles: &[CompanyRole]) -> bool {
        self.companies
            .iter()
            .any(|(of, role)| *of == company && roles.contains(role))
    }

    /// The companies in which the actor has one of `roles`.
    pub fn companies_as(&self, roles: &[CompanyRole]) -> Vec<CompanyId> {
        self.companies
            .iter()
            .filter(|(_, role)| roles.contains(role))
            .map(|(company, _)| *company)
            .collect()
    }
}
