//! The PDF of a sheet: tagged, so that screen readers read it as it is meant (PDF/UA-1, ISO 14289-1).

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::{Error, Sheet};

/// The layout.
const LAYOUT: &str = include_str!("../templates/sheet.typ");

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(<Library as LibraryExt>::default()));

/// The typefaces that the layout names.
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let all = typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data)));
    all.filter(|font| font.info().family.as_str() == "Libertinus Serif")
        .collect()
});

static BOOK: LazyLock<LazyHash<FontBook>> = LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

/// All that a sheet may read: its layout and its texts. There is no file system, network or clock behind it.
struct Desk {
    layout: Source,
    texts: (FileId, Bytes),
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.layout.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.layout.id() {
            Ok(self.layout.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let (texts, bytes) = &self.texts;
        if id == *texts {
            Ok(bytes.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

impl Sheet {
    /// Writes it as a PDF; the same sheet under the same `number` gives the same bytes. Takes some hundredths of a second
    /// of one core, so it belongs where blocking work is done.
    ///
    /// # Errors
    /// `Pdf` when the layout and the texts do not make an accessible document.
    pub fn pdf(&self, number: &str) -> Result<Vec<u8>, Error> {
        let texts = serde_json::to_vec(&self.texts()).map_err(|error| Error::Pdf(error.to_string()))?;
        let desk = Desk {
            layout: Source::new(file("/sheet.typ")?, LAYOUT.to_owned()),
            texts: (file("/sheet.json")?, Bytes::new(texts)),
        };
        let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|error| Error::Pdf(format!("{error:?}")))?;
        let options = PdfOptions {
            ident: Smart::Custom(number.to_owned()),
            creator: Smart::Custom(Some("Palvelutori".to_owned())),
            standards,
            ..PdfOptions::default()
        };
        let written = typst::compile::<PagedDocument>(&desk)
            .output
            .and_then(|document| typst_pdf::pdf(&document, &options));
        // What typst remembers of a document is of no use to the next one.
        typst::comemo::evict(0);
        written.map_err(|errors| Error::Pdf(format!("{errors:?}")))
    }

    /// The texts as the layout reads them.
    fn texts(&self) -> serde_json::Value {
        let facts: Vec<_> = self
            .facts
            .iter()
            .map(|(name, value)| (printable(name), printable(value)))
            .collect();
        let part = |(heading, paragraphs): &(String, Vec<String>)| {
            let paragraphs: Vec<_> = paragraphs.iter().map(|text| printable(text)).collect();
            (printable(heading), paragraphs)
        };
        let parts: Vec<_> = self.parts.iter().map(part).collect();
        serde_json::json!({
            "lang": self.code(), "authority": printable(&self.authority), "title": printable(&self.title), "facts": facts,
            "parts": parts,
        })
    }
}

/// The most characters without a place to break a line that fit on one.
const LINE: usize = 60;

/// The text with a mark in the place of each character that the typeface does not have, such as a small picture or a
/// Chinese sign: an accessible document may not hold one that nobody sees. The page of HTML has them all. Within a word
/// that is too long for a line there are invisible places to break it.
fn printable(text: &str) -> String {
    let has = |c: char| FONTS.iter().all(|font| font.info().coverage.contains(u32::from(c)));
    let mut printable = String::with_capacity(text.len());
    let mut unbroken = 0;
    for c in text.chars() {
        unbroken = if c.is_whitespace() { 0 } else { unbroken + 1 };
        if unbroken > LINE {
            printable.push('\u{200b}');
            unbroken = 1;
        }
        printable.push(if c == '\n' || has(c) { c } else { '?' });
    }
    printable
}

fn file(path: &str) -> Result<FileId, Error> {
    let path = VirtualPath::new(path).map_err(|error| Error::Pdf(format!("{error:?}")))?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

#[cfg(test)]
mod tests {
    use kernel::Lang;

    use super::*;

    fn sheet(text: &str) -> Sheet {
        Sheet {
            lang: Lang::Sv,
            authority: "Esimerkki".into(),
            title: "Beslut".into(),
            facts: vec![("Sökande".into(), text.to_owned())],
            parts: vec![("Motivering".into(), vec![text.to_owned(); 60])],
        }
    }

    #[test]
    fn whatever_somebody_typed_becomes_the_same_bytes_every_time() {
        for text in [
            "Aino Esimerkki",
            "#panic() $x$ * _ = \\ ] // `",
            "eka\ntoka",
            "\u{1f600} \u{5d0} \u{4e2d} \u{fffd}",
            "",
            &"W".repeat(1_000),
        ] {
            let pdf = sheet(text).pdf("decision_1").unwrap();
            assert!(pdf.starts_with(b"%PDF-"), "{text}");
            assert_eq!(sheet(text).pdf("decision_1").unwrap(), pdf, "{text}");
        }
        let long = printable(&format!("{} a", "W".repeat(130)));
        assert!(long.split(['\u{200b}', ' ']).all(|part| part.len() <= LINE), "{long}");
        assert_eq!(long.replace('\u{200b}', ""), format!("{} a", "W".repeat(130)));
        assert_ne!(sheet("a").pdf("1").unwrap(), sheet("b").pdf("1").unwrap());
    }
}
