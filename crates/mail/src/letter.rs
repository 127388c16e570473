use askama::Template;
use kernel::Lang;

/// A letter to one person (sähköpostiviesti), in the person's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The bare address, such as `asukas@example.fi`. A bad one does not stop the use case: its job is parked.
    pub to: String,
    /// The language of all the texts.
    pub lang: Lang,
    /// The subject; a line break in it becomes a space.
    pub subject: String,
    /// Plain texts, one for each paragraph.
    pub paragraphs: Vec<String>,
    /// What the reader may open, after the paragraphs.
    pub link: Option<Link>,
}

/// A link in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is for, in the letter's language.
    pub label: String,
    /// Where it leads; always an address of ours.
    pub url: String,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    lang: &'a str,
    subject: &'a str,
    paragraphs: &'a [String],
    link: Option<&'a Link>,
}

impl Letter {
    /// The subject on one line, so that it cannot begin another header.
    pub(crate) fn subject_line(&self) -> String {
        let words: Vec<&str> = self
            .subject
            .split(|letter: char| letter.is_control() || letter.is_whitespace())
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    }

    /// The letter for readers of plain text.
    pub(crate) fn text(&self) -> String {
        let link = self.link.iter().map(|link| format!("{}:\n{}", link.label, link.url));
        let parts: Vec<String> = self.paragraphs.iter().cloned().chain(link).collect();
        parts.join("\n\n") + "\n"
    }

    /// The letter as a page, with everything escaped.
    pub(crate) fn html(&self) -> Result<String, askama::Error> {
        let page = Html {
            lang: match self.lang {
                Lang::Fi => "fi",
                Lang::Sv => "sv",
                Lang::En => "en",
            },
            subject: &self.subject_line(),
            paragraphs: &self.paragraphs,
            link: self.link.as_ref(),
        };
        page.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            to: "asukas@example.fi".into(),
            lang: Lang::Sv,
            subject: "Bokning\r\nBcc: <all@example.fi>".into(),
            paragraphs: vec!["Hej & välkommen <script>".into(), "Tack".into()],
            link: Some(Link {
                label: "Öppna".into(),
                url: "https://example.fi/?a=1&b=\"2\"".into(),
            }),
        }
    }

    #[test]
    fn a_subject_stays_on_one_line() {
        assert_eq!(letter().subject_line(), "Bokning Bcc: <all@example.fi>");
    }

    #[test]
    fn the_text_reads_plainly() {
        assert_eq!(
            letter().text(),
            "Hej & välkommen <script>\n\nTack\n\nÖppna:\nhttps://example.fi/?a=1&b=\"2\"\n"
        );
    }

    #[test]
    fn the_page_names_its_language_and_escapes_every_text() {
        let page = letter().html().unwrap();
        assert!(page.starts_with("<!doctype html>\n<html lang=\"sv\">"), "{page}");
        assert!(page.contains("<p>Hej &#38; välkommen &#60;script&#62;</p>"), "{page}");
        assert!(
            page.contains("<a href=\"https://example.fi/?a=1&#38;b=&#34;2&#34;\""),
            "{page}"
        );
        assert!(!page.contains("<script>") && !page.contains("<all@"), "{page}");
    }
}
