//! What every request gets, whatever its route: an id, a log line, security headers, and an answer even after a panic.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use super::info::{REQUEST_ID, RequestInfo};
use super::refusal::Refusal;
use super::settings::HttpSettings;

/// Headers of every answer that does not set them itself.
const DEFAULT_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

/// Names and watches requests.
pub(super) struct Observer {
    settings: Arc<HttpSettings>,
    /// Differs between instances and restarts, so that ids of one log file do not repeat in another.
    instance: u64,
    requests: AtomicU64,
}

impl Observer {
    pub(super) fn new(settings: Arc<HttpSettings>) -> Self {
        Self {
            settings,
            instance: RandomState::new().build_hasher().finish(),
            requests: AtomicU64::new(0),
        }
    }

    fn fresh_id(&self) -> String {
        format!(
            "{:016x}-{:x}",
            self.instance,
            self.requests.fetch_add(1, Ordering::Relaxed)
        )
    }
}

/// The middleware around all routes.
///
/// The log line has the pattern of the route instead of the path, because some paths hold secrets (calendar feeds, links of
/// mails), and neither query strings nor headers nor bodies.
pub(super) async fn observe(State(observer): State<Arc<Observer>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let info = RequestInfo::read(&parts, &observer.settings, || observer.fresh_id());
    let request_id = info.request_id.clone();
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let span = tracing::info_span!("request", request_id, method = %parts.method, route);
    parts.extensions.insert(info);
    let answer = AssertUnwindSafe(next.run(Request::from_parts(parts, body)))
        .catch_unwind()
        .instrument(span.clone());
    let mut response = answer.await.unwrap_or_else(|_panic| {
        span.in_scope(|| tracing::error!("a handler panicked"));
        Refusal::internal(&request_id).into_response()
    });
    complete(response.headers_mut(), &request_id);
    let status = response.status().as_u16();
    let elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status, elapsed_us, "answered"));
    response
}

fn complete(headers: &mut HeaderMap, request_id: &str) {
    for (name, value) in DEFAULT_HEADERS {
        headers.entry(name).or_insert(value);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}
