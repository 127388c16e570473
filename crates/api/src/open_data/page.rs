//! A register as a page: one table, no script, no style, so that it reads at any size and with any tool.

use askama::Template;
use chrono::NaiveDate;
use kernel::Lang;
use offers::{Register, RegisterRow};

use super::LICENCE;
use super::stream::WriteError;
use super::words::{self, LANGUAGES, Spoken, Words};

/// Everything before the rows.
#[derive(Template)]
#[template(path = "register_head.html")]
struct Head<'a> {
    words: &'static Words,
    city: Spoken<'a>,
    code: &'a str,
    day: NaiveDate,
    day_written: String,
    today: NaiveDate,
    today_written: String,
}

#[derive(Template)]
#[template(path = "register_row.html")]
struct Line<'a> {
    words: &'static Words,
    row: &'a RegisterRow,
    company: Vec<&'a str>,
    programme: Spoken<'a>,
    from_written: String,
    until_written: String,
    service: Option<(Spoken<'a>, Vec<&'a str>, String)>,
}

#[derive(Template)]
#[template(path = "register_foot.html")]
struct Foot {
    words: &'static Words,
    empty: bool,
}

/// The most characters of a word that no browser breaks by itself.
const PIECE: usize = 30;

/// A text in pieces between which a browser may break a line: one long word does not make a column so wide that the
/// others are not seen.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut unbroken) = (0, 0);
    for (at, c) in text.char_indices() {
        unbroken = if c.is_whitespace() { 0 } else { unbroken + 1 };
        if unbroken > PIECE {
            pieces.push(&text[begin..at]);
            (begin, unbroken) = (at, 1);
        }
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Writes a page in a language.
pub(super) struct Page {
    lang: Lang,
    words: &'static Words,
    empty: bool,
}

impl Page {
    pub(super) fn new(lang: Lang) -> Self {
        Self {
            lang,
            words: words::words(lang),
            empty: true,
        }
    }

    pub(super) fn begin(&mut self, register: &Register, text: &mut String) -> Result<(), WriteError> {
        let head = Head {
            words: self.words,
            city: Spoken::of(&register.city.name, self.lang),
            code: &register.city.code,
            day: register.day,
            day_written: words::day(register.day, self.lang),
            today: register.today,
            today_written: words::day(register.today, self.lang),
        };
        Ok(head.render_into(text)?)
    }

    pub(super) fn row(&mut self, row: &RegisterRow, text: &mut String) -> Result<(), WriteError> {
        self.empty = false;
        let service = row.service.as_ref().zip(row.price);
        let line = Line {
            words: self.words,
            row,
            company: pieces(&row.company),
            programme: Spoken::of(&row.programme, self.lang),
            from_written: words::day(row.approved_from, self.lang),
            until_written: words::day(row.approved_until, self.lang),
            service: service.map(|(name, price)| {
                let name = Spoken::of(name, self.lang);
                let text = pieces(name.text);
                (name, text, words::euros(price, self.lang))
            }),
        };
        Ok(line.render_into(text)?)
    }

    pub(super) fn end(&mut self, text: &mut String) -> Result<(), WriteError> {
        let foot = Foot {
            words: self.words,
            empty: self.empty,
        };
        Ok(foot.render_into(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_have_places_to_break() {
        let long = "Å".repeat(70);
        assert_eq!(pieces(&long).concat(), long);
        assert_eq!(pieces(&long).len(), 3);
        assert_eq!(
            pieces("Uimakoulu Aalto Oy, Helsingin toimipaikka"),
            ["Uimakoulu Aalto Oy, Helsingin toimipaikka"]
        );
    }
}
