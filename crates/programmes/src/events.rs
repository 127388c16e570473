use jobs::Event;
use kernel::{CityId, ProgrammeId, RulebookId};
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

/// More of the budget of a programme may be granted than before.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct BudgetRaised {
    /// The city.
    pub city: CityId,
    /// The programme.
    pub programme: ProgrammeId,
}

impl Event for BudgetRaised {
    const KIND: &'static str = "budget.raised";
}
