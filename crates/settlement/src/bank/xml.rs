//! Reads foreign XML one closed element at a time, with the limits that keep a hostile file harmless.
//!
//! There are no document types and no entities beyond the five of XML itself, so nothing can be fetched or blown up.
//! Memory stays flat: the reader holds the path to the current element and its text.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::answer::AnswerError;

/// The largest file that is read, in bytes (10 MiB).
const SIZE_MAX: usize = 10 * 1024 * 1024;
/// The deepest nesting that is read; ISO 20022 messages need less than 20.
const DEPTH_MAX: usize = 64;

/// An element that has just ended.
pub(super) struct Closed {
    /// The local names from below the root down to the element, joined by `/`; an element outside the namespace of
    /// the root counts as `?`.
    pub(super) path: String,
    /// What stands in the element, without space at its ends; empty for an element with children.
    pub(super) text: String,
    /// The `Ccy` attribute of a leaf.
    pub(super) currency: Option<String>,
}

/// A pull reader over one XML document.
pub(super) struct Elements<'a> {
    reader: NsReader<&'a [u8]>,
    namespace: String,
    path: String,
    /// Where each open element begins in `path`; the root is not in it.
    starts: Vec<usize>,
    text: String,
    currency: Option<String>,
    after_child: bool,
}

impl<'a> Elements<'a> {
    /// Checks size and encoding and reads up to the root element.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, AnswerError> {
        if bytes.len() > SIZE_MAX {
            return Err(AnswerError::TooLarge);
        }
        let text = str::from_utf8(bytes).map_err(AnswerError::NotUtf8)?;
        if !text.chars().all(is_xml_character) {
            return Err(AnswerError::Structure("it contains a control character"));
        }
        let mut reader = NsReader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.enable_all_checks(true);
        let mut elements = Self {
            reader,
            namespace: String::new(),
            path: String::new(),
            starts: Vec::new(),
            text: String::new(),
            currency: None,
            after_child: false,
        };
        elements.read_root()?;
        Ok(elements)
    }

    /// The namespace of the root element.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    fn read_root(&mut self) -> Result<(), AnswerError> {
        loop {
            let (namespace, event) = self.reader.read_resolved_event()?;
            match event {
                Event::Start(start) => {
                    let ResolveResult::Bound(Namespace(namespace)) = namespace else {
                        return Err(AnswerError::Namespace(String::new()));
                    };
                    namespace.clone_into(&mut self.namespace);
                    if start.local_name().into_inner() != "Document" {
                        return Err(AnswerError::Structure("its root element is not Document"));
                    }
                    return check_attributes(&start);
                }
                Event::Decl(decl) => check_declaration(&decl)?,
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                Event::DocType(_) => return Err(AnswerError::DocumentType),
                Event::Eof => return Err(AnswerError::Truncated),
                _ => return Err(AnswerError::Structure("there is text before the root element")),
            }
        }
    }

    /// Reads until the next element ends; `None` after the root, when the file ends as it should.
    pub(super) fn next_closed(&mut self) -> Result<Option<Closed>, AnswerError> {
        loop {
            let (namespace, event) = self.reader.read_resolved_event()?;
            match event {
                Event::Start(start) => {
                    let own = match namespace {
                        ResolveResult::Bound(Namespace(namespace)) => namespace == self.namespace,
                        ResolveResult::Unbound => false,
                        ResolveResult::Unknown(_) => {
                            return Err(AnswerError::Structure("it uses a prefix without a namespace"));
                        }
                    };
                    self.descend(&start, own)?;
                }
                Event::End(_) => match self.ascend()? {
                    Some(closed) => return Ok(Some(closed)),
                    None => return self.read_tail().map(|()| None),
                },
                Event::Text(text) => self.text.push_str(&text.xml10_content()),
                Event::CData(data) => self.text.push_str(&data.xml10_content()),
                Event::GeneralRef(reference) => self.text.push_str(&resolve(&reference)?),
                Event::Comment(_) | Event::PI(_) => {}
                Event::DocType(_) => return Err(AnswerError::DocumentType),
                Event::Eof => return Err(AnswerError::Truncated),
                Event::Decl(_) | Event::Empty(_) => {
                    return Err(AnswerError::Structure("an XML declaration stands inside it"));
                }
            }
        }
    }

    fn descend(&mut self, start: &BytesStart<'_>, own: bool) -> Result<(), AnswerError> {
        self.check_no_text_beside_elements()?;
        if self.starts.len() + 1 == DEPTH_MAX {
            return Err(AnswerError::TooDeep);
        }
        let name = start.local_name().into_inner();
        if !name
            .chars()
            .all(|character| character.is_alphanumeric() || "-_.".contains(character))
        {
            return Err(AnswerError::Structure("an element has an impossible name"));
        }
        self.starts.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(if own { name } else { "?" });
        check_attributes(start)?;
        self.currency = start
            .try_get_attribute("Ccy")?
            .map(|attribute| attribute.value.into_owned());
        self.text.clear();
        self.after_child = false;
        Ok(())
    }

    fn ascend(&mut self) -> Result<Option<Closed>, AnswerError> {
        if self.after_child {
            self.check_no_text_beside_elements()?;
        }
        let Some(start) = self.starts.pop() else {
            return Ok(None);
        };
        let closed = Closed {
            path: self.path.clone(),
            text: self.text.trim().to_owned(),
            currency: self.currency.take(),
        };
        self.path.truncate(start);
        self.text.clear();
        self.after_child = true;
        Ok(Some(closed))
    }

    /// Text beside elements has no meaning in ISO 20022, so whoever wrote it meant something we would miss.
    fn check_no_text_beside_elements(&self) -> Result<(), AnswerError> {
        if self.text.trim().is_empty() {
            return Ok(());
        }
        Err(AnswerError::Structure("there is text beside elements"))
    }

    fn read_tail(&mut self) -> Result<(), AnswerError> {
        loop {
            match self.reader.read_event()? {
                Event::Eof => return Ok(()),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                _ => return Err(AnswerError::Structure("something follows the root element")),
            }
        }
    }
}

fn check_declaration(decl: &BytesDecl<'_>) -> Result<(), AnswerError> {
    match decl.encoding().transpose().map_err(quick_xml::Error::from)? {
        Some(encoding) if !encoding.eq_ignore_ascii_case("UTF-8") => Err(AnswerError::Encoding(excerpt(&encoding))),
        _ => Ok(()),
    }
}

/// Every attribute must be well formed, unique and free of foreign entities, also where nobody reads it.
fn check_attributes(start: &BytesStart<'_>) -> Result<(), AnswerError> {
    for attribute in start.attributes() {
        let attribute = attribute.map_err(quick_xml::Error::from)?;
        attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0)?;
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, AnswerError> {
    if let Some(character) = reference.resolve_char_ref()? {
        let legal = is_xml_character(character);
        return legal
            .then(|| character.to_string())
            .ok_or(AnswerError::Structure("it contains a control character"));
    }
    let predefined = resolve_xml_entity(reference);
    predefined
        .map(str::to_owned)
        .ok_or_else(|| AnswerError::Entity(excerpt(reference)))
}

/// XML 1.0, production 2 (Char).
fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The beginning of a foreign text, short enough for an error.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}
