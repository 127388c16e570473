//! Companies and associations that sell services: members, applications, approvals.

mod account;
mod application;
mod approval;
mod checklist;
mod company;
mod draft;
mod hearing;
mod loaders;
mod member;
mod resignation;
mod sanction;

use async_graphql::MergedObject;

pub use account::{AccountChangeOf, BankAccountChange};
pub use application::{Application, ApplicationMessage, MessagesOf};
pub use approval::{Approval, ApprovalOf, ApprovalPeriod, PeriodsOf, ServicesOf};
pub use checklist::{ChecklistItem, ChecklistOf};
pub use company::{Company, PublicCompany};
pub use hearing::Hearing;
pub use member::CompanyRole;
pub use resignation::{Resignation, ResignationOf};
pub use sanction::{AppealOf, Sanction, SanctionAppeal};

/// Queries on providers.
#[derive(MergedObject, Default)]
pub struct ProviderQuery(
    company::CompanyQuery,
    member::MemberQuery,
    application::ApplicationQuery,
    approval::ApprovalQuery,
    checklist::ChecklistQuery,
    hearing::HearingQuery,
    resignation::ResignationQuery,
    sanction::SanctionQuery,
);

/// Mutations on providers.
#[derive(MergedObject, Default)]
pub struct ProviderMutation(
    company::CompanyMutation,
    account::BankAccountMutation,
    member::MemberMutation,
    application::ApplicationMutation,
    approval::ApprovalMutation,
    checklist::ChecklistMutation,
    draft::DraftMutation,
    hearing::HearingMutation,
    resignation::ResignationMutation,
    sanction::SanctionMutation,
);
