//! Tables as comma-separated values (RFC 4180) that no spreadsheet mistakes for formulas.

/// One line of cells.
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(quoted).collect();
    cells.join(",") + "\r\n"
}

/// A text that came from outside, harmless for spreadsheets: one that begins like a formula, or with the mark itself,
/// gets an apostrophe in front. Taking away one leading apostrophe gives the text back.
pub fn neutral(text: &str) -> String {
    if text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '\'', '＝', '＋', '－', '＠',
    ]) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', ';', '"', '\r', '\n']) || cell.starts_with([' ', '\'']) || cell.ends_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads one row back as RFC 4180 says.
    fn cells(row: &str) -> Vec<String> {
        let mut characters = row.strip_suffix("\r\n").unwrap().chars().peekable();
        let mut cells = vec![String::new()];
        let mut inside = false;
        while let Some(next) = characters.next() {
            let cell = cells.last_mut().unwrap();
            match next {
                '"' if inside && characters.peek() == Some(&'"') => cell.extend(characters.next()),
                '"' => inside = !inside,
                ',' if !inside => cells.push(String::new()),
                other => cell.push(other),
            }
        }
        assert!(!inside);
        cells
    }

    #[test]
    fn quotes_only_what_needs_it() {
        assert_eq!(
            row(["a", "b,c", "12.50", "say \"no\""]),
            "a,\"b,c\",12.50,\"say \"\"no\"\"\"\r\n"
        );
        assert_eq!(neutral("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(neutral("Lasku 12"), "Lasku 12");
    }

    proptest! {
        #[test]
        fn any_texts_come_back_and_none_is_a_formula(texts in prop::collection::vec(any::<String>(), 1..6)) {
            let neutralised: Vec<_> = texts.iter().map(|text| neutral(text)).collect();
            let read = cells(&row(neutralised.iter().map(String::as_str)));
            prop_assert!(read.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])));
            let back: Vec<_> =
                read.iter().map(|cell| cell.strip_prefix('\'').unwrap_or(cell).to_owned()).collect();
            prop_assert_eq!(back, texts);
        }
    }
}
