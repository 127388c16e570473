use chrono::NaiveDate;
use jobs::Event;
use kernel::{ApprovalId, ResignationId};
use serde::{Deserialize, Serialize};

/// What a city has written to a company about an approval on the ladder of sanctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// It hears the company before a decision.
    Hearing,
    /// It has decided.
    Decision,
    /// It has ended a hearing without a decision.
    HearingClosed,
    /// It has ruled on a request for rectification.
    Ruling,
}

/// Signatories and managers of a company are to be told that something about an approval waits for them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SanctionNews {
    /// The approval.
    pub approval: ApprovalId,
    /// What waits.
    pub news: News,
    /// The id of the hearing or the decision, for one letter to each of them.
    pub about: String,
}

impl Event for SanctionNews {
    const KIND: &'static str = "approval.sanctioned";
}

/// A company stops in a programme after a day, or stays after all.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CompanyResigned {
    /// The resignation.
    pub resignation: ResignationId,
    /// The approval that ends.
    pub approval: ApprovalId,
    /// The last day on which the company delivers.
    pub last_day: NaiveDate,
    /// True when it has been taken back.
    pub taken_back: bool,
}

impl Event for CompanyResigned {
    const KIND: &'static str = "company.resigned";
}

/// A company may not sell by an approval any more: suspended, stopped, revoked, resigned or expired.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ApprovalFell {
    /// The approval.
    pub approval: ApprovalId,
    /// Its version since then, for one letter about it to each reader.
    pub version: i32,
}

impl Event for ApprovalFell {
    const KIND: &'static str = "approval.fell";
}
