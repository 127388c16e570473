//! Who may do what to persons and to rights to act for them.

use kernel::{Requires, StaffRole};

/// Give a mandate, end a right that one holds or has given, see both.
pub const OWN: Requires = Requires::SignedIn;
/// Record personal identity codes, guardians and trustees, and end what was recorded.
pub const RECORD: Requires = Requires::Staff(&[StaffRole::ProgrammeOfficer]);
/// Help a resident in an assisted session.
pub const ASSIST: Requires = Requires::Staff(&[StaffRole::Advisor]);
