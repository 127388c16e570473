//! The one layout of all documents: a head, facts, and parts with a heading.

use askama::Template;
use kernel::Lang;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What stands on a document, in its reading order. All texts are in `lang` and are escaped where they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Template)]
#[template(path = "sheet.html")]
pub struct Sheet {
    /// The language of the texts.
    pub lang: Lang,
    /// Who gives it out.
    pub authority: String,
    /// What it is.
    pub title: String,
    /// Names with their values.
    pub facts: Vec<(String, String)>,
    /// Headings with their paragraphs.
    pub parts: Vec<(String, Vec<String>)>,
}

/// A document as a page of HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The text, whole: no script, no style from elsewhere.
    pub html: String,
    /// SHA-256 of its bytes in UTF-8, in hexadecimal.
    pub sha256: String,
}

impl Sheet {
    /// Writes it as a page.
    ///
    /// # Errors
    /// As [`crate::Error`] says.
    pub fn page(&self) -> Result<Page, crate::Error> {
        let html = self.render().map_err(crate::Error::Html)?;
        let sha256 = hex::encode(Sha256::digest(&html));
        Ok(Page { html, sha256 })
    }

    /// The language as HTML and PDF name it.
    pub(crate) fn code(&self) -> &'static str {
        match self.lang {
            Lang::Fi => "fi",
            Lang::Sv => "sv",
            Lang::En => "en",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_markup() {
        let sheet = Sheet {
            lang: Lang::Sv,
            authority: "Esimerkki".into(),
            title: "Beslut".into(),
            facts: vec![("Sökande".into(), "<script>alert(1)</script>".into())],
            parts: vec![("Motivering".into(), vec!["a & b".into()])],
        };
        let page = sheet.page().unwrap();
        assert!(page.html.starts_with("<!doctype html>\n<html lang=\"sv\">"));
        assert!(
            !page.html.contains("<script>") && !page.html.contains("a & b"),
            "{}",
            page.html
        );
        assert_eq!(page.sha256.len(), 64);
        assert_eq!(sheet.page().unwrap(), page, "the same bytes every time");
    }
}
