//! Lists of grants as files: `POST /mass-grants/{programmeId}` takes one in, `GET /mass-grants/{massGrantId}` answers what
//! became of its rows.
//!
//! ```text
//! curl --data-binary @list.csv -H "Authorization: Bearer …" -H "Idempotency-Key: …" https://…/mass-grants/programme_…
//! ```
//!
//! The file is UTF-8 with a header and the columns `key`, `email`, `grounds` and, where the value rule values each visit,
//! `amount_cents`, or in a programme in visits or hours `quantity` (thousandths of a visit, or minutes). It answers 201 with `{"id":…,"total":…}`, or 422 with an error in the form of GraphQL errors and, beside
//! it, `faults`: the lines that are wrong. Nothing of a wrong file is kept.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use futures_util::{StreamExt, TryStreamExt, stream};
use kernel::csv::{neutral, row};
use kernel::{Actor, ErrorCode as Code, MassGrantId, ProgrammeId};
use serde_json::{Value, json};
use tracing::Instrument;
use vouchers::{Error, Fault, MassGrant, MassGrantRow, Vouchers};

use crate::app::App;
use crate::bank_upload::{NO_KEY, told};
use crate::concern::Concern;
use crate::context::Session;
use crate::error::{ErrorCode, Failure, record_refusal};
use crate::http::{Refusal, RefusalCode, RequestInfo, read_body};
use crate::scalars::id;
use crate::texts;

/// The longest file in bytes: 20 000 rows with 400 each.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// How long a file may take to arrive.
const BODY_LIMIT: Duration = Duration::from_mins(1);

/// What refusals are called in the audit record.
const OPERATION: &str = "draftMassGrant";

/// The header with the idempotency key.
const KEY: &str = "Idempotency-Key";

/// How many rows one statement reads of the results.
const PAGE: u64 = 500;

/// The routes; they read the token that the shell found in the request.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/mass-grants/{id}", post(upload).get(results))
        .with_state(app)
}

/// Why a file was not taken in.
enum Refused {
    /// By the domain.
    Failure(Failure),
    /// Because of its lines.
    Faults(Failure, Vec<Fault>),
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
    Path(programme): Path<String>,
    Extension(info): Extension<RequestInfo>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let lang = texts::preferred(info.accept_language.as_deref());
    let session = Session::new(app, Some(info), lang);
    let Some(key) = headers.get(KEY).and_then(|key| key.to_str().ok()) else {
        return Refusal::new(RefusalCode::BadRequest, NO_KEY).into_response();
    };
    let (failure, faults) = match take(&session, &programme, key.to_owned(), body).await {
        Ok(list) => {
            let answer = json!({ "id": list.id.to_string(), "total": list.total });
            return (StatusCode::CREATED, Json(answer)).into_response();
        }
        Err(Refused::Refusal(refusal)) => return refusal.into_response(),
        Err(Refused::Failure(failure)) => (failure, None),
        Err(Refused::Faults(failure, faults)) => (failure, Some(faults)),
    };
    record_refusal(&session, OPERATION, failure.code, concern(&session, &programme)).await;
    match faults {
        None => told(&session, &failure),
        Some(faults) => {
            let message = failure.sentence(lang);
            let error = json!({ "message": message, "extensions": { "code": ErrorCode::name(failure.code) } });
            let faults: Vec<_> = faults.iter().map(fault).collect();
            let answer = json!({ "errors": [error], "faults": faults });
            (StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response()
        }
    }
}

fn fault(fault: &Fault) -> Value {
    json!({ "line": fault.line, "column": fault.column, "code": ErrorCode::name(fault.code) })
}

/// The city of a programme that the caller may see.
async fn concern(session: &Session, programme: &str) -> Option<Concern> {
    let actor = session.actor().await.ok()?;
    let found = session.app.programmes.by_ids(actor, &[programme.parse().ok()?]).await;
    let city = found.ok()?.pop()?.city_id;
    let subject = programme.to_owned();
    Some(Concern { city, subject })
}

async fn take(session: &Session, programme: &str, key: String, body: Body) -> Result<MassGrant, Refused> {
    let actor = session.actor().await?;
    let programme: ProgrammeId = id("programmeId", &programme.into()).map_err(Failure::from)?;
    // Nobody else makes the server read eight megabytes.
    let vouchers = session.app.vouchers.clone();
    vouchers
        .may_draft_mass_grant(actor, programme)
        .await
        .map_err(Failure::from)?;
    let bytes = read_body(body, MAX_BYTES, BODY_LIMIT).await.map_err(Refused::Refusal)?;
    let actor = actor.clone();
    // In a task of its own, so that a client that hangs up does not stop it half-way.
    let taking = async move { vouchers.draft_mass_grant(&actor, &key, programme, &bytes).await };
    match tokio::spawn(taking.in_current_span()).await {
        Ok(Ok(list)) => Ok(list),
        Ok(Err(Error::Faults(faults))) => {
            let failure = Failure::from(Error::Faults(faults.clone()));
            Err(Refused::Faults(failure, faults))
        }
        Ok(Err(error)) => Err(Failure::from(error).into()),
        Err(panic) => {
            tracing::error!(%panic, "taking in a list of grants panicked");
            Err(Refused::Refusal(Refusal::internal(&session.request_id())))
        }
    }
}

async fn results(
    State(app): State<App>,
    Path(list): Path<String>,
    Extension(info): Extension<RequestInfo>,
) -> Response {
    let lang = texts::preferred(info.accept_language.as_deref());
    let session = Session::new(app, Some(info), lang);
    match table(&session, &list).await {
        Ok(body) => ([(CONTENT_TYPE, "text/csv; charset=utf-8")], body).into_response(),
        Err(failure) => told(&session, &failure),
    }
}

/// The results as comma-separated values, read in pages while they are sent.
async fn table(session: &Session, list: &str) -> Result<Body, Failure> {
    let actor = session.actor().await?.clone();
    let list: MassGrantId = id("massGrantId", &list.into())?;
    let vouchers = session.app.vouchers.clone();
    if vouchers.mass_grants_by_ids(&actor, &[list]).await?.is_empty() {
        return Err(Error::NotFound.into());
    }
    let head = row(["line", "key", "email", "state", "code", "voucher"]);
    let pages = stream::try_unfold(Some(0), move |after| {
        next_page(vouchers.clone(), actor.clone(), list, after)
    });
    let broken = |error: Error| {
        tracing::error!(%error, "results could not be read to their end");
        std::io::Error::other("the results were cut off")
    };
    let pages = pages.map_err(broken).map_ok(Bytes::from);
    Ok(Body::from_stream(stream::iter([Ok(Bytes::from(head))]).chain(pages)))
}

/// The page after a line, and where the next one begins.
async fn next_page(
    vouchers: Vouchers,
    actor: Actor,
    list: MassGrantId,
    after: Option<i32>,
) -> Result<Option<(String, Option<i32>)>, Error> {
    let Some(after) = after else { return Ok(None) };
    let rows = vouchers.mass_grant_rows(&actor, list, None, after, PAGE).await?;
    let next = rows.last().map(|row| row.line);
    Ok(next.map(|line| (rows.iter().map(result).collect(), Some(line))))
}

fn result(of: &MassGrantRow) -> String {
    let code = of.refused_with().map(|code: Code| code.to_string());
    let voucher = of.voucher().map(|voucher| voucher.to_string());
    row([
        of.line.to_string().as_str(),
        &neutral(&of.key),
        &neutral(&of.email),
        &of.state.to_string(),
        &code.unwrap_or_default(),
        &voucher.unwrap_or_default(),
    ])
}
