//! A file that came with an application for a voucher, and what may be one.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{AttachmentId, CityId, ErrorCode, FieldError, PersonId, VoucherApplicationId, field};
use sea_orm::entity::prelude::*;

/// The most files that come with one application.
pub const MOST: usize = 10;

/// The longest name of a file, in characters.
const MAX_NAME: usize = 120;

/// What a file is, by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MediaType {
    /// A document.
    Pdf,
    /// A picture without loss.
    Png,
    /// A photograph.
    Jpeg,
}

/// How far before the end of a PDF its mark may stand, in bytes: readers look that far.
const PDF_END: usize = 1024;

impl MediaType {
    /// What `bytes` are: they begin as such a file does and have the mark of its end, so that one that was cut off on its way
    /// is none. The name and what the sender says of them do not matter. Behind the end of a picture cameras put what they
    /// like.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let tail = &bytes[bytes.len().saturating_sub(PDF_END)..];
        if bytes.starts_with(b"%PDF-") && has(tail, b"%%EOF") {
            Some(Self::Pdf)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR") && has(bytes, b"\0\0\0\0IEND\xae\x42\x60\x82") {
            Some(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") && has(bytes, b"\xff\xd9") {
            Some(Self::Jpeg)
        } else {
            None
        }
    }

    /// Its name in HTTP (RFC 6838).
    pub fn mime(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

fn has(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// A file that came with an application (liite, E1). Its bytes are in the store of files.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher_attachment")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttachmentId,
    /// The application.
    pub application_id: VoucherApplicationId,
    /// The city that decides.
    pub city_id: CityId,
    /// What the sender calls it.
    pub name: String,
    /// What it is.
    pub media_type: MediaType,
    /// Its length in bytes.
    pub size: i64,
    /// The SHA-256 of its bytes in hexadecimal digits, its name in the store.
    pub sha256: String,
    /// The day in UTC below which the store keeps it.
    pub kept_on: NaiveDate,
    /// Who sent it: the resident or whoever acts for her.
    pub uploaded_by: PersonId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// An attachment refers to its application and its city by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The name of a file: one line of at most 120 characters that names no folder.
pub fn name(value: &str) -> Result<String, FieldError> {
    let name = field::line("name", value, MAX_NAME)?;
    if name.contains(['/', '\\', ':']) || name.chars().all(|c| c == '.') {
        return Err(FieldError::new("name", ErrorCode::InvalidFormat));
    }
    Ok(name)
}

/// Decides whether another file may come to `present` ones.
pub fn another(present: usize) -> Result<(), FieldError> {
    if present < MOST {
        Ok(())
    } else {
        Err(FieldError::new("file", ErrorCode::TooManyItems).with("max", MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_bytes_say_what_it_is() {
        assert_eq!(MediaType::of(b"%PDF-1.7\n%%EOF\r\n"), Some(MediaType::Pdf));
        assert_eq!(MediaType::of(b"%PDF-1.7\n"), None);
        assert_eq!(MediaType::of(b"<html>%PDF-1.7 %%EOF"), None);
        let far = [b"%PDF-1.7\n%%EOF".as_slice(), &[b' '; PDF_END]].concat();
        assert_eq!(MediaType::of(&far), None);
        let photo = b"\xff\xd8\xff\xe0 photo \xff\xd9 and a film";
        assert_eq!(MediaType::of(photo), Some(MediaType::Jpeg));
        assert_eq!(MediaType::of(b"\xff\xd8\xff\xe0 photo"), None);
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR picture \0\0\0\0IEND\xae\x42\x60\x82";
        assert_eq!(MediaType::of(png), Some(MediaType::Png));
        assert_eq!(MediaType::of(&png[..png.len() - 1]), None);
        assert_eq!(MediaType::of(b"\r\n"), None);
        assert_eq!(MediaType::of(b""), None);
    }

    #[test]
    fn its_name_is_one_line_without_a_folder() {
        assert_eq!(name(" päätös 1.pdf ").unwrap(), "päätös 1.pdf");
        let code = |value: &str| name(value).unwrap_err().code;
        for path in ["a/b.pdf", "..\\b.pdf", "c:b.pdf", "..", "."] {
            assert_eq!(code(path), ErrorCode::InvalidFormat);
        }
        assert_eq!(code("a\0.pdf"), ErrorCode::ControlCharacters);
        assert_eq!(code("\u{202e}fdp.exe"), ErrorCode::ControlCharacters);
        assert_eq!(code(&"a".repeat(121)), ErrorCode::TooLong);
        assert_eq!(code(""), ErrorCode::Required);
    }

    #[test]
    fn ten_come_with_an_application() {
        assert!(another(9).is_ok());
        assert_eq!(another(10).unwrap_err().code, ErrorCode::TooManyItems);
    }
}
