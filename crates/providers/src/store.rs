//! The queries. Every finder takes the scope beside the id.

pub(crate) mod acceptances;
pub(crate) mod accounts;
pub(crate) mod applications;
pub(crate) mod approvals;
pub(crate) mod checklist;
pub(crate) mod companies;
pub(crate) mod hearings;
pub(crate) mod members;
pub(crate) mod resignations;
pub(crate) mod sanctions;
