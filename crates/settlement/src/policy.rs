//! Who may do what to settlement runs.

use kernel::{CompanyRole, Requires, StaffRole};

/// Make, confirm, cancel and send runs, and take in the bank's answers.
pub const SETTLE: Requires = Requires::Staff(&[StaffRole::SettlementClerk]);
/// See runs, statements, payments, payment files and the bank's answers.
pub const SEE: Requires = Requires::Staff(&[StaffRole::SettlementClerk, StaffRole::Auditor]);
/// See the statements of one's company once their run is confirmed.
pub const SEE_OWN: Requires =
    Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager, CompanyRole::ServiceOwner]);
/// See a statement, as its company or as staff of its city.
pub const SEE_STATEMENT: Requires = Requires::AnyOf(&[SEE_OWN, SEE]);
