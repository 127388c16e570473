//! How mail leaves.

use std::path::PathBuf;

use serde::Deserialize;
use url::Host;

use super::database::SHORTEST_SECRET;
use super::error::Problems;
use super::http::is_loopback;
use super::{Mode, Secret, optional_path};

/// How mail leaves (sähköposti).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// What carries a message.
    pub transport: Transport,
    /// The folder of the transport `files`.
    pub folder: PathBuf,
    /// The sender of every message, such as `Palvelutori <no-reply@example.fi>`.
    pub from: String,
    /// The mail server.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// How the connection to it is protected.
    pub smtp_tls: SmtpTls,
    /// The account on the mail server; empty means no sign-in.
    pub smtp_user: String,
    /// Its password.
    pub smtp_password: Secret,
    /// The file `smtp_password` was read from.
    #[serde(deserialize_with = "optional_path")]
    pub smtp_password_file: Option<PathBuf>,
}

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Each message becomes a file.
    Files,
    /// A mail server.
    Smtp,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// STARTTLS, required: a server that does not offer it gets no mail.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Plain text.
    None,
}

impl Mail {
    pub(super) fn check(&self, mode: Mode, problems: &mut Problems) {
        if !self.from.contains('@') {
            problems.add("mail.from", "must be a mail address");
        }
        if self.transport == Transport::Files {
            return;
        }
        let Ok(host) = Host::parse(&self.smtp_host) else {
            return problems.add("mail.smtp_host", "must be a host name or address");
        };
        if mode == Mode::Demo {
            return;
        }
        if self.smtp_tls == SmtpTls::None && !is_loopback(&host) {
            problems.add(
                "mail.smtp_tls",
                "must not be none in production: mails carry sign-in links",
            );
        }
        if !self.smtp_user.is_empty() && self.smtp_password.reveal().chars().count() < SHORTEST_SECRET {
            problems.add(
                "mail.smtp_password",
                format!("has fewer than {SHORTEST_SECRET} characters"),
            );
        }
    }
}
