//! A setting that must not be seen.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Deserialize;

/// A password, key or connection string; its debug form hides it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    /// The first line of `file`; tools that write secrets often end them with a newline.
    pub(super) fn from_file(file: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(file)?;
        match text.lines().next() {
            Some(line) if !line.trim().is_empty() => Ok(Self(line.trim().to_owned())),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the first line is empty")),
        }
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "Secret(empty)"
        } else {
            "Secret(hidden)"
        })
    }
}
