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
    programme: Spoken<'a>,
    from_written: String,
    until_written: String,
    service: Option<(Spoken<'a>, String)>,
}

#[derive(Template)]
#[template(path = "register_foot.html")]
struct Foot {
    words: &'static Words,
    empty: bool,
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
            programme: Spoken::of(&row.programme, self.lang),
            from_written: words::day(row.approved_from, self.lang),
            until_written: words::day(row.approved_until, self.lang),
            service: service.map(|(name, price)| (Spoken::of(name, self.lang), words::euros(price, self.lang))),
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
