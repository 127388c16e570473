//! Where the data is.

use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::error::Problems;
use super::{Mode, Secret, optional_path};

/// Passwords shorter than this are refused in production, in characters.
pub(super) const SHORTEST_SECRET: usize = 12;

/// Where the data is (tietokanta).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite://path` or `postgres://user:password@host/name`; secret because of the password.
    pub url: Secret,
    /// The file `url` was read from.
    #[serde(deserialize_with = "optional_path")]
    pub url_file: Option<PathBuf>,
    /// Connections this process may hold.
    pub max_connections: NonZeroU32,
    /// How a commit reaches the disk on SQLite.
    pub synchronous: Synchronous,
}

/// SQLite's `PRAGMA synchronous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// The last commits may be lost when the power fails.
    Normal,
    /// Each commit waits for the disk.
    Full,
}

impl Database {
    pub(super) fn check(&self, mode: Mode, problems: &mut Problems) {
        let key = if self.url_file.is_some() {
            "database.url_file"
        } else {
            "database.url"
        };
        let Ok(url) = Url::parse(self.url.reveal()) else {
            return problems.add(key, "must be a URL such as sqlite://file or postgres://user@host/name");
        };
        if !["sqlite", "postgres", "postgresql"].contains(&url.scheme()) {
            problems.add(key, "must begin with sqlite:// or postgres://");
        }
        // No password at all means that PostgreSQL recognises the process by its socket or certificate.
        let short = url
            .password()
            .is_some_and(|password| password.chars().count() < SHORTEST_SECRET);
        if mode == Mode::Production && short {
            problems.add(
                key,
                format!("has a password of fewer than {SHORTEST_SECRET} characters"),
            );
        }
    }
}
