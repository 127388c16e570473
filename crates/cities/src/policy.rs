//! Who may do what to a city's staff.

use kernel::{Requires, StaffRole};

/// Look at the list of cities.
pub const LIST_CITIES: Requires = Requires::Anyone;
/// See the staff of a city.
pub const SEE_STAFF: Requires = Requires::Staff(&[StaffRole::Administrator, StaffRole::Auditor]);
/// Propose, confirm and revoke roles.
pub const MANAGE_STAFF: Requires = Requires::Staff(&[StaffRole::Administrator]);
/// Read every account, transfer and audit row of the city.
pub const AUDIT: Requires = Requires::Staff(&[StaffRole::Auditor]);
