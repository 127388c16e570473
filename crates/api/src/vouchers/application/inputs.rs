//! What is asked of applications for vouchers.

use async_graphql::{ID, InputObject};

use crate::scalars::Cents;
use crate::values::AssessmentInput;
use crate::vouchers::RaiseInput;

/// An application for a voucher to send.
#[derive(InputObject)]
pub struct ApplyForVoucherInput {
    /// The programme.
    pub(super) programme_id: ID,
    /// Why a voucher is asked for, at most 5 000 characters.
    pub(super) statement: String,
    /// The resident's situation, where the value rule of the programme reads it.
    pub(super) assessment: Option<AssessmentInput>,
}

/// An application to take back.
#[derive(InputObject)]
pub struct WithdrawVoucherApplicationInput {
    /// The application.
    pub(super) application_id: ID,
    /// The version that was read.
    pub(super) expected_version: i32,
}

/// A question to the resident.
#[derive(InputObject)]
pub struct RequestVoucherInformationInput {
    /// The application.
    pub(super) application_id: ID,
    /// The version that was read.
    pub(super) expected_version: i32,
    /// The question, at most 5 000 characters.
    pub(super) question: String,
}

/// An answer to the city.
#[derive(InputObject)]
pub struct ProvideVoucherInformationInput {
    /// The application.
    pub(super) application_id: ID,
    /// The version that was read.
    pub(super) expected_version: i32,
    /// The answer, at most 5 000 characters.
    pub(super) answer: String,
}

/// A voucher to grant on an application.
#[derive(InputObject)]
pub struct GrantVoucherApplicationInput {
    /// The application.
    pub(super) application_id: ID,
    /// The version that was read.
    pub(super) expected_version: i32,
    /// The grounds of the decision, at most 2 000 characters.
    pub(super) grounds: String,
    /// The rules applied: statutes and the city's own, at most 2 000 characters.
    pub(super) rules_applied: String,
    /// Who tells more: name, number or address, at most 300 characters.
    pub(super) contact: String,
    /// The situation as the officer has assessed it; as the resident has told it when it is left out.
    pub(super) assessment: Option<AssessmentInput>,
    /// What the voucher may pay in all, where the value rule values each visit.
    pub(super) amount: Option<Cents>,
    /// What it grants in a programme in visits or hours: thousandths of a visit, or minutes; 1 to 1 000 000.
    pub(super) quantity: Option<i32>,
    /// A raise of the value for the sake of livelihood or social care.
    pub(super) raise: Option<RaiseInput>,
    /// On what grounds the conditions of the programme are taken as met about which nothing is recorded, at most 2 000
    /// characters.
    pub(super) eligibility_confirmed: Option<String>,
    /// 16 to 64 characters of the caller's choice; the same key never grants twice.
    pub(super) idempotency_key: String,
}

/// An application to reject.
#[derive(InputObject)]
pub struct RejectVoucherApplicationInput {
    /// The application.
    pub(super) application_id: ID,
    /// The version that was read.
    pub(super) expected_version: i32,
    /// The grounds of the decision, at most 2 000 characters.
    pub(super) grounds: String,
    /// The rules applied: statutes and the city's own, at most 2 000 characters.
    pub(super) rules_applied: String,
    /// Who tells more: name, number or address, at most 300 characters.
    pub(super) contact: String,
}
