//! The unit of a city that is responsible for a programme.

use kernel::{FieldError, LocalizedText, field};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

/// Who in the city answers for a programme (järjestäjä, P1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Organiser {
    /// The name of the unit, at most 200 characters a language.
    pub name: LocalizedText,
    /// How it is reached: number or address, at most 300 characters.
    pub contact: String,
}

impl Organiser {
    /// Checks both; wrong ones are named as in `organiser` of an input.
    pub(crate) fn checked(self, bilingual: bool) -> Result<Self, FieldError> {
        Ok(Self {
            name: self.name.checked("organiser.name", 200, bilingual)?,
            contact: field::line("organiser.contact", &self.contact, 300)?,
        })
    }
}
