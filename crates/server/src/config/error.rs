//! What is wrong with a setting, and where it was set.

use std::fmt;

use figment::error::Kind;
use figment::{Figment, Metadata};

/// Settings whose text must not be repeated in an error.
const SECRETS: [&str; 2] = ["database.url", "mail.smtp_password"];

/// Why the process cannot start: at least one problem, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Problem>);

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, such as `http.bind`; empty when a whole file cannot be read.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
    /// Where it was set: a file, an environment variable or the defaults.
    pub source: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} (from {})", self.message, self.source)
    }
}

/// Problems found by the checks, so that an operator sees all of them at once.
#[derive(Default)]
pub(super) struct Problems(Vec<(&'static str, String)>);

impl Problems {
    pub(super) fn add(&mut self, key: &'static str, message: impl Into<String>) {
        self.0.push((key, message.into()));
    }

    /// Adds where each setting comes from; no problems are a success.
    pub(super) fn into_result(self, figment: &Figment) -> Result<(), ConfigError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let located = self.0.into_iter().map(|(key, message)| Problem {
            key: key.to_owned(),
            message,
            source: origin(figment.find_metadata(key)),
        });
        Err(ConfigError(located.collect()))
    }
}

/// A setting that is unknown or does not have the form it must have.
pub(super) fn from_figment(error: figment::Error) -> ConfigError {
    let problems = error.into_iter().map(|error| {
        let key = error.path.join(".");
        let message = if SECRETS.contains(&key.as_str()) {
            "must be a text".to_owned()
        } else {
            explain(&error.kind)
        };
        Problem {
            key,
            message,
            source: origin(error.metadata.as_ref()),
        }
    });
    ConfigError(problems.collect())
}

fn explain(kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(_, known) => format!("is no setting; there are {}", known.join(", ")),
        Kind::UnknownVariant(given, known) => format!("is `{given}`, must be one of {}", known.join(", ")),
        // A broken file is explained in several lines, the last of which is empty.
        other => other.to_string().trim_end().to_owned(),
    }
}

fn origin(metadata: Option<&Metadata>) -> String {
    match metadata {
        Some(Metadata {
            name,
            source: Some(source),
            ..
        }) => format!("{name} {source}"),
        Some(Metadata { name, .. }) => name.to_string(),
        None => "the defaults".to_owned(),
    }
}
