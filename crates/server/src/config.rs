//! The settings of one process, from four layers: the defaults in `config/default.toml`, those of production mode, an
//! optional file, and environment variables named `PALVELUTORI_SECTION__KEY`.
//!
//! How to add a setting: a line with a comment in `config/default.toml`, a field here, a sample in the tests, then
//! `UPDATE_CONFIG_README=1 cargo test -p server`.

mod auth;
mod database;
mod error;
mod files;
mod http;
mod layers;
mod mail;
mod secret;
#[cfg(test)]
mod tests;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

pub use auth::{Auth, SigningKeys};
pub use database::{Database, Synchronous};
pub use error::{ConfigError, Problem};
pub use files::{Files, Store};
pub use http::{Http, Origin};
pub use mail::{Mail, SmtpTls, Transport};
pub use secret::Secret;

use error::Problems;

/// Everything an operator can set (asetukset); `config/README.md` lists each key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What this instance is for.
    pub mode: Mode,
    /// Where the data is.
    pub database: Database,
    /// How the API is reached.
    pub http: Http,
    /// How people and tokens are recognised.
    pub auth: Auth,
    /// How mail leaves.
    pub mail: Mail,
    /// What is known of persons from elsewhere.
    pub identity: Identity,
    /// Where files are kept.
    pub files: Files,
    /// What is known of providers from elsewhere.
    pub providers: Providers,
    /// How work in the background is done.
    pub jobs: Jobs,
    /// What is written about running.
    pub log: Log,
}

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Trying and developing: starts with nothing prepared, keeps everything in `var/`.
    Demo,
    /// Serving a city: refuses to start with anything unsafe.
    Production,
}

/// What is known of persons from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The file with the population register.
    #[serde(deserialize_with = "optional_path")]
    pub population_register: Option<PathBuf>,
}

impl Identity {
    /// Production refuses a register that other accounts of the machine can read.
    fn check(&self, mode: Mode, problems: &mut Problems) {
        if let (Mode::Production, Some(file)) = (mode, &self.population_register) {
            auth::check_private("identity.population_register", file, problems);
        }
    }
}

/// What is known of providers from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Providers {
    /// The folder with the answers of the public register of companies.
    #[serde(deserialize_with = "optional_path")]
    pub company_register: Option<PathBuf>,
}

/// How work in the background is done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// Jobs worked on at the same time by one process.
    pub workers: NonZeroUsize,
    /// How often an idle worker looks for jobs, in milliseconds.
    pub poll_ms: NonZeroU64,
}

/// What is written about running, always to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// What is logged at least.
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for log collectors.
    Json,
}

/// The least important lines that are still logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of every logging system")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Config {
    /// Reads the settings from `file` and the environment of this process.
    ///
    /// # Errors
    /// One problem per setting that is unknown, malformed or unsafe in production.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        // Lossy, so that a name of ours with a broken value is refused instead of being passed over.
        let environment = std::env::vars_os().map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                value.to_string_lossy().into_owned(),
            )
        });
        Self::from_layers(file, environment)
    }

    /// Reads the settings from `file` and the variables given.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_layers(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let figment = layers::figment(file, environment)?;
        let mut config: Self = figment.extract().map_err(error::from_figment)?;
        let mut problems = Problems::default();
        config.read_secret_files(&mut problems);
        if config.auth.issuer.is_empty() {
            config.auth.issuer = config.http.public_url.as_str().trim_end_matches('/').to_owned();
        }
        config.check(&mut problems);
        problems.into_result(&figment)?;
        Ok(config)
    }

    fn read_secret_files(&mut self, problems: &mut Problems) {
        let secrets = [
            ("database.url_file", &self.database.url_file, &mut self.database.url),
            (
                "mail.smtp_password_file",
                &self.mail.smtp_password_file,
                &mut self.mail.smtp_password,
            ),
            (
                "files.s3_secret_key_file",
                &self.files.s3_secret_key_file,
                &mut self.files.s3_secret_key,
            ),
        ];
        for (key, file, secret) in secrets {
            let Some(file) = file else { continue };
            match Secret::from_file(file) {
                Ok(read) => *secret = read,
                Err(error) => problems.add(key, format!("cannot read {}: {error}", file.display())),
            }
        }
    }

    fn check(&self, problems: &mut Problems) {
        self.database.check(self.mode, problems);
        self.http.check(self.mode, problems);
        self.identity.check(self.mode, problems);
        self.auth.check(self.mode, problems);
        self.mail.check(self.mode, problems);
        self.files.check(self.mode, problems);
    }
}

/// An empty text means that no file is named.
fn optional_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    Ok((!path.as_os_str().is_empty()).then_some(path))
}
