//! Counts brackets before a parser sees them: parsers recurse once per bracket, and a deep enough input ends the process.

use super::refusal::{Refusal, RefusalCode};

/// Deepest nesting of `(`, `[` and `{` in a document or a JSON body.
pub(super) const MAX_BRACKET_DEPTH: usize = 64;

/// Depth of open brackets while a text is read.
#[derive(Default)]
struct Depth(usize);

impl Depth {
    fn read(&mut self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b'(' | b'[' | b'{' => self.0 += 1,
            b')' | b']' | b'}' => self.0 = self.0.saturating_sub(1),
            _ => {}
        }
        if self.0 > MAX_BRACKET_DEPTH {
            let message = format!("Brackets nest deeper than {MAX_BRACKET_DEPTH} levels.");
            return Err(Refusal::new(RefusalCode::DocumentTooComplex, message));
        }
        Ok(())
    }
}

/// Checks the brackets of a GraphQL document outside strings, block strings and comments.
///
/// A string that does not end is refused here: the parser would try to read it in another way and so see brackets that this
/// count has skipped. NUL, written or escaped, is refused because PostgreSQL stores none.
pub(super) fn check_document(text: &str) -> Result<(), Refusal> {
    let mut rest = text.as_bytes();
    let mut depth = Depth::default();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'#' => after_comment(tail),
            b'"' => after_string(rest)?,
            0 => return Err(no_nul()),
            _ => {
                depth.read(byte)?;
                tail
            }
        };
    }
    Ok(())
}

fn after_comment(rest: &[u8]) -> &[u8] {
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .unwrap_or(rest.len());
    &rest[end..]
}

/// What follows the string that `rest` begins with.
fn after_string(rest: &[u8]) -> Result<&[u8], Refusal> {
    let (mut rest, end, escape): (_, &[u8], &[u8]) = match rest.strip_prefix(b"\"\"\"") {
        Some(block) => (block, b"\"\"\"", b"\\\"\"\""),
        None => (&rest[1..], b"\"", b"\\"),
    };
    let is_block = end.len() == 3;
    loop {
        if let Some(after) = rest.strip_prefix(end) {
            return Ok(after);
        }
        if let Some(escaped) = rest.strip_prefix(escape) {
            if !is_block && escaped.starts_with(b"u0000") {
                return Err(no_nul());
            }
            rest = if is_block {
                escaped
            } else {
                escaped.get(1..).unwrap_or_default()
            };
            continue;
        }
        match rest.split_first() {
            Some((0, _)) => return Err(no_nul()),
            Some((b'\n' | b'\r', _)) if !is_block => return Err(unterminated()),
            Some((_, tail)) => rest = tail,
            None => return Err(unterminated()),
        }
    }
}

fn unterminated() -> Refusal {
    Refusal::new(RefusalCode::ParseFailed, "The document has a string that does not end.")
}

fn no_nul() -> Refusal {
    Refusal::new(RefusalCode::ParseFailed, "The document has a NUL character.")
}

/// Checks the brackets of a JSON text outside strings.
pub(super) fn check_json(text: &[u8]) -> Result<(), Refusal> {
    let mut depth = Depth::default();
    let mut bytes = text.iter();
    let mut in_string = false;
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            _ if in_string => {}
            _ => depth.read(byte).map_err(|refusal| Refusal {
                code: RefusalCode::BadRequest,
                ..refusal
            })?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<RefusalCode> {
        check_document(text).err().map(|refusal| refusal.code)
    }

    #[test]
    fn brackets_count_outside_strings_and_comments_only() {
        let deep = "[".repeat(MAX_BRACKET_DEPTH + 1);
        assert_eq!(code(&deep), Some(RefusalCode::DocumentTooComplex));
        assert_eq!(code(&"{a".repeat(3000)), Some(RefusalCode::DocumentTooComplex));
        assert_eq!(code(&"[".repeat(MAX_BRACKET_DEPTH)), None);
        assert_eq!(code(&"[]".repeat(1000)), None);
        assert_eq!(code(&format!("#{deep}\n\"{deep}\" \"\"\"{deep}\n\"\"\"")), None);
        assert_eq!(code(&format!("# \"\r{deep}")), Some(RefusalCode::DocumentTooComplex));
        assert_eq!(code(&format!("\"\" {deep}")), Some(RefusalCode::DocumentTooComplex));
        assert_eq!(code(&format!(r#""a\"{deep}""#)), None);
        assert_eq!(code(&format!(r#""a\\"{deep}"#)), Some(RefusalCode::DocumentTooComplex));
        assert_eq!(code(&format!(r#"""" \""" {deep} """ "#)), None);
        assert_eq!(
            code(&format!(r#"""" \\""" {deep} """ "#)),
            None,
            "in a block string only \\\"\"\" escapes"
        );
    }

    #[test]
    fn strings_must_end_and_hold_no_nul() {
        for text in [
            "\"abc",
            "\"a\nb\"",
            "\"\"\"x\" [",
            "\"\\",
            "\"a\\u0000\"",
            "a\0b",
            "\"\0\"",
        ] {
            assert_eq!(code(text), Some(RefusalCode::ParseFailed), "{text:?}");
        }
        assert_eq!(code(r#""\\u0000 is not an escape""#), None);
    }

    #[test]
    fn json_is_counted_too() {
        let deep = "[".repeat(MAX_BRACKET_DEPTH + 1);
        assert_eq!(check_json(deep.as_bytes()).unwrap_err().code, RefusalCode::BadRequest);
        assert_eq!(check_json(format!(r#"{{"a\"{deep}": "{deep}"}}"#).as_bytes()), Ok(()));
    }
}
