//! Open data without signing in: who is approved where, with services and prices (A13, K1).
//!
//! ```text
//! GET /open-data                                 the catalogue: DCAT-AP as JSON-LD, or a page
//! GET /open-data/{municipality code}/providers   the register of a city: JSON, CSV or a page
//! GET /open-data/programmes/{id}/canvas.json     the canvas of a published programme: JSON (P8)
//! ```
//!
//! `Accept` chooses the form; `providers.json`, `providers.csv` and `providers.html` name it. `?date=2027-01-31` asks for
//! the providers approved on that day, otherwise today in the city's zone; services and prices are always today's, for
//! there is no history of prices. `?lang=fi`, `sv` or `en` goes before `Accept-Language`.
//!
//! Licensed CC BY 4.0. Answers may be kept for five minutes and carry a strong `ETag`. There are no personal data in
//! them: no contact, no account, no grounds of decisions. A register is read in large pages and sent as it is read; a
//! client that reads slowly holds no connection to the database, and no more than the share of its network of the turns.

mod canvas;
mod catalogue;
mod condition;
mod csv;
mod form;
mod json;
mod page;
mod register;
mod stream;
mod turns;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kernel::{ErrorCode as Code, Lang};
use serde::Deserialize;

use self::turns::Turns;
use crate::app::App;
use crate::error::{ErrorCode, Failure};
use crate::http::{Refusal, RequestInfo, json_error};
use crate::texts;

/// The licence of everything here: Creative Commons Attribution 4.0.
const LICENCE: &str = "https://creativecommons.org/licenses/by/4.0/";

/// What the routes share.
#[derive(Clone)]
struct OpenData {
    app: App,
    turns: Arc<Turns>,
}

/// The routes.
pub fn routes(app: App) -> Router {
    let turns = Arc::new(Turns::new());
    Router::new()
        .route("/open-data", get(catalogue::answer))
        .route("/open-data/{code}/{file}", get(register::answer))
        .route("/open-data/programmes/{id}/canvas.json", get(canvas::answer))
        .with_state(OpenData { app, turns })
}

/// What a client may ask for behind the question mark.
#[derive(Debug, Default, Deserialize)]
struct Params {
    date: Option<String>,
    lang: Option<String>,
}

type Asked = Result<Query<Params>, QueryRejection>;

/// Why there is no answer.
enum Refused {
    /// The request is at fault.
    Request(StatusCode, &'static str, &'static str),
    /// So many registers are being sent, in all or to this client, that this one has to wait.
    Busy,
    /// A template could not be filled in.
    Unwritten,
    /// By the domain.
    Failure(Failure),
}

const NOTHING: Refused = Refused::Request(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing here.");
const NOT_ACCEPTABLE: Refused = Refused::Request(
    StatusCode::NOT_ACCEPTABLE,
    "NOT_ACCEPTABLE",
    "Accept one of the media types that the documentation of this path names.",
);

fn bad_request(message: &'static str) -> Refused {
    Refused::Request(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Refused {
    /// As an answer of HTTP, which is never kept by a cache.
    fn told(self, info: &RequestInfo) -> Response {
        let (status, code, message) = match self {
            Self::Request(status, code, message) => (status, code, message.to_owned()),
            Self::Busy => unavailable("Too many registers are being sent."),
            Self::Failure(failure) if failure.code == Code::Unavailable => {
                let lang = texts::preferred(info.accept_language.as_deref());
                unavailable(&failure.sentence(lang))
            }
            Self::Unwritten => {
                tracing::error!("a page of open data could not be written");
                return Refusal::internal(&info.request_id).into_response();
            }
            Self::Failure(failure) => {
                tracing::error!(error = failure.chain(), "open data could not be read");
                return Refusal::internal(&info.request_id).into_response();
            }
        };
        let mut response = json_error(status, code, &message);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

fn unavailable(message: &str) -> (StatusCode, &'static str, String) {
    let code = ErrorCode::name(Code::Unavailable);
    (StatusCode::SERVICE_UNAVAILABLE, code, message.to_owned())
}

/// The parameters, with the language that was asked for in them or else in `Accept-Language`.
fn read(asked: Asked, info: &RequestInfo) -> Result<(Params, Lang), Refused> {
    let Query(params) = asked.map_err(|_unreadable| bad_request("Give date and lang once each."))?;
    let lang = match params.lang.as_deref() {
        None | Some("") => texts::preferred(info.accept_language.as_deref()),
        Some("fi") => Lang::Fi,
        Some("sv") => Lang::Sv,
        Some("en") => Lang::En,
        Some(_) => return Err(bad_request("lang is fi, sv or en.")),
    };
    Ok((params, lang))
}
