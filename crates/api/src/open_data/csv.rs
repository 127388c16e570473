//! A register as comma-separated values, one line for each service and for each approval without one.

use kernel::csv::{neutral, row as line};
use kernel::{Lang, LocalizedText};
use offers::RegisterRow;

/// The names of the columns.
pub(super) fn head() -> String {
    line([
        "business_id",
        "provider",
        "programme",
        "approved_from",
        "approved_until",
        "service",
        "price_cents",
        "price_eur",
    ])
}

/// One line, names in a language. Texts that a spreadsheet would take for a formula begin with an apostrophe.
pub(super) fn row(row: &RegisterRow, lang: Lang) -> String {
    let name = |text: &LocalizedText| neutral(text.get(lang));
    let cells = [
        row.business_id.clone(),
        neutral(&row.company),
        name(&row.programme),
        row.approved_from.to_string(),
        row.approved_until.to_string(),
        row.service.as_ref().map(name).unwrap_or_default(),
        row.price.map(|price| price.0.to_string()).unwrap_or_default(),
        row.price.map(|price| price.to_string()).unwrap_or_default(),
    ];
    line(cells.iter().map(String::as_str))
}
