//! Turns what the schema answered into an HTTP answer: status, media type, and a code on every error.

use async_graphql::{ErrorExtensionValues, Response as GraphqlResponse, ServerError, Value};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::media::Media;
use super::refusal::{RefusalCode, cut};

/// Most errors in the answer to a request that was not executed.
const MAX_REQUEST_ERRORS: usize = 5;

/// Seconds a client should wait when an error does not say.
const DEFAULT_RETRY_SECONDS: u64 = 1;

/// An answer as it is sent. `data` is left out where nothing was executed, as the specification asks.
#[derive(Serialize)]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: std::collections::BTreeMap<String, Value>,
}

/// The HTTP answer to a request that reached the schema. `suggestions` keeps the hints of the library at near names.
pub(super) fn executed(media: Media, response: GraphqlResponse, request_id: &str, suggestions: bool) -> Response {
    let GraphqlResponse {
        data,
        extensions,
        mut errors,
        http_headers,
        ..
    } = response;
    // Errors of execution carry the path of their field; without one, validation refused the document.
    let refused = data == Value::Null && !errors.is_empty() && errors.iter().all(|error| error.path.is_empty());
    if refused {
        errors.truncate(MAX_REQUEST_ERRORS);
    }
    for error in &mut errors {
        finish(error, refused, request_id, suggestions);
    }
    let (status, headers) = status(media, &data, &errors, refused);
    let body = Body {
        data: (!refused).then_some(data),
        errors,
        extensions,
    };
    let Ok(text) = serde_json::to_string(&body) else {
        tracing::error!(request_id, "the answer cannot be written as JSON");
        return super::refusal::Refusal::internal(request_id).answer_in(media);
    };
    let content_type = HeaderValue::from_static(media.content_type());
    (status, http_headers, headers, [(CONTENT_TYPE, content_type)], text).into_response()
}

/// Gives an error a code and a short message. What was executed and failed without a code is a fault of ours: its text goes
/// to the log, the client gets an id.
fn finish(error: &mut ServerError, refused: bool, request_id: &str, suggestions: bool) {
    if code(error).is_none() {
        if refused {
            set_code(error, RefusalCode::ValidationFailed.as_str());
        } else {
            tracing::error!(request_id, error = %error.message, path = ?error.path, "a resolver failed without a code");
            "The server failed; ask for the error id.".clone_into(&mut error.message);
            set_code(error, RefusalCode::Internal.as_str());
            error.extensions.get_or_insert_default().set("errorId", request_id);
        }
    }
    if !suggestions && let Some(at) = error.message.find(" Did you mean") {
        error.message.truncate(at);
    }
    error.message = cut(std::mem::take(&mut error.message));
}

fn set_code(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_default().set("code", code);
}

fn extension<'e>(error: &'e ServerError, key: &str) -> Option<&'e Value> {
    error
        .extensions
        .as_ref()
        .and_then(|extensions: &ErrorExtensionValues| extensions.get(key))
}

fn code(error: &ServerError) -> Option<&str> {
    match extension(error, "code") {
        Some(Value::String(code)) => Some(code),
        Some(Value::Enum(code)) => Some(code.as_str()),
        _ => None,
    }
}

/// The status of an answer.
///
/// When nothing but errors came back and one of them says to come back later, the status says so too, whatever the media
/// type: load balancers and retrying clients read the status alone. Otherwise an executed request is 200, and one that was
/// refused before execution follows the media type.
fn status(media: Media, data: &Value, errors: &[ServerError], refused: bool) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::new();
    if *data != Value::Null || errors.is_empty() {
        return (StatusCode::OK, headers);
    }
    for (busy, status) in [
        ("RATE_LIMITED", StatusCode::TOO_MANY_REQUESTS),
        ("UNAVAILABLE", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        if let Some(error) = errors.iter().find(|error| code(error) == Some(busy)) {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_seconds(error)));
            return (status, headers);
        }
    }
    if !refused || media == Media::Json {
        return (StatusCode::OK, headers);
    }
    let status = match errors.first().and_then(code) {
        Some("UNAUTHENTICATED") => StatusCode::UNAUTHORIZED,
        Some("FORBIDDEN") => StatusCode::FORBIDDEN,
        Some("INTERNAL") => StatusCode::INTERNAL_SERVER_ERROR,
        _ => media.request_error_status(),
    };
    (status, headers)
}

fn retry_seconds(error: &ServerError) -> u64 {
    match extension(error, "retryAfterSeconds") {
        Some(Value::Number(seconds)) => seconds.as_u64().unwrap_or(DEFAULT_RETRY_SECONDS),
        _ => DEFAULT_RETRY_SECONDS,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Name, PathSegment};

    use super::*;

    fn error(message: &str, code: Option<&str>, path: &[&str]) -> ServerError {
        let mut error = ServerError::new(message, None);
        error.path = path
            .iter()
            .map(|field| PathSegment::Field((*field).to_owned()))
            .collect();
        if let Some(code) = code {
            set_code(&mut error, code);
        }
        error
    }

    fn status_of(media: Media, errors: Vec<ServerError>) -> u16 {
        executed(media, GraphqlResponse::from_errors(errors), "r1", false)
            .status()
            .as_u16()
    }

    #[test]
    fn the_status_follows_the_errors() {
        let both = [Media::GraphqlResponse, Media::Json];
        for (code, path, expected) in [
            (Some("RATE_LIMITED"), vec!["signIn"], [429, 429]),
            (Some("UNAVAILABLE"), vec!["bookOffer"], [503, 503]),
            (Some("UNAUTHENTICATED"), vec!["me"], [200, 200]),
            (Some("UNAUTHENTICATED"), vec![], [401, 200]),
            (Some("FORBIDDEN"), vec![], [403, 200]),
            (None, vec![], [400, 200]),
            (None, vec!["me"], [200, 200]),
        ] {
            for (media, expected) in both.into_iter().zip(expected) {
                assert_eq!(
                    status_of(media, vec![error("x", code, &path)]),
                    expected,
                    "{code:?} {path:?} {media:?}"
                );
            }
        }
        let mut partial = GraphqlResponse::new(Value::Object([(Name::new("a"), Value::Null)].into_iter().collect()));
        partial.errors.push(error("x", Some("RATE_LIMITED"), &["a"]));
        assert_eq!(
            executed(Media::Json, partial, "r1", false).status(),
            StatusCode::OK,
            "other fields were answered"
        );
    }

    #[test]
    fn waiting_time_is_told_in_the_header() {
        let mut limited = error("x", Some("RATE_LIMITED"), &["signIn"]);
        limited.extensions.get_or_insert_default().set("retryAfterSeconds", 30);
        let response = executed(Media::Json, GraphqlResponse::from_errors(vec![limited]), "r1", false);
        assert_eq!(response.headers()[RETRY_AFTER], "30");
    }

    #[test]
    fn errors_without_a_code_get_one_and_lose_their_text_when_it_is_ours() {
        let mut fault = error("connection refused: db.internal", None, &["me"]);
        finish(&mut fault, false, "r1", false);
        assert_eq!(
            (code(&fault), extension(&fault, "errorId")),
            (Some("INTERNAL"), Some(&Value::from("r1")))
        );
        assert!(!fault.message.contains("db.internal"));
    }

    #[test]
    fn messages_are_short_and_hint_at_nothing() {
        let mut unknown = error(
            "Unknown field \"a\" on type \"Query\". Did you mean \"secret\"?",
            None,
            &[],
        );
        finish(&mut unknown, true, "r1", false);
        assert_eq!(unknown.message, "Unknown field \"a\" on type \"Query\".");
        let mut long = error(&"ä".repeat(500), None, &[]);
        finish(&mut long, true, "r1", true);
        assert_eq!(long.message.chars().count(), 200);
    }
}
