//! Who may do what to vouchers.

use kernel::{Requires, StaffRole};

/// See and use one's own vouchers.
pub const OWN: Requires = Requires::SignedIn;
/// See the vouchers of a city's programmes.
pub const SEE: Requires = Requires::Staff(&[StaffRole::ProgrammeOfficer, StaffRole::Auditor]);
/// Grant, suspend and revoke vouchers, and see to the tasks that come from them.
pub const GRANT: Requires = Requires::Staff(&[StaffRole::ProgrammeOfficer]);
