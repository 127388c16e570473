//! Companies and associations that sell services (tuottajat): who acts for them, which programmes they apply to and
//! where they are approved.
//!
//! A company is one record for all cities; what a city decides about it is the city's own.
//!
//! ```text
//! member       CLAIMED ──confirm──▶ ACTIVE ──remove──▶ REMOVED
//!                 └───────reject, remove──────────────────▲
//!
//! application  DRAFT ──submit──▶ SUBMITTED,  DRAFT ──▶ WITHDRAWN
//!              SUBMITTED ──ask──▶ INFO_REQUESTED ──answer──▶ INFO_PROVIDED ──ask──▶ INFO_REQUESTED ...
//!                 every open one ──▶ APPROVED | REJECTED | WITHDRAWN
//!
//! approval     ACTIVE ⇄ WARNED ──▶ BOOKINGS_STOPPED ──▶ SUSPENDED, each rung also at once,
//!              all three ──reinstate──▶ ACTIVE,  all four ──▶ REVOKED | RESIGNED | EXPIRED,
//!              what was decided last ──appeal upheld──▶ ACTIVE
//!
//! account      PROPOSED ──▶ CONFIRMED | WITHDRAWN | EXPIRED
//!
//! hearing      OPEN ──answer──▶ ANSWERED,  both ──▶ DECIDED | CLOSED
//! resignation  NOTICE ──▶ TAKEN_BACK | EFFECTIVE
//! appeal       OPEN ──▶ UPHELD | LIFTED | DISMISSED
//! ```
//!
//! Whoever claims to sign for a company (nimenkirjoittaja) sees and does nothing in its name until an approver of a
//! city has confirmed it; whoever wants to work for it is confirmed by one of its signatories. Until then what she
//! says about the company stays with her claim.
//!
//! Locks are taken in this order: company, member, account change; application, programme (share), approval; hearing,
//! appeal, resignation.
//!
//! How to add a use case: a constant in [`policy`], a query in `store/`, the decision on the record in `model/`, the
//! use case in the file of its noun.

mod accounts;
mod appeals;
mod applications;
pub mod approvals;
mod business_id;
mod checklist;
mod companies;
mod company_register;
mod drafts;
mod error;
mod events;
mod hearings;
mod letters;
mod members;
pub mod model;
pub mod policy;
mod recheck;
mod reciprocal;
mod record;
mod resignations;
mod rulebooks;
mod sanction_letters;
mod sanctions;
mod store;

pub use applications::NewApplication;
pub use approvals::{ApprovalTerms, Register};
pub use checklist::{Evidence, Review, SetRequirement};
pub use companies::{CompanyChange, NewCompany};
pub use company_register::{CompanyRegister, Entry as RegisterEntry, Folder as RegisterFolder};
pub use error::Error;
pub use events::{ApprovalFell, CompanyResigned, News, SanctionNews};
pub use hearings::Hear;
pub use model::acceptance::Model as Acceptance;
pub use model::account::{Model as AccountChange, State as AccountChangeState};
pub use model::appeal::{Model as Appeal, State as AppealState};
pub use model::application::{Event as ApplicationEvent, Model as Application, State as ApplicationState};
pub use model::approval::{Event as ApprovalEvent, Model as Approval, State as ApprovalState};
pub use model::area::{Area, Municipalities};
pub use model::company::{Details as CompanyDetails, Kind as CompanyKind, Model as Company};
pub use model::hearing::{DAYS as HEARING_DAYS, Model as Hearing, State as HearingState};
pub use model::item::{Model as ChecklistItem, Verdict};
pub use model::member::{Model as Member, State as MemberState};
pub use model::message::{Kind as MessageKind, Model as Message};
pub use model::period::Model as ApprovalPeriod;
pub use model::requirement::{Model as ProgrammeRequirement, Proof, Requirement};
pub use model::resignation::{Model as Resignation, State as ResignationState};
pub use model::sanction::{Model as Sanction, Step as SanctionStep};

pub use recheck::RECHECK;
pub use reciprocal::Reliance;
pub use resignations::RESIGN;
pub use sanctions::NewSanction;

use std::sync::Arc;

/// The use cases on companies, their members, applications and approvals.
#[derive(Clone)]
pub struct Providers {
    db: db::Db,
    cities: cities::Cities,
    programmes: programmes::Programmes,
    register: Option<Arc<dyn CompanyRegister>>,
}

impl Providers {
    /// Uses `db` for its records, `cities` for their civil days and `programmes` for what companies apply to.
    pub fn new(db: db::Db, cities: cities::Cities, programmes: programmes::Programmes) -> Self {
        Self {
            db,
            cities,
            programmes,
            register: None,
        }
    }

    /// Looks companies up in `register`. Without one, companies attest what the register would say.
    #[must_use]
    pub fn with_register(self, register: Arc<dyn CompanyRegister>) -> Self {
        Self {
            register: Some(register),
            ..self
        }
    }
}
