//! Who may do what to offers.

use kernel::{CompanyRole, Requires, StaffRole};

/// Search the catalogue and see its offers.
pub const BROWSE: Requires = Requires::Anyone;
/// See an offer in every state as a member of its company.
pub const SEE_OWN: Requires = Requires::Company(&[
    CompanyRole::Signatory,
    CompanyRole::Manager,
    CompanyRole::Recorder,
    CompanyRole::ServiceOwner,
    CompanyRole::Preparer,
]);
/// See an offer in every state as staff of its city.
pub const SEE_ALL: Requires = Requires::Staff(&[
    StaffRole::ProgrammeOfficer,
    StaffRole::Approver,
    StaffRole::SettlementClerk,
    StaffRole::Advisor,
    StaffRole::Auditor,
]);
/// See the whole schedule of an offer, as its company or as staff of its city.
pub const SEE_SCHEDULE: Requires = Requires::AnyOf(&[SEE_OWN, SEE_ALL]);
/// Write offers and their times, put them into the catalogue and take them out.
pub const MANAGE: Requires =
    Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager, CompanyRole::ServiceOwner]);
