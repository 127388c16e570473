//! `GraphiQL`, the page on which a developer tries the API, served from the binary: it loads nothing from another host.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::refusal::json_error;

/// Scripts come from this server only. Styles may stand in the page because the editor writes some into it while it runs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! asset {
    ($name:literal) => {
        include_bytes!(concat!("../../assets/graphiql/", $name))
    };
}

/// The routes of the page and its files.
pub(super) fn routes() -> Router {
    Router::new()
        .route("/graphiql", get(async || file(HTML, asset!("index.html"))))
        .route("/graphiql/{file}", get(async |Path(name): Path<String>| asset(&name)))
}

fn asset(name: &str) -> Response {
    match name {
        "react.production.min.js" => file(SCRIPT, asset!("react.production.min.js")),
        "react-dom.production.min.js" => file(SCRIPT, asset!("react-dom.production.min.js")),
        "graphiql.min.js" => file(SCRIPT, asset!("graphiql.min.js")),
        "init.js" => file(SCRIPT, asset!("init.js")),
        "graphiql.min.css" => file(STYLE, asset!("graphiql.min.css")),
        "page.css" => file(STYLE, asset!("page.css")),
        _ => json_error(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing here."),
    }
}

fn file(content_type: &'static str, content: &'static [u8]) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (headers, content).into_response()
}
