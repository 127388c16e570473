//! Mail: letters are rendered and stored in the transaction that causes them, and sent later by a job.
//!
//! ```text
//! enqueue(tx, letter) ──commit──► job `mail.send` ──► SMTP, a folder or memory ──► sent_at set, bodies erased
//! ```
//!
//! A temporary failure is tried again with growing pauses. A refusal for good, such as an address that does not
//! exist, parks the job with its reason. When the process dies between the mail server's consent and the note of it,
//! the letter is sent once more under the same Message-ID, by which mail programs recognise the copy.
//!
//! Logs and errors name a mail by its id and show neither address nor text of ours; what a mail server says when it
//! refuses is kept with the parked job.
//!
//! How to send a letter: `mail::enqueue(tx, Letter { .. }).await?` with texts that are translated already. A job that
//! may run twice uses [`enqueue_once`] with a key of what the letter is about.

mod letter;
mod outbox;
mod smtp;
mod transport;

pub use letter::{Letter, Link};
pub use outbox::{Column, Entity, Model, enqueue, enqueue_once, register};
pub use smtp::{Smtp, Tls};
pub use transport::{Carrier, SendError, SentMail, Settings, SettingsError, Transport};
