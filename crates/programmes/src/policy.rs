//! Who may do what to programmes.

use kernel::{Requires, StaffRole};

/// See published programmes.
pub const LIST: Requires = Requires::Anyone;
/// See drafts and budgets.
pub const SEE_DRAFTS: Requires = Requires::Staff(&[
    StaffRole::ProgrammeOfficer,
    StaffRole::Approver,
    StaffRole::SettlementClerk,
    StaffRole::Auditor,
]);
/// Write, publish and close programmes.
pub const MANAGE: Requires = Requires::Staff(&[StaffRole::ProgrammeOfficer]);
