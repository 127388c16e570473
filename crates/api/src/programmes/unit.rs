//! In what a programme grants, and quantities of it.

use async_graphql::{Context, Enum, InputObject, Object};

use crate::context::ContextExt;
use crate::scalars::{self, Lang, LocalizedText, LocalizedTextInput};

/// In what the vouchers of a programme are granted.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::Unit")]
pub enum ProgrammeUnit {
    /// In euros alone.
    Eur,
    /// In visits, with the money that these can cost.
    Visit,
    /// In hours by the minute, with the money that these can cost.
    Hour,
}

/// A number of visits or hours.
#[derive(Clone, Copy)]
pub struct Quantity {
    unit: programmes::Unit,
    amount: i64,
}

impl Quantity {
    /// A quantity of a unit; none in euros, where money says everything.
    pub(crate) fn of(unit: programmes::Unit, amount: i64) -> Option<Self> {
        (unit != programmes::Unit::Eur).then_some(Self { unit, amount })
    }
}

#[Object]
impl Quantity {
    /// What is counted.
    async fn unit(&self) -> ProgrammeUnit {
        self.unit.into()
    }
    /// How much: thousandths of a visit, or minutes.
    async fn amount(&self) -> i32 {
        i32::try_from(self.amount).unwrap_or(i32::MAX)
    }
    /// The quantity as the language writes it, such as `2 visits` or `1 h 30 min`.
    async fn text(&self, ctx: &Context<'_>, lang: Option<Lang>) -> String {
        self.unit.text(self.amount, scalars::lang(lang, ctx.session().lang))
    }
}

/// The unit of a city that is responsible for a programme.
pub struct Organiser(pub(super) programmes::Organiser);

#[Object]
impl Organiser {
    /// Its name in one language.
    async fn name(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.name.get(scalars::lang(lang, ctx.session().lang))
    }
    /// Its name in all languages.
    async fn names(&self) -> LocalizedText {
        self.0.name.clone().into()
    }
    /// How it is reached: number or address.
    async fn contact(&self) -> &str {
        &self.0.contact
    }
}

/// The unit of a city that is responsible for a programme.
#[derive(InputObject)]
pub struct OrganiserInput {
    /// Its name, at most 200 characters a language.
    name: LocalizedTextInput,
    /// How it is reached: number or address, at most 300 characters.
    contact: String,
}

impl From<OrganiserInput> for programmes::Organiser {
    fn from(input: OrganiserInput) -> Self {
        Self {
            name: input.name.into(),
            contact: input.contact,
        }
    }
}
