//! Decisions in print: `GET /decisions/{decisionId}.pdf` with the same `Authorization` (and `X-Acting-For`) as GraphQL.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use kernel::DecisionId;

use crate::app::App;
use crate::bank_upload::told;
use crate::context::Session;
use crate::error::Failure;
use crate::http::RequestInfo;
use crate::scalars::id;
use crate::texts;

/// The routes; they read the token that the shell found in the request.
pub fn routes(app: App) -> Router {
    Router::new().route("/decisions/{file}", get(print)).with_state(app)
}

/// Where the PDF of a decision is.
pub(crate) fn path(decision: DecisionId) -> String {
    format!("/decisions/{decision}.pdf")
}

async fn print(State(app): State<App>, Path(file): Path<String>, Extension(info): Extension<RequestInfo>) -> Response {
    let lang = texts::preferred(info.accept_language.as_deref());
    let session = Session::new(app, Some(info), lang);
    match pdf(&session, &file).await {
        Ok((name, print)) => {
            let headers = [
                (CONTENT_TYPE, "application/pdf".to_owned()),
                (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (ETAG, format!("\"{}\"", print.sha256)),
                (CACHE_CONTROL, "private, no-store".to_owned()),
            ];
            (headers, print.pdf).into_response()
        }
        Err(failure) => told(&session, &failure),
    }
}

async fn pdf(session: &Session, file: &str) -> Result<(String, vouchers::Print), Failure> {
    let actor = session.actor().await?;
    let decision: DecisionId = id("decisionId", &file.strip_suffix(".pdf").unwrap_or(file).into())?;
    let print = session.app.vouchers.print(actor, decision).await?;
    Ok((format!("{decision}.pdf"), print))
}
