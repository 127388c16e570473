//! Puts the routes together.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::time::timeout;
use tower_http::cors::CorsLayer;

use super::admission::Admission;
use super::graphiql;
use super::graphql::{self, Endpoint, Execute};
use super::info::{ACTING_FOR, REQUEST_ID};
use super::observe::{Observer, observe};
use super::operations::Operations;
use super::refusal::json_error;
use super::settings::HttpSettings;

/// How long a readiness check may take.
const READINESS_LIMIT: Duration = Duration::from_secs(2);

/// All routes of the server.
///
/// `execute` runs a request on the schema. `ready` tells whether the instance can serve, that is, whether its database answers; it is asked
/// at `/health/ready`. `others` are routes from elsewhere (files, feeds, websockets); they get the same ids, headers and log lines.
pub fn router<R, F>(
    settings: HttpSettings,
    operations: Operations,
    execute: Execute,
    ready: R,
    others: Router,
) -> Router
where
    R: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = bool> + Send,
{
    let settings = Arc::new(settings);
    let endpoint = Endpoint {
        admission: Admission::new(&settings),
        settings: Arc::clone(&settings),
        operations,
        execute,
    };
    let mut routes = Router::new()
        .route("/graphql", any(graphql::handle))
        .with_state(Arc::new(endpoint))
        .route("/health/live", get(async || StatusCode::NO_CONTENT))
        .route(
            "/health/ready",
            get(async move || readiness(timeout(READINESS_LIMIT, ready()).await == Ok(true))),
        )
        .merge(others);
    if settings.graphiql {
        routes = routes.merge(graphiql::routes());
    }
    routes = routes
        .fallback(async || json_error(StatusCode::NOT_FOUND, "NOT_FOUND", "There is nothing here."))
        .method_not_allowed_fallback(async || {
            json_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "This path needs another method.",
            )
        });
    if !settings.cors_origins.is_empty() {
        routes = routes.layer(cors(&settings));
    }
    routes.layer(middleware::from_fn_with_state(
        Arc::new(Observer::new(settings)),
        observe,
    ))
}

fn readiness(ready: bool) -> Response {
    if ready {
        StatusCode::NO_CONTENT.into_response()
    } else {
        json_error(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "The database does not answer.",
        )
    }
}

/// Pages of the configured origins may send a token in a header; cookies are not used, so credentials stay forbidden.
fn cors(settings: &HttpSettings) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(settings.cors_origins.clone())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            ACCEPT,
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
            ACTING_FOR,
        ])
        .expose_headers([REQUEST_ID, RETRY_AFTER])
        .max_age(Duration::from_hours(1))
}
