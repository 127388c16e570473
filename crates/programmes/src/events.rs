use jobs::Event;
use kernel::RulebookId;
use serde::{Deserialize, Serialize};

/// A version of a rulebook has been published.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RulebookPublished {
    /// The version.
    pub rulebook: RulebookId,
}

impl Event for RulebookPublished {
    const KIND: &'static str = "rulebook.published";
}
