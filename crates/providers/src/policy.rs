//! Who may do what with companies, applications and approvals.

use kernel::{CompanyRole, Requires, StaffRole};

/// Look at the register of approved providers.
pub const LIST_APPROVED: Requires = Requires::Anyone;
/// Register a company or ask to work for one, and see the own memberships.
pub const JOIN: Requires = Requires::SignedIn;
/// See a company's members and confirm or remove them.
pub const MANAGE_MEMBERS: Requires = Requires::Company(&[CompanyRole::Signatory]);
/// End the own membership; signatories end others' in their company.
pub const REMOVE_MEMBER: Requires = Requires::SignedIn;
/// See a company; those that no city has approved are for their members and for the approvers they have turned to.
pub const SEE_COMPANY: Requires = Requires::Anyone;
/// See all the company has stored about itself, and change it except for the account.
pub const MANAGE_COMPANY: Requires = Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager]);
/// See the account that the company is paid to: part of its billing data (A9).
pub const SEE_ACCOUNT: Requires =
    Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager, CompanyRole::ServiceOwner]);
/// Propose another account for the company to be paid to, or take that back (A10).
pub const PROPOSE_ACCOUNT: Requires = MANAGE_COMPANY;
/// Confirm that account, as another person: one who keeps the company's data, or an approver of a city that the company
/// has to do with (A10).
pub const CONFIRM_ACCOUNT: Requires = Requires::AnyOf(&[PROPOSE_ACCOUNT, REVIEW]);
/// See that account while it waits.
pub const SEE_ACCOUNT_CHANGE: Requires = Requires::AnyOf(&[SEE_ACCOUNT, REVIEW]);
/// Submit applications to programmes, answer questions and withdraw (A2).
pub const APPLY: Requires = Requires::Company(&[CompanyRole::Signatory]);
/// Answer hearings and ask for rectification of decisions (A6).
pub const ANSWER: Requires = Requires::Company(&[CompanyRole::Signatory]);
/// Prepare applications that a signatory submits (A2, A9).
pub const PREPARE: Requires =
    Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager, CompanyRole::ServiceOwner]);
/// See the company's applications, its hearings and the decisions about it.
pub const SEE_APPLICATIONS: Requires = Requires::Company(&[
    CompanyRole::Signatory,
    CompanyRole::Manager,
    CompanyRole::ServiceOwner,
    CompanyRole::Preparer,
]);
/// Complete the checklists of the company's applications (A3, A9).
pub const COMPLETE: Requires = SEE_APPLICATIONS;
/// Say which requirements a programme asks its providers for.
pub const SET_REQUIREMENTS: Requires = Requires::Staff(&[StaffRole::ProgrammeOfficer, StaffRole::Approver]);
/// See which requirements a programme asks its providers for.
pub const SEE_REQUIREMENTS: Requires = Requires::Anyone;
/// See an application of the own company or city.
pub const SEE_APPLICATION: Requires = Requires::SignedIn;
/// See a city's applications and claims; decide on them and on approvals.
pub const REVIEW: Requires = Requires::Staff(&[StaffRole::Approver]);
