//! Files that come with applications for vouchers: `POST /attachments/{voucherApplicationId}?name=…` takes one in,
//! `GET /attachments/{attachmentId}` answers its bytes.
//!
//! ```text
//! curl --data-binary @todistus.pdf -H "Authorization: Bearer …" "https://…/attachments/voucherapplication_…?name=todistus.pdf"
//! ```
//!
//! The bytes say whether the file is a PDF, a PNG or a JPEG; `Content-Type` and the name do not matter. It answers 201 with
//! `{"id":…,"sha256":…}`, or an error in the form of GraphQL errors. The same file sent twice is one attachment with one
//! id. What a person has sent is never shown inside the pages of this server: browsers store it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use futures_util::TryStreamExt;
use kernel::{AttachmentId, Denied, PersonId, VoucherApplicationId};
use serde_json::json;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::Instrument;
use vouchers::Attachment;

use crate::app::App;
use crate::bank_upload::told;
use crate::concern::Concern;
use crate::context::Session;
use crate::error::{Failure, record_refusal};
use crate::http::{Refusal, RefusalCode, RequestInfo, read_body};
use crate::scalars::id;
use crate::texts;

/// How many files a process takes in at once: each is held in memory until it is kept.
const PLACES: usize = 32;

/// How many of them may be one person's: somebody with a slow line does not keep others out.
const PLACES_OF_ONE: usize = 4;

/// How long a file may take to arrive.
const BODY_LIMIT: Duration = Duration::from_mins(1);

/// What somebody reads whose file has no place.
const BUSY: &str = "Too many files are being sent; try again in a moment.";

/// What refusals are called in the audit record.
const OPERATION: &str = "addAttachment";

/// The routes; they read the token that the shell found in the request.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/attachments/{id}", post(upload).get(download))
        .layer(Extension(Arc::new(Places::default())))
        .with_state(app)
}

/// The files that are being taken in.
struct Places {
    all: Arc<Semaphore>,
    of_one: Mutex<HashMap<PersonId, Arc<Semaphore>>>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(PLACES)),
            of_one: Mutex::default(),
        }
    }
}

impl Places {
    /// Waits for a place for a file of `person`, which is free again when the answer is dropped.
    async fn take(&self, person: PersonId) -> Result<[OwnedSemaphorePermit; 2], AcquireError> {
        let of_one = {
            let mut of_one = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
            of_one.retain(|_, places| Arc::strong_count(places) > 1);
            let places = of_one.entry(person);
            places
                .or_insert_with(|| Arc::new(Semaphore::new(PLACES_OF_ONE)))
                .clone()
        };
        Ok([of_one.acquire_owned().await?, self.all.clone().acquire_owned().await?])
    }
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
    Path(application): Path<String>,
    Query(asked): Query<HashMap<String, String>>,
    Extension(info): Extension<RequestInfo>,
    Extension(places): Extension<Arc<Places>>,
    body: Body,
) -> Response {
    let lang = texts::preferred(info.accept_language.as_deref());
    let session = Session::new(app, Some(info), lang);
    // A missing name is as malformed as an empty one.
    let name = asked.get("name").cloned().unwrap_or_default();
    match take(&session, &places, &application, name, body).await {
        Ok(taken) => {
            let answer = json!({ "id": taken.id.to_string(), "sha256": taken.sha256 });
            (StatusCode::CREATED, Json(answer)).into_response()
        }
        Err(Refused::Refusal(refusal)) => refusal.into_response(),
        Err(Refused::Failure(failure)) => {
            record_refusal(&session, OPERATION, failure.code, concern(&session, &application)).await;
            told(&session, &failure)
        }
    }
}

/// The city of an application that the caller may see.
async fn concern(session: &Session, application: &str) -> Option<Concern> {
    let actor = session.actor().await.ok()?;
    let found = session
        .app
        .vouchers
        .city_of_application(actor, application.parse().ok()?);
    let city = found.await.ok()??;
    let subject = application.to_owned();
    Some(Concern { city, subject })
}

async fn take(
    session: &Session,
    places: &Places,
    application: &str,
    name: String,
    body: Body,
) -> Result<Attachment, Refused> {
    let actor = session.person().await?;
    let application: VoucherApplicationId = id("applicationId", &application.into()).map_err(Failure::from)?;
    // Nobody else makes the server read megabytes.
    let vouchers = session.app.vouchers.clone();
    vouchers.may_attach(&actor, application).await.map_err(Failure::from)?;
    let unavailable = || Refused::Refusal(Refusal::new(RefusalCode::Unavailable, BUSY));
    let waiting = timeout(
        BODY_LIMIT,
        places.take(actor.signed_in().map_err(|denied| Failure::from(Denied(denied)))?),
    );
    let place = waiting.await.ok().and_then(Result::ok).ok_or_else(unavailable)?;
    let longest = session.app.files.longest();
    let bytes = read_body(body, longest, BODY_LIMIT).await.map_err(Refused::Refusal)?;
    // In a task of its own, so that a client that hangs up does not stop it half-way.
    let taking = async move {
        // As long as it holds the bytes it holds its place.
        let _place = place;
        vouchers.attach(&actor, application, &name, bytes).await
    };
    match tokio::spawn(taking.in_current_span()).await {
        Ok(taken) => Ok(taken.map_err(Failure::from)?),
        Err(panic) => {
            tracing::error!(%panic, "taking in an attachment panicked");
            Err(Refused::Refusal(Refusal::internal(&session.request_id())))
        }
    }
}

async fn download(
    State(app): State<App>,
    Path(attachment): Path<String>,
    Extension(info): Extension<RequestInfo>,
) -> Response {
    let lang = texts::preferred(info.accept_language.as_deref());
    let session = Session::new(app, Some(info), lang);
    match file(&session, &attachment).await {
        Ok(response) => response,
        Err(failure) => told(&session, &failure),
    }
}

async fn file(session: &Session, attachment: &str) -> Result<Response, Failure> {
    let actor = session.actor().await?;
    let attachment: AttachmentId = id("attachmentId", &attachment.into())?;
    let (attachment, bytes) = session.app.vouchers.attachment(actor, attachment).await?;
    let bytes = bytes.inspect_err(|error| tracing::error!(%error, "an attachment could not be read to its end"));
    let headers = [
        (CONTENT_TYPE, attachment.media_type.mime().to_owned()),
        (CONTENT_LENGTH, attachment.size.to_string()),
        (CONTENT_DISPOSITION, disposition(&attachment.name)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, "sandbox".to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Asks the browser to store the file under its name, whose bytes are escaped but for letters, digits and `.-_`
/// (RFC 6266, RFC 8187).
fn disposition(name: &str) -> String {
    let escaped: String = name
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename*=UTF-8''{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_header() {
        assert_eq!(
            disposition("päätös \"1\";.pdf"),
            "attachment; filename*=UTF-8''p%C3%A4%C3%A4t%C3%B6s%20%221%22%3B.pdf"
        );
    }
}
