//! Refusals of the HTTP layer: requests that never reach the schema.

use async_graphql::Pos;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::media::Media;

/// Longest message of an error in an answer, in characters.
const MAX_MESSAGE_CHARS: usize = 200;

/// Why a request was refused before it was executed: the value of `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document is GraphQL but names no operation that can run.
    ValidationFailed,
    /// The request is not a well-formed GraphQL-over-HTTP request.
    BadRequest,
    /// The document has more bytes than [`super::guard::MAX_DOCUMENT_BYTES`].
    DocumentTooLarge,
    /// The document nests, expands or selects more than the limits of [`super::guard`] allow.
    DocumentTooComplex,
    /// The method cannot carry this operation.
    MethodNotAllowed,
    /// The body is not `application/json` in UTF-8.
    UnsupportedMediaType,
    /// The client accepts neither of the two media types of an answer.
    NotAcceptable,
    /// The body has more bytes than allowed.
    PayloadTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
    /// No stored operation has this id, or only stored operations are served and this is none.
    PersistedOperationNotFound,
    /// Too many requests are being executed; nothing was done.
    Unavailable,
    /// Execution took too long; what it did is unknown.
    Timeout,
    /// A fault of the server; what was done is unknown.
    Internal,
}

impl RefusalCode {
    /// The code as clients read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadRequest => "BAD_REQUEST",
            Self::DocumentTooLarge => "DOCUMENT_TOO_LARGE",
            Self::DocumentTooComplex => "DOCUMENT_TOO_COMPLEX",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::PersistedOperationNotFound => "PERSISTED_OPERATION_NOT_FOUND",
            Self::Unavailable => "UNAVAILABLE",
            Self::Timeout => "TIMEOUT",
            Self::Internal => "INTERNAL",
        }
    }

    /// The status of an answer in `media`. GraphQL-over-HTTP keeps 200 for faults of the document where a client asked for
    /// `application/json`, because older clients treat any other status as a failure of the network.
    fn status(self, media: Media) -> StatusCode {
        match self {
            Self::ParseFailed
            | Self::ValidationFailed
            | Self::DocumentTooLarge
            | Self::DocumentTooComplex
            | Self::PersistedOperationNotFound => media.request_error_status(),
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable | Self::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A request refused before it was executed, with one sentence for the developer of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of refusal.
    pub code: RefusalCode,
    /// One sentence that never repeats what the client sent.
    pub message: String,
    /// Where in the document the fault lies.
    pub location: Option<Pos>,
    /// The methods that would have been right, for [`RefusalCode::MethodNotAllowed`].
    pub allow: Option<&'static str>,
    /// The id under which the log holds the cause, for [`RefusalCode::Internal`].
    pub error_id: Option<String>,
}

impl Refusal {
    /// A refusal without a place in the document.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: cut(message.into()),
            location: None,
            allow: None,
            error_id: None,
        }
    }

    pub(super) fn at(mut self, location: Option<Pos>) -> Self {
        self.location = location;
        self
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        let message = format!("This request needs another method: {allow}.");
        Self {
            allow: Some(allow),
            ..Self::new(RefusalCode::MethodNotAllowed, message)
        }
    }

    /// A fault of the server whose cause stands in the log under `error_id`.
    pub(crate) fn internal(error_id: &str) -> Self {
        let message = "The server failed; ask for the error id.";
        Self {
            error_id: Some(error_id.to_owned()),
            ..Self::new(RefusalCode::Internal, message)
        }
    }

    /// The error as it stands in `errors`.
    pub(super) fn to_json(&self) -> Value {
        let mut error = json!({ "message": self.message, "extensions": { "code": self.code.as_str() } });
        if let Some(pos) = self.location {
            error["locations"] = json!([{ "line": pos.line, "column": pos.column }]);
        }
        if let Some(error_id) = &self.error_id {
            error["extensions"]["errorId"] = json!(error_id);
        }
        error
    }

    /// The whole answer: no `data`, since nothing was executed.
    pub(super) fn answer_in(self, media: Media) -> Response {
        let body = json!({ "errors": [self.to_json()] }).to_string();
        let content_type = HeaderValue::from_static(media.content_type());
        let mut response = (self.code.status(media), [(CONTENT_TYPE, content_type)], body).into_response();
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.code == RefusalCode::Unavailable {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl IntoResponse for Refusal {
    /// The answer of a route that speaks plain JSON.
    fn into_response(self) -> Response {
        self.answer_in(Media::Json)
    }
}

/// An error answer of any route, in the form of GraphQL errors so that clients need one reader:
/// `{"errors":[{"message":…,"extensions":{"code":…}}]}`.
pub fn json_error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }).to_string();
    let content_type = HeaderValue::from_static(Media::Json.content_type());
    (status, [(CONTENT_TYPE, content_type)], body).into_response()
}

/// Shortens a message to [`MAX_MESSAGE_CHARS`].
pub(super) fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE_CHARS) {
        message.truncate(end);
    }
    message
}
