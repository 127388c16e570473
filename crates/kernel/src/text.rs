use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::{ErrorCode, FieldError};
use crate::field;

/// A language of the service. Every Finnish city serves at least the first two in law; all three here.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    sea_orm::EnumIter,
    sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Finnish.
    #[default]
    Fi,
    /// Swedish.
    Sv,
    /// English.
    En,
}

/// A text in up to three languages; Finnish is always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct LocalizedText {
    /// Finnish.
    pub fi: String,
    /// Swedish, mandatory where the city is bilingual.
    pub sv: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl LocalizedText {
    /// The text in `lang`; where it is missing, English readers get Swedish only after Finnish: the order is the
    /// wanted language, Finnish.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fi => None,
            Lang::Sv => self.sv.as_deref(),
            Lang::En => self.en.as_deref(),
        }
        .unwrap_or(&self.fi)
    }

    /// Trims and checks every language: at most `max` characters, no control characters, Finnish not empty, and
    /// Swedish there when `bilingual`.
    pub fn checked(self, name: &'static str, max: usize, bilingual: bool) -> Result<Self, FieldError> {
        let optional = |text: Option<String>| match text {
            Some(text) if !text.trim().is_empty() => field::text(name, &text, max).map(Some),
            _ => Ok(None),
        };
        let checked = Self {
            fi: field::text(name, &self.fi, max)?,
            sv: optional(self.sv)?,
            en: optional(self.en)?,
        };
        if bilingual && checked.sv.is_none() {
            return Err(FieldError::new(name, ErrorCode::SwedishMissing));
        }
        Ok(checked)
    }

    /// As [`Self::checked`], for what stands on one line, such as a name.
    pub fn checked_line(self, name: &'static str, max: usize, bilingual: bool) -> Result<Self, FieldError> {
        let checked = self.checked(name, max, bilingual)?;
        for text in [Some(&checked.fi), checked.sv.as_ref(), checked.en.as_ref()]
            .into_iter()
            .flatten()
        {
            field::line(name, text, max)?;
        }
        Ok(checked)
    }
}

/// The form in which names and addresses are compared and kept unique: NFKC in lower case.
pub fn fold(text: &str) -> String {
    text.trim().nfkc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_back_to_finnish() {
        let text = LocalizedText {
            fi: "uinti".into(),
            sv: Some("simning".into()),
            en: None,
        };
        assert_eq!(text.get(Lang::Sv), "simning");
        assert_eq!(text.get(Lang::En), "uinti");
    }

    #[test]
    fn asks_for_swedish_in_a_bilingual_city() {
        let text = LocalizedText {
            fi: " uinti ".into(),
            sv: Some("  ".into()),
            en: None,
        };
        let refused = text.clone().checked("name", 10, true).unwrap_err();
        assert_eq!(refused.code, ErrorCode::SwedishMissing);
        assert_eq!(text.clone().checked("name", 10, false).unwrap().fi, "uinti");
        let broken = LocalizedText {
            sv: Some("Sim\nBcc: x".into()),
            ..text
        };
        assert!(broken.clone().checked("name", 20, true).is_ok());
        let refused = broken.checked_line("name", 20, true).unwrap_err();
        assert_eq!(refused.code, ErrorCode::ControlCharacters);
    }

    #[test]
    fn folds_compatible_spellings_together() {
        assert_eq!(fold(" ＭＡＴＴＩ@Example.FI "), "matti@example.fi");
        assert_eq!(fold("A\u{308}iti"), fold("Äiti"));
    }
}
