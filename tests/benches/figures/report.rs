use std::io::Write;

/// The first line of the table.
pub(crate) fn head() {
    row("what", "measured", "wanted");
}

/// One line of the table.
pub(crate) fn row(what: &str, measured: &str, wanted: &str) {
    let line = writeln!(std::io::stdout(), "{what:<72} {measured:>12}   {wanted}");
    line.expect("standard output is open");
}

/// One rate in hundredths of another.
pub(crate) fn ratio(rate: u64, of: u64) -> String {
    let hundredths = rate * 100 / of.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
