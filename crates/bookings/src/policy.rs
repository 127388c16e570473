//! Who may do what to bookings.

use kernel::{CompanyRole, Requires, StaffRole};

/// Preview, make, see and cancel one's own bookings.
pub const OWN: Requires = Requires::SignedIn;
/// See the bookings of a company, look up vouchers by number and record deliveries.
pub const DELIVER: Requires = Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager, CompanyRole::Recorder]);
/// Confirm, decline and cancel bookings of a company.
pub const MANAGE: Requires = Requires::Company(&[CompanyRole::Signatory, CompanyRole::Manager]);
/// See which bookings no approval covers any more, and release them (A7).
pub const RELEASE: Requires = Requires::Staff(&[StaffRole::Approver]);
/// See what was booked in a city, without who booked it.
pub const OVERSEE: Requires = Requires::Staff(&[StaffRole::SettlementClerk, StaffRole::Auditor]);
