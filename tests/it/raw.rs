//! Requests byte by byte, as no client of ours would send them.

use api::http::HttpSettings;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use support::PASSWORD;
use tower::ServiceExt;

use crate::town::Town;

/// The largest answer to a request that is refused.
const MAX_REFUSAL_BYTES: usize = 8_000;

/// Sends bytes to the router of a town.
pub(crate) struct Raw {
    router: Router,
}

/// What came back.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    bytes: usize,
}

impl Raw {
    pub(crate) fn new(town: &Town<'_>) -> Self {
        let settings = HttpSettings {
            introspection: true,
            ..HttpSettings::default()
        };
        Self {
            router: server::wiring::router(town.app.contexts.clone(), settings),
        }
    }

    pub(crate) async fn send(&self, token: Option<&str>, lang: &str, body: impl Into<Body>) -> Received {
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .header(header::ACCEPT_LANGUAGE, lang);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body.into()).unwrap())
            .await
            .unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Received {
            status,
            body: serde_json::from_slice(&bytes).expect("every answer is JSON"),
            bytes: bytes.len(),
        }
    }
}

impl Received {
    /// The codes of all errors of the request.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors
            .map(|error| error["extensions"]["code"].as_str().unwrap_or("no code"))
            .collect()
    }

    /// The user errors of the mutation.
    pub(crate) fn user_errors(&self) -> Vec<&Value> {
        let payloads = self.body["data"]
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::values);
        payloads
            .filter_map(|payload| payload["userErrors"].as_array())
            .flatten()
            .collect()
    }

    /// Why this is no proper answer: an error without a code of the closed list, a fault of the server, or a refusal that is too
    /// long.
    pub(crate) fn fault(&self) -> Option<String> {
        let known = |code: &&str| CODES.contains(code);
        if let Some(code) = self.codes().into_iter().find(|code| !known(code)) {
            return Some(format!("{code} in {}", self.body));
        }
        if self.status.is_server_error() {
            return Some(format!("{}: {}", self.status, self.body));
        }
        (self.body.get("errors").is_some() && self.body["data"].is_null() && self.bytes > MAX_REFUSAL_BYTES)
            .then(|| format!("{} bytes", self.bytes))
    }
}

/// What a request may be refused with, beside the user errors; never `INTERNAL`.
const CODES: [&str; 24] = [
    "BAD_REQUEST",
    "DOCUMENT_TOO_COMPLEX",
    "DOCUMENT_TOO_LARGE",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "INVALID_FORMAT",
    "INVALID_ID",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    "TOO_LONG",
    "PAYLOAD_TOO_LARGE",
    "PERSISTED_OPERATION_NOT_FOUND",
    "UNAUTHENTICATED",
    // A preview is refused as a booking would be.
    "INSUFFICIENT_BALANCE",
    "NOT_APPROVED",
    "NOT_ELIGIBLE",
    "NO_TERMS_IN_FORCE",
    "PRICE_ABOVE_CEILING",
    "PRICE_ABOVE_VALUE",
    "SOLD_OUT",
    "TOO_LATE",
    "REQUIRED",
    "CONTROL_CHARACTERS",
];

/// A token for somebody of the town; nobody has none.
pub(crate) async fn token(town: &Town<'_>, role: &str) -> Option<String> {
    let email = town.email(role)?;
    let input = json!({ "input": { "email": email, "password": PASSWORD } });
    let answer = town.app.anyone().run("anyone/signIn", input).await.ok();
    Some(answer.text("/signIn/session/accessToken"))
}
