use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use crate::transport::SendError;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// STARTTLS, required: nothing is sent to a server that does not offer it.
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Plain text; for a mail server on the same machine.
    None,
}

/// Where the mail server is and how it is spoken to.
#[derive(Clone)]
pub struct Smtp {
    /// Its name or address; also the name that its certificate has to carry.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// User and password; none means no sign-in.
    pub credentials: Option<(String, String)>,
    /// How long it may take to hand over one mail.
    pub timeout: Duration,
}

/// The answers that refuse us, not the mail: sign-in or encryption is missing or wrong. An operator can cure them, so
/// the mail is tried again.
const REFUSES_US: [u16; 4] = [530, 534, 535, 538];

/// Hands one message to the mail server over a connection of its own.
///
/// lettre's transport is not used: it waits for the answer to QUIT before it reports success and may reuse a
/// connection that was given up in the middle of a dialogue. Here success is known from the answer to DATA.
pub(crate) async fn send(smtp: &Smtp, message: &Message) -> Result<(), SendError> {
    let dialogue = async {
        let mut connection = connect(smtp).await?;
        connection.send(message.envelope(), &message.formatted()).await?;
        Ok(connection)
    };
    let outcome = tokio::time::timeout(smtp.timeout, dialogue).await;
    match outcome.map_err(|_elapsed| SendError::Timeout)? {
        Ok(mut connection) => {
            // The mail is out; whether the server likes to say goodbye changes nothing.
            drop(tokio::time::timeout(Duration::from_secs(1), connection.quit()).await);
            Ok(())
        }
        Err(error) => Err(sorted(error)),
    }
}

async fn connect(smtp: &Smtp) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
    let hello = ClientId::default();
    let certificate = || TlsParameters::new(smtp.host.clone());
    let server = (smtp.host.as_str(), smtp.port);
    let from_the_start = if smtp.tls == Tls::Tls {
        Some(certificate()?)
    } else {
        None
    };
    // Leaves time for the server's other addresses when the first does not answer.
    let patience = Some(smtp.timeout / 3);
    let mut connection = AsyncSmtpConnection::connect_tokio1(server, patience, &hello, from_the_start, None).await?;
    if smtp.tls == Tls::Starttls {
        connection.starttls(certificate()?, &hello).await?;
    }
    if let Some((user, password)) = &smtp.credentials {
        let credentials = Credentials::new(user.clone(), password.clone());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(connection)
}

fn sorted(error: lettre::transport::smtp::Error) -> SendError {
    let refuses_us = error.status().is_some_and(|code| REFUSES_US.contains(&code.into()));
    if error.is_permanent() && !refuses_us {
        SendError::Refused(error)
    } else {
        SendError::NotNow(error)
    }
}
