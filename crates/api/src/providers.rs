//! Companies and associations that sell services: members, applications, approvals.

mod application;
mod approval;
mod checklist;
mod company;
mod draft;
mod member;

use async_graphql::MergedObject;

pub use application::{Application, ApplicationMessage, MessagesOf};
pub use approval::{Approval, ApprovalOf, ApprovalPeriod, PeriodsOf, ServicesOf};
pub use checklist::{ChecklistItem, ChecklistOf};
pub use company::{Company, PublicCompany};
pub use member::CompanyRole;

/// Queries on providers.
#[derive(MergedObject, Default)]
pub struct ProviderQuery(
    company::CompanyQuery,
    member::MemberQuery,
    application::ApplicationQuery,
    approval::ApprovalQuery,
    checklist::ChecklistQuery,
);

/// Mutations on providers.
#[derive(MergedObject, Default)]
pub struct ProviderMutation(
    company::CompanyMutation,
    member::MemberMutation,
    application::ApplicationMutation,
    approval::ApprovalMutation,
    checklist::ChecklistMutation,
    draft::DraftMutation,
);
