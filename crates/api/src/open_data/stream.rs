//! Sends a register while it is read.

use std::mem::take;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};
use kernel::Lang;
use offers::{Offers, Register, RegisterRow};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use tracing::Instrument;

use super::form::Form;
use super::json::Json;
use super::page::Page;
use super::turns::Turn;
use super::{csv, json};
use crate::error::Failure;

/// How many rows one statement reads, and so how many are kept for a client that reads slowly: 5 000 providers with a
/// service each are two statements.
const ROWS: usize = 4_000;

/// About how many bytes are sent at once, and how many such pieces wait for the client.
const PIECE: usize = 16 * 1024;
const WAITING: usize = 4;

/// How long a client may take for a whole register.
const LIMIT: Duration = Duration::from_mins(2);

/// What can go wrong in writing a row; never what the row says.
pub(super) type WriteError = Box<dyn std::error::Error + Send + Sync>;

/// Writes a register in one of its forms.
pub(super) enum Writer {
    Json(Json),
    Csv(Lang),
    Html(Page),
}

impl Writer {
    pub(super) fn new(form: Form, lang: Lang) -> Self {
        match form {
            Form::Json | Form::JsonLd => Self::Json(Json::default()),
            Form::Csv => Self::Csv(lang),
            Form::Html => Self::Html(Page::new(lang)),
        }
    }

    fn begin(&mut self, register: &Register, text: &mut String) -> Result<(), WriteError> {
        match self {
            Self::Json(_) => json::begin(register, text),
            Self::Csv(_) => {
                text.push_str(&csv::head());
                Ok(())
            }
            Self::Html(page) => page.begin(register, text),
        }
    }

    fn row(&mut self, row: &RegisterRow, text: &mut String) -> Result<(), WriteError> {
        match self {
            Self::Json(json) => json.row(row, text),
            Self::Csv(lang) => {
                text.push_str(&csv::row(row, *lang));
                Ok(())
            }
            Self::Html(page) => page.row(row, text),
        }
    }

    fn end(&mut self, text: &mut String) -> Result<(), WriteError> {
        match self {
            Self::Json(json) => json.end(text),
            Self::Csv(_) => Ok(()),
            Self::Html(page) => page.end(text),
        }
    }
}

/// A piece of the body; an empty one says that the register is whole.
type Piece = Result<Bytes, Failure>;

/// The body of an answer. It waits for the first piece, so that a database which does not answer is still an error and not
/// half an answer.
///
/// # Errors
/// When the first page of rows could not be read.
pub(super) async fn body(offers: Offers, register: Register, writer: Writer, turn: Turn) -> Result<Body, Failure> {
    let (pieces, mut sent) = channel(WAITING);
    let sending = async move {
        match timeout(LIMIT, produce(&offers, &register, writer, &pieces)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a register could not be written"),
            Err(_elapsed) => tracing::info!("a client took too long for a register"),
        }
        drop(turn);
    };
    tokio::spawn(sending.in_current_span());
    let first = sent.recv().await.transpose()?.unwrap_or_default();
    let rest = stream::unfold(Some(sent), next);
    Ok(Body::from_stream(stream::once(async { Ok(first) }).chain(rest)))
}

/// Sends page after page. Whoever does not read any more ends it.
async fn produce(
    offers: &Offers,
    register: &Register,
    mut writer: Writer,
    pieces: &Sender<Piece>,
) -> Result<(), WriteError> {
    let mut text = String::new();
    let mut after: Option<RegisterRow> = None;
    writer.begin(register, &mut text)?;
    loop {
        let rows = match offers
            .register_rows(register, after.as_ref(), u64::try_from(ROWS)?)
            .await
        {
            Ok(rows) => rows,
            Err(error) => {
                let _gone = pieces.send(Err(error.into())).await;
                return Ok(());
            }
        };
        for row in &rows {
            writer.row(row, &mut text)?;
            if text.len() >= PIECE && pieces.send(Ok(take(&mut text).into())).await.is_err() {
                return Ok(());
            }
        }
        if rows.len() < ROWS {
            break;
        }
        after = rows.into_iter().next_back();
    }
    writer.end(&mut text)?;
    for last in [text.into(), Bytes::new()] {
        if pieces.send(Ok(last)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The next piece. A register that ends without saying so was cut off, and so is the connection: half a register never
/// looks like a whole one.
async fn next(state: Option<Receiver<Piece>>) -> Option<(std::io::Result<Bytes>, Option<Receiver<Piece>>)> {
    let mut pieces = state?;
    match pieces.recv().await {
        Some(Ok(piece)) if piece.is_empty() => None,
        Some(Ok(piece)) => Some((Ok(piece), Some(pieces))),
        Some(Err(failure)) => {
            tracing::error!(error = failure.chain(), "a register could not be read to its end");
            Some((Err(cut_off()), None))
        }
        None => Some((Err(cut_off()), None)),
    }
}

fn cut_off() -> std::io::Error {
    std::io::Error::other("the register was cut off")
}
