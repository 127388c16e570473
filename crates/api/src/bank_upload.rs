//! Bank answers as files: `POST /bank-answers/{cityId}` with the bytes that the bank sent.
//!
//! The mutation `uploadBankAnswer` takes the file as a text in JSON, which suits small files and pages. An answer about
//! a month of a large city is longer than a GraphQL request may be, and may come in another encoding than UTF-8:
//!
//! ```text
//! curl --data-binary @answer.xml -H "Authorization: Bearer …" -H "Idempotency-Key: …" https://…/bank-answers/city_…
//! ```
//!
//! It does what the mutation does, under the idempotency key of the header, and answers 201 with `{"id":…}`, the id of the
//! answer, or an error in the form of GraphQL errors.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use kernel::{AnswerId, CityId, ErrorCode as Code};
use serde_json::json;
use tracing::Instrument;

use crate::app::App;
use crate::concern::Concern;
use crate::context::Session;
use crate::error::{ErrorCode, Failure, record_refusal};
use crate::http::{Refusal, RefusalCode, RequestInfo, json_error, read_body};
use crate::scalars::id;
use crate::texts;

/// The longest file in bytes; the reader of bank files takes no longer one.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// How long a file may take to arrive.
const BODY_LIMIT: Duration = Duration::from_mins(1);

/// What refusals are called in the audit record: the name of the mutation that does the same.
const OPERATION: &str = "uploadBankAnswer";

/// The header with the idempotency key.
const KEY: &str = "Idempotency-Key";

/// What somebody reads who sends a file without one.
pub(crate) const NO_KEY: &str =
    "Name this file by a header Idempotency-Key, such as a UUID; send the same one when you try again.";

/// The route; it reads the token that the shell found in the request.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/bank-answers/{cityId}", post(upload))
        .with_state(app)
}

/// Why a file was not taken in.
enum Refused {
    /// By the domain.
    Failure(Failure),
    /// Before the domain saw it.
    Refusal(Refusal),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

async fn upload(
    State(app): State<App>,
    Path(city): Path<String>,
    Extension(info): Extension<RequestInfo>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let lang = texts::preferred(info.accept_language.as_deref());
    let session = Session::new(app, Some(info), lang);
    let Some(key) = headers.get(KEY).and_then(|key| key.to_str().ok()) else {
        return Refusal::new(RefusalCode::BadRequest, NO_KEY).into_response();
    };
    match take(&session, city.clone(), key.to_owned(), body).await {
        Ok(answer) => (StatusCode::CREATED, Json(json!({ "id": answer.to_string() }))).into_response(),
        Err(Refused::Refusal(refusal)) => refusal.into_response(),
        Err(Refused::Failure(failure)) => {
            let concern = Concern::of_city(&session.app, &city);
            record_refusal(&session, OPERATION, failure.code, concern).await;
            told(&session, &failure)
        }
    }
}

async fn take(session: &Session, city: String, key: String, body: Body) -> Result<AnswerId, Refused> {
    let actor = session.actor().await?;
    let city: CityId = id("cityId", &city.into()).map_err(Failure::from)?;
    // Nobody else makes the server read ten megabytes.
    settlement::policy::SETTLE.in_city(actor, city).map_err(Failure::from)?;
    let bytes = read_body(body, MAX_BYTES, BODY_LIMIT).await.map_err(Refused::Refusal)?;
    let (actor, settlement) = (actor.clone(), session.app.settlement.clone());
    // In a task of its own, so that a client that hangs up does not stop it half-way.
    let taking = async move { settlement.take_bank_answer(&actor, &key, city, &bytes).await };
    match tokio::spawn(taking.in_current_span()).await {
        Ok(taken) => Ok(taken.map_err(Failure::from)?.id),
        Err(panic) => {
            tracing::error!(%panic, "taking in a bank answer panicked");
            Err(Refused::Refusal(Refusal::internal(&session.request_id())))
        }
    }
}

/// A failure to take in a file as an answer of HTTP.
pub(crate) fn told(session: &Session, failure: &Failure) -> Response {
    let status = match failure.code {
        Code::Internal => {
            tracing::error!(error = failure.chain(), "a file could not be taken in or sent");
            return Refusal::internal(&session.request_id()).into_response();
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::InvalidId | Code::NotFound => StatusCode::NOT_FOUND,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = json_error(status, ErrorCode::name(failure.code), &failure.sentence(session.lang));
    let header = match failure.code {
        Code::Unauthenticated => Some((WWW_AUTHENTICATE, "Bearer")),
        Code::Unavailable => Some((RETRY_AFTER, "1")),
        _ => None,
    };
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
