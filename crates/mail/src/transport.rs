use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use kernel::TypedId;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use tokio::io::AsyncWriteExt;

use crate::outbox::Model;
use crate::smtp::{self, Smtp};

/// How mail leaves.
#[derive(Clone)]
pub struct Settings {
    /// The sender of every mail, such as `Palvelutori <no-reply@example.fi>`.
    pub from: String,
    /// What takes the mail.
    pub carrier: Carrier,
}

/// What takes the mail.
#[derive(Clone)]
pub enum Carrier {
    /// A mail server.
    Smtp(Smtp),
    /// A folder that gets one file `TIME-ID.eml` for each mail.
    Files(PathBuf),
    /// The memory of this process; for tests.
    Memory,
}

/// The settings of mail cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The sender is no address.
    #[error("the sender of mails is no mail address")]
    From(#[source] lettre::address::AddressError),
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address of the recipient is malformed.
    #[error("the recipient's address is malformed: {0}")]
    Recipient(lettre::address::AddressError),
    /// The message cannot be put together.
    #[error("the message cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
    /// The mail server refuses this mail for good.
    #[error("the mail server refuses the mail: {}", readable(.0))]
    Refused(#[source] lettre::transport::smtp::Error),
    /// The mail server cannot be reached, is not what it should be, or cannot take mail just now.
    #[error("the mail server does not take the mail now: {}", readable(.0))]
    NotNow(#[source] lettre::transport::smtp::Error),
    /// The mail server takes too long.
    #[error("the mail server did not answer in time")]
    Timeout,
    /// The file cannot be written.
    #[error("the mail cannot be written to a file: {0}")]
    File(#[from] io::Error),
}

/// What lettre and the mail server say, without the addresses and links that a server may repeat.
fn readable(error: &lettre::transport::smtp::Error) -> String {
    let text = error.to_string();
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| {
            if word.contains('@') || word.contains("://") {
                "…"
            } else {
                word
            }
        })
        .collect();
    words.join(" ")
}

impl SendError {
    /// True when no later try can succeed.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Recipient(_) | Self::Message(_) | Self::Refused(_))
    }
}

/// A mail as its recipient would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMail {
    /// The recipient's address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its page.
    pub html: String,
}

/// Takes mails away.
pub struct Transport {
    from: Mailbox,
    carrier: Carrier,
    sent: Mutex<Vec<SentMail>>,
}

impl Transport {
    /// A transport as `settings` say; nothing is connected or written yet.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            from: settings.from.parse().map_err(SettingsError::From)?,
            carrier: settings.carrier,
            sent: Mutex::default(),
        })
    }

    /// The mails that [`Carrier::Memory`] has taken, oldest first.
    pub fn sent(&self) -> Vec<SentMail> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn send(&self, mail: &Model) -> Result<(), SendError> {
        let message = self.message(mail)?;
        match &self.carrier {
            Carrier::Smtp(smtp) => smtp::send(smtp, &message).await,
            Carrier::Files(folder) => Ok(write(folder, mail, &message.formatted()).await?),
            Carrier::Memory => {
                let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
                sent.push(SentMail {
                    to: mail.recipient.clone(),
                    subject: mail.subject.clone(),
                    text: mail.text.clone().unwrap_or_default(),
                    html: mail.html.clone().unwrap_or_default(),
                });
                Ok(())
            }
        }
    }

    fn message(&self, mail: &Model) -> Result<Message, SendError> {
        let to: Address = mail.recipient.parse().map_err(SendError::Recipient)?;
        let message_id = format!("<{}@{}>", mail.id, self.from.email.domain());
        // Keeps out-of-office programs from answering (RFC 3834).
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        let bodies = MultiPart::alternative_plain_html(
            mail.text.clone().unwrap_or_default(),
            mail.html.clone().unwrap_or_default(),
        );
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .date(SystemTime::from(mail.created_at))
            .message_id(Some(message_id))
            .raw_header(automatic)
            .multipart(bodies)?;
        Ok(message)
    }
}

/// Writes the file under another name first, so that nobody reads half of it.
async fn write(folder: &Path, mail: &Model, message: &[u8]) -> Result<(), io::Error> {
    let mut private = tokio::fs::DirBuilder::new();
    private.recursive(true).mode(0o700).create(folder).await?;
    let time = mail.created_at.format("%Y%m%dT%H%M%S%3fZ");
    let name = format!("{time}-{}", mail.id.uuid());
    let unfinished = folder.join(format!("{name}.tmp"));
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&unfinished).await?;
    file.write_all(message).await?;
    file.sync_all().await?;
    tokio::fs::rename(&unfinished, folder.join(format!("{name}.eml"))).await
}
