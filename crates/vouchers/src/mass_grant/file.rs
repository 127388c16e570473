//! The file of a mass grant: comma- or semicolon-separated values in UTF-8 with a header.

use std::collections::HashSet;
use std::fmt::Display;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord};
use identity::Email;
use kernel::csv::neutral;
use kernel::{Cents, ErrorCode, FieldError, field};
use programmes::model::unit::MAX_QUANTITY;

/// The most rows of a file.
const MAX_ROWS: usize = 20_000;

/// The most faults that are told about a file.
pub(super) const MAX_FAULTS: usize = 100;

/// The columns of a file, in any order. `amount_cents` and `quantity` (thousandths of a visit, or minutes) may be left out,
/// and so may their cells.
const COLUMNS: [&str; 5] = ["key", "email", "grounds", "amount_cents", "quantity"];

/// One line of a file as it is to be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number, the header being the first.
    pub(crate) line: i32,
    /// The city's own key of the grant.
    pub(crate) key: String,
    /// The address of the resident, folded.
    pub(crate) email: String,
    /// The grounds of the decision.
    pub(crate) grounds: String,
    /// What the voucher may pay in all.
    pub(crate) amount: Option<Cents>,
    /// What the voucher grants in thousandths of a visit or in minutes.
    pub(crate) quantity: Option<i32>,
}

/// What is wrong with a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, the header being the first; 0 for the file as a whole.
    pub line: i32,
    /// The column, where one is at fault.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub code: ErrorCode,
}

impl Fault {
    pub(crate) fn new(line: i32, column: Option<&'static str>, code: ErrorCode) -> Self {
        Self { line, column, code }
    }

    fn of(line: i32, error: &FieldError) -> Self {
        Self::new(line, Some(error.field), error.code)
    }
}

/// Reads a file whole. It has rows or faults, never both; at most 100 faults are told.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, Vec<Fault>> {
    let whole = |code| vec![Fault::new(0, None, code)];
    let text = std::str::from_utf8(bytes).map_err(|_not_utf8| whole(ErrorCode::InvalidFormat))?;
    // Spreadsheets begin their files with a byte order mark, and use semicolons where the comma is for decimals.
    // The reader counts lines only where they end with a line feed.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let places = match reader.headers() {
        Ok(header) => places(header)?,
        Err(_unreadable) => return Err(whole(ErrorCode::InvalidFormat)),
    };
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let (mut keys, mut emails) = (HashSet::new(), HashSet::new());
    for record in reader.records() {
        if lines.len() == MAX_ROWS {
            return Err(whole(ErrorCode::TooManyItems));
        }
        match record.map_err(|error| Fault::new(line_of(error.position()), None, ErrorCode::InvalidFormat)) {
            Ok(record) => match checked(&record, &places) {
                Ok(line) => {
                    let known = [
                        ("key", !keys.insert(line.key.clone())),
                        ("email", !emails.insert(line.email.clone())),
                    ];
                    let twice = known.into_iter().filter(|(_, known)| *known);
                    faults.extend(twice.map(|(name, _)| Fault::new(line.line, Some(name), ErrorCode::AlreadyExists)));
                    lines.push(line);
                }
                Err(fault) => faults.push(fault),
            },
            Err(fault) => faults.push(fault),
        }
        if faults.len() >= MAX_FAULTS {
            break;
        }
    }
    faults.truncate(MAX_FAULTS);
    match (faults.is_empty(), lines.is_empty()) {
        (true, false) => Ok(lines),
        (true, true) => Err(whole(ErrorCode::Required)),
        (false, _) => Err(faults),
    }
}

/// Where each of [`COLUMNS`] stands.
fn places(header: &StringRecord) -> Result<[Option<usize>; 5], Vec<Fault>> {
    let place = |name: &str| header.iter().position(|column| column.trim() == name);
    let places = COLUMNS.map(place);
    let missing = COLUMNS.iter().zip(places).take(3).filter(|(_, place)| place.is_none());
    let mut faults: Vec<_> = missing
        .map(|(name, _)| Fault::new(1, Some(*name), ErrorCode::Required))
        .collect();
    // A column that is not known, or known twice.
    if places.iter().flatten().count() != header.len() {
        faults.push(Fault::new(1, None, ErrorCode::InvalidFormat));
    }
    if faults.is_empty() { Ok(places) } else { Err(faults) }
}

fn line_of(position: Option<&csv::Position>) -> i32 {
    position
        .and_then(|position| i32::try_from(position.line()).ok())
        .unwrap_or_default()
}

fn checked(record: &StringRecord, places: &[Option<usize>; 5]) -> Result<Entry, Fault> {
    let line = line_of(record.position());
    let cell = |column: usize| places[column].and_then(|place| record.get(place)).unwrap_or_default();
    let text = |column: usize, max: usize| {
        let name = COLUMNS[column];
        let text = field::text(name, cell(column), max).map_err(|error| Fault::of(line, &error))?;
        // Results go back into spreadsheets: nothing that would be a formula there is taken in.
        if neutral(&text) == text {
            Ok(text)
        } else {
            Err(Fault::new(line, Some(name), ErrorCode::InvalidFormat))
        }
    };
    let email = Email::parse(&text(1, 254)?).map_err(|error| Fault::of(line, &error))?;
    Ok(Entry {
        line,
        key: text(0, 64)?,
        email: email.folded().to_owned(),
        grounds: text(2, 2_000)?,
        amount: amount(cell(3).trim()).map_err(|error| Fault::of(line, &error))?,
        quantity: quantity(cell(4).trim()).map_err(|error| Fault::of(line, &error))?,
    })
}

/// A whole number of cents, if there is one.
fn amount(text: &str) -> Result<Option<Cents>, FieldError> {
    whole("amount_cents", text, Cents::MAX_INPUT.0).map(|cents| cents.map(Cents))
}

/// A whole quantity, if there is one.
fn quantity(text: &str) -> Result<Option<i32>, FieldError> {
    whole("quantity", text, MAX_QUANTITY)
}

/// A whole number from one to `max`, if there is one.
fn whole<N>(column: &'static str, text: &str, max: N) -> Result<Option<N>, FieldError>
where
    N: FromStr + From<u8> + PartialOrd + Display,
{
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    let number = number.ok_or_else(|| FieldError::new(column, ErrorCode::InvalidFormat))?;
    field::number(column, number, N::from(1), max).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(i32, Option<&'static str>, ErrorCode)> {
        let faults = read(text.as_bytes()).unwrap_err();
        faults
            .into_iter()
            .map(|fault| (fault.line, fault.column, fault.code))
            .collect()
    }

    #[test]
    fn reads_what_spreadsheets_write() {
        let text = "\u{feff}email;key;grounds;amount_cents\r\nAino@Example.org;A 1;\"Ikä; luokka 3\";\r\nb@example.org;2;Ikä;500\r\n";
        assert_eq!(read(text.replace("\r\n", "\r").as_bytes()), read(text.as_bytes()));
        let lines = read(text.as_bytes()).unwrap();
        let first = Entry {
            line: 2,
            key: "A 1".into(),
            email: "aino@example.org".into(),
            grounds: "Ikä; luokka 3".into(),
            amount: None,
            quantity: None,
        };
        assert_eq!(lines[0], first);
        assert_eq!((lines[1].line, lines[1].amount), (3, Some(Cents(500))));
    }

    #[test]
    fn quantities_are_whole_numbers_of_the_unit() {
        let with = |cell: &str| format!("quantity,key,email,grounds\n{cell},k,a@b.fi,Ikä\n");
        let quantity = |cell: &str| read(with(cell).as_bytes()).map(|lines| lines[0].quantity);
        assert_eq!(quantity("3000"), Ok(Some(3_000)));
        assert_eq!(quantity(""), Ok(None));
        let fault = |code| [(2, Some("quantity"), code)];
        for (cell, code) in [
            ("0", ErrorCode::OutOfRange),
            ("1000001", ErrorCode::OutOfRange),
            ("2.5", ErrorCode::InvalidFormat),
        ] {
            assert_eq!(faults(&with(cell)), fault(code), "{cell}");
        }
    }

    #[test]
    fn names_every_fault_by_its_line() {
        let text = "key,email,grounds,amount_cents\n=1+1,a@b.fi,Ikä,\nk,ab.fi,Ikä,\nk,c@b.fi,,\nk,d@b.fi,Ikä,1.5\nk,e@b.fi,Ikä,0\n\
                    k,f@b.fi,Ikä,1\nk,F@b.fi,Ikä,1\nshort\nm,g@b.fi,@SUM(A1),1\n";
        let expected = [
            (2, Some("key"), ErrorCode::InvalidFormat),
            (3, Some("email"), ErrorCode::InvalidFormat),
            (4, Some("grounds"), ErrorCode::Required),
            (5, Some("amount_cents"), ErrorCode::InvalidFormat),
            (6, Some("amount_cents"), ErrorCode::OutOfRange),
            (8, Some("key"), ErrorCode::AlreadyExists),
            (8, Some("email"), ErrorCode::AlreadyExists),
            (9, None, ErrorCode::InvalidFormat),
            (10, Some("grounds"), ErrorCode::InvalidFormat),
        ];
        assert_eq!(faults(text), expected);
    }

    #[test]
    fn refuses_other_columns_other_encodings_and_nothing() {
        let column = (1, Some("grounds"), ErrorCode::Required);
        assert_eq!(faults("key,email\na,b@c.fi\n"), [column]);
        let unknown = (1, None, ErrorCode::InvalidFormat);
        assert_eq!(faults("key,email,grounds,hetu\n"), [unknown]);
        assert_eq!(faults("key,email,grounds,key\n"), [unknown]);
        assert_eq!(faults("key,email,grounds\n"), [(0, None, ErrorCode::Required)]);
        let latin = read(b"key,email,grounds\n1,a@b.fi,Ik\xe4\n").unwrap_err();
        assert_eq!(latin, [Fault::new(0, None, ErrorCode::InvalidFormat)]);
        let many = "key,email,grounds\n".to_owned() + &"=,=,=\n".repeat(500);
        assert_eq!(faults(&many).len(), MAX_FAULTS);
    }
}
