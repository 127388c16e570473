//! In which form an answer is given.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON.
    Json,
    /// JSON as linked data.
    JsonLd,
    /// Comma-separated values.
    Csv,
    /// A page for people.
    Html,
}

impl Form {
    /// The value of `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::JsonLd => "application/ld+json; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// How exactly a media range of `Accept` names this form; none where it does not.
    fn exactness(self, range: &str) -> Option<u8> {
        let own = match self {
            Self::Json => ("application", "json"),
            Self::JsonLd => ("application", "ld+json"),
            Self::Csv => ("text", "csv"),
            Self::Html => ("text", "html"),
        };
        match range.split_once('/')? {
            ("*", "*") => Some(0),
            (kind, "*") if kind == own.0 => Some(1),
            named if named == own => Some(2),
            _ => None,
        }
    }

    /// The form of `forms` that the client likes best; the first of those it likes as well. None where it takes none.
    pub(super) fn preferred(headers: &HeaderMap, forms: &[Self]) -> Option<Self> {
        let ranges: Vec<(String, u16)> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(range)
            .collect();
        if ranges.is_empty() {
            return forms.first().copied();
        }
        let liking = |form: Self| {
            let named = ranges
                .iter()
                .filter_map(|(range, quality)| Some((form.exactness(range)?, *quality)));
            named.max().map_or(0, |(_, quality)| quality)
        };
        // The last of several maxima is taken, and the first is wanted.
        let best = forms.iter().rev().copied().max_by_key(|form| liking(*form))?;
        (liking(best) > 0).then_some(best)
    }
}

/// A media range and its quality in thousandths.
fn range(text: &str) -> (String, u16) {
    let mut pieces = text.split(';').map(str::trim);
    let name = pieces.next().unwrap_or_default().to_ascii_lowercase();
    let quality = pieces
        .find_map(|piece| piece.strip_prefix("q="))
        .map_or(1_000, thousandths);
    (name, quality)
}

fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{digits}").parse().unwrap_or(0).min(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_decides() {
        let forms = [Form::Json, Form::Csv, Form::Html];
        assert_eq!(Form::preferred(&HeaderMap::new(), &forms), Some(Form::Json));
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, form) in [
            ("*/*", Some(Form::Json)),
            (browser, Some(Form::Html)),
            ("text/*", Some(Form::Csv)),
            ("text/*;q=0.5, TEXT/HTML", Some(Form::Html)),
            ("text/csv;q=0.2, application/json;q=0.1", Some(Form::Csv)),
            ("application/json;q=0, text/html;q=0.001", Some(Form::Html)),
            ("application/json;q=0, */*;q=0.1", Some(Form::Csv)),
            ("image/png", None),
            ("text/csv;q=0", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(Form::preferred(&headers, &forms), form, "{accept}");
        }
    }
}
