//! What a programme asks of residents, beside what its vouchers are worth.

use serde::{Deserialize, Serialize};

use crate::eligibility::Rule;

/// What the terms of a programme ask of residents. It is stored as JSON; what a document leaves out is as it was before
/// there was such a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sea_orm::DeriveValueType)]
#[serde(default, rename_all = "camelCase")]
#[sea_orm(value_type = "String", from_str = "serde_json::from_str", to_str = "stored")]
pub struct Conditions {
    /// True when minors from 15 on may book by themselves what costs them nothing (G5).
    pub minors_book_free: bool,
    /// The rules of eligibility; all have to be met (E3).
    pub rules: Vec<Rule>,
}

/// The JSON that is stored.
fn stored(conditions: &Conditions) -> String {
    serde_json::to_string(conditions).expect("plain records always have a JSON text")
}
