//! Stored operations: documents that clients run by name, and the only ones where the server is told so.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, OnceLock};

use sha2::{Digest, Sha256};

use super::guard::{self, Checked};
use super::params::Document;
use super::refusal::{Refusal, RefusalCode};

/// The documents of `graphql/operations`: path without ending, text.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// The documents that a client may name by path or by digest. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Operations {
    by_path: Arc<HashMap<&'static str, Arc<Stored>>>,
    by_digest: Arc<HashMap<String, Arc<Stored>>>,
}

/// A stored document. It is parsed and judged once, when it is first asked for.
#[derive(Debug)]
pub(super) struct Stored {
    text: &'static str,
    checked: OnceLock<Checked>,
}

impl Stored {
    fn checked(&self) -> Result<Checked, Refusal> {
        if let Some(checked) = self.checked.get() {
            return Ok(checked.clone());
        }
        let checked = guard::check(self.text, None)?;
        Ok(self.checked.get_or_init(|| checked).clone())
    }
}

/// The document of a request.
#[derive(Debug)]
pub(super) enum Resolved {
    /// One that the server stores.
    Stored(Arc<Stored>),
    /// One that the client sent.
    Sent(String),
}

impl Resolved {
    /// The document's text.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Stored(stored) => stored.text,
            Self::Sent(text) => text,
        }
    }

    /// What [`guard::check`] says of it.
    pub(super) fn checked(&self, operation_name: Option<&str>) -> Result<Checked, Refusal> {
        match (self, operation_name) {
            (Self::Stored(stored), None) => stored.checked(),
            (resolved, name) => guard::check(resolved.text(), name),
        }
    }
}

impl Operations {
    /// The documents of `graphql/operations` as they were when the binary was built.
    pub fn embedded() -> Self {
        static OPERATIONS: LazyLock<Operations> = LazyLock::new(|| Operations::new(EMBEDDED));
        OPERATIONS.clone()
    }

    /// Documents by path, such as `resident/bookOffer`.
    pub fn new(documents: &[(&'static str, &'static str)]) -> Self {
        let (mut by_path, mut by_digest) = (HashMap::new(), HashMap::new());
        for (path, text) in documents {
            let checked = OnceLock::new();
            let stored = Arc::new(Stored { text, checked });
            by_digest.insert(digest(text), Arc::clone(&stored));
            by_path.insert(*path, stored);
        }
        Self {
            by_path: Arc::new(by_path),
            by_digest: Arc::new(by_digest),
        }
    }

    /// All documents with their paths, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.by_path.iter().map(|(path, stored)| (*path, stored.text))
    }

    /// The document a request asks for. With `only_stored`, a text sent along must be one of the stored ones.
    pub(super) fn resolve(&self, document: Document, only_stored: bool) -> Result<Resolved, Refusal> {
        let stored = match &document {
            Document::Text(text) if only_stored => self.by_digest.get(&digest(text)),
            Document::Text(_) => None,
            Document::Id(id) => match id.strip_prefix("sha256:") {
                Some(hex) => self.by_digest.get(hex),
                None => self.by_path.get(id.as_str()),
            },
        };
        match (stored, document) {
            (Some(stored), _) => Ok(Resolved::Stored(Arc::clone(stored))),
            (None, Document::Text(text)) if !only_stored => Ok(Resolved::Sent(text)),
            _ => {
                let message = "The server stores no such operation.";
                Err(Refusal::new(RefusalCode::PersistedOperationNotFound, message))
            }
        }
    }
}

/// SHA-256 of a document in lower-case hexadecimal digits.
fn digest(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        // Writing to a String cannot fail.
        write!(hex, "{byte:02x}").ok();
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_by_path_and_by_digest() {
        let operations = Operations::new(&[("resident/me", "query me { me }")]);
        let hex = digest("query me { me }");
        assert_eq!(
            digest(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let resolve = |document, only_stored| {
            operations
                .resolve(document, only_stored)
                .map(|resolved| resolved.text().to_owned())
                .map_err(|refusal| refusal.code)
        };
        let stored = Ok("query me { me }".to_owned());
        assert_eq!(resolve(Document::Id("resident/me".to_owned()), true), stored);
        assert_eq!(resolve(Document::Id(format!("sha256:{hex}")), false), stored);
        assert_eq!(resolve(Document::Text("query me { me }".to_owned()), true), stored);
        assert_eq!(
            resolve(Document::Text("{ x }".to_owned()), false),
            Ok("{ x }".to_owned())
        );
        for (document, only_stored) in [
            (Document::Text("{ x }".to_owned()), true),
            (Document::Id("resident/you".to_owned()), false),
            (Document::Id(hex), false),
        ] {
            assert_eq!(
                resolve(document, only_stored),
                Err(RefusalCode::PersistedOperationNotFound)
            );
        }
    }

    #[test]
    fn embedded_documents_pass_the_guard_and_are_named_after_their_file() {
        for (path, text) in Operations::embedded().iter() {
            let checked = guard::check(text, None).unwrap_or_else(|refusal| panic!("{path}: {refusal:?}"));
            let file_name = path.rsplit('/').next();
            assert_eq!(checked.operation_name.as_deref(), file_name, "{path}");
        }
    }
}
