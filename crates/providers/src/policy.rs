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
/// Change the account that the company is paid to (A10).
pub const CHANGE_IBAN: Requires = Requires::Company(&[CompanyRole::Signatory]);
/// Apply to programmes, answer questions and withdraw (A2).
pub const APPLY: Requires = Requires::Company(&[CompanyRole::Signatory]);
/// See the company's applications.
pub const SEE_APPLICATIONS: Requires = Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager]);
/// See an application of the own company or city.
pub const SEE_APPLICATION: Requires = Requires::SignedIn;
/// See a city's applications and claims; decide on them and on approvals.
pub const REVIEW: Requires = Requires::Staff(&[StaffRole::Approver]);
