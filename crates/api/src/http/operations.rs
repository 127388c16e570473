//! Stored operations: documents that clients run by name, and the only ones where the server is told so.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::params::Document;
use super::refusal::{Refusal, RefusalCode};

/// The documents of `graphql/operations`: path without ending, text.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// The documents that a client may name by path or by digest.
#[derive(Clone, Debug)]
pub struct Operations {
    by_path: HashMap<&'static str, &'static str>,
    by_digest: HashMap<String, &'static str>,
}

impl Operations {
    /// The documents of `graphql/operations` as they were when the binary was built.
    pub fn embedded() -> Self {
        Self::new(EMBEDDED)
    }

    /// Documents by path, such as `resident/bookOffer`.
    pub fn new(documents: &[(&'static str, &'static str)]) -> Self {
        Self {
            by_path: documents.iter().copied().collect(),
            by_digest: documents.iter().map(|(_, text)| (digest(text), *text)).collect(),
        }
    }

    /// All documents with their paths, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.by_path.iter().map(|(path, text)| (*path, *text))
    }

    /// The text of the document a request asks for. With `only_stored`, a text sent along must be one of the stored ones.
    pub(super) fn resolve(&self, document: Document, only_stored: bool) -> Result<String, Refusal> {
        let stored = match &document {
            Document::Text(text) if only_stored => self.by_digest.get(&digest(text)),
            Document::Text(_) => None,
            Document::Id(id) => match id.strip_prefix("sha256:") {
                Some(hex) => self.by_digest.get(hex),
                None => self.by_path.get(id.as_str()),
            },
        };
        match (stored, document) {
            (Some(text), _) => Ok((*text).to_owned()),
            (None, Document::Text(text)) if !only_stored => Ok(text),
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
    use crate::http::guard;

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
