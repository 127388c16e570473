//! The handler of `/graphql`: GET and POST as the GraphQL-over-HTTP specification describes them.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request as GraphqlRequest, Response as GraphqlResponse, Value, Variables};
use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout;
use tracing::Instrument;

use super::admission::{Admission, Turn};
use super::answer;
use super::info::RequestInfo;
use super::media::{self, Media};
use super::operations::Operations;
use super::params::Params;
use super::refusal::{Refusal, RefusalCode};
use super::settings::HttpSettings;

/// Runs a request for a document on the schema, whose three root types are of no interest here.
pub type Execute =
    Arc<dyn Fn(GraphqlRequest, Arc<ExecutableDocument>) -> BoxFuture<'static, GraphqlResponse> + Send + Sync>;

/// What the handler needs.
pub(super) struct Endpoint {
    pub(super) settings: Arc<HttpSettings>,
    pub(super) operations: Operations,
    pub(super) admission: Admission,
    pub(super) execute: Execute,
}

/// Answers one request to `/graphql`.
pub(super) async fn handle(
    State(endpoint): State<Arc<Endpoint>>,
    Extension(info): Extension<RequestInfo>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let media = match media::negotiate(&parts.headers) {
        Ok(media) => media,
        Err(refusal) => return refusal.answer_in(Media::Json),
    };
    let request_id = info.request_id.clone();
    match endpoint.run(&parts, body, info).await {
        Ok(response) => answer::executed(media, response, &request_id, endpoint.settings.introspection),
        Err(refusal) => refusal.answer_in(media),
    }
}

impl Endpoint {
    async fn run(&self, parts: &Parts, body: Body, info: RequestInfo) -> Result<GraphqlResponse, Refusal> {
        let params = match parts.method {
            Method::GET => Params::from_uri(&parts.uri)?,
            Method::POST => {
                media::check_content_type(&parts.headers)?;
                Params::from_json(&read_body(body, self.settings.max_body_bytes, self.settings.body_limit).await?)?
            }
            _ => return Err(Refusal::method_not_allowed("GET, POST")),
        };
        let document = self
            .operations
            .resolve(params.document, self.settings.require_persisted)?;
        let turn = self.admission.enter().await?;
        let checked = document.checked(params.operation_name.as_deref())?;
        match checked.kind {
            OperationType::Query => {}
            OperationType::Mutation if parts.method == Method::POST => {}
            OperationType::Mutation => return Err(Refusal::method_not_allowed("POST")),
            OperationType::Subscription => {
                let message = "Subscriptions are not served over plain HTTP.";
                return Err(Refusal::new(RefusalCode::BadRequest, message));
            }
        }
        if checked.introspects && !self.settings.introspection {
            return Err(Refusal::new(
                RefusalCode::ValidationFailed,
                "Introspection is switched off.",
            ));
        }
        check_variables(&checked.required_variables, &params.variables)?;
        let request_id = info.request_id.clone();
        let mut request = GraphqlRequest::new(document.text())
            .variables(params.variables)
            .data(info);
        request.operation_name = checked.operation_name;
        self.execute(request, checked.document, turn, &request_id).await
    }

    /// Executes in a task of its own: a client that hangs up does not cut a transaction short, and a panic becomes an error.
    /// The time limit is inside the task, so that it also holds for a client that is gone.
    async fn execute(
        &self,
        request: GraphqlRequest,
        document: Arc<ExecutableDocument>,
        turn: Turn,
        request_id: &str,
    ) -> Result<GraphqlResponse, Refusal> {
        let (execute, limit) = (Arc::clone(&self.execute), self.settings.execution_limit);
        let execution = async move {
            let outcome = timeout(limit, execute(request, document)).await;
            drop(turn);
            outcome
        };
        match tokio::spawn(execution.in_current_span()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(elapsed)) => {
                tracing::error!(request_id, %elapsed, "execution took too long");
                let message = "The request took too long; whether it had an effect is unknown.";
                Err(Refusal::new(RefusalCode::Timeout, message))
            }
            Err(failure) => {
                tracing::error!(request_id, %failure, "execution panicked");
                Err(Refusal::internal(request_id))
            }
        }
    }
}

/// The specification counts a missing variable as a fault of the request; the library would find it while executing.
fn check_variables(required: &[String], variables: &Variables) -> Result<(), Refusal> {
    let missing = |name: &&String| matches!(variables.get(name.as_str()), None | Some(Value::Null));
    match required.iter().find(missing) {
        None => Ok(()),
        Some(name) => Err(Refusal::new(
            RefusalCode::ValidationFailed,
            format!("The variable ${name} needs a value."),
        )),
    }
}

/// Reads a whole request body of at most `most_bytes` bytes that arrives within `limit`.
///
/// # Errors
/// `PAYLOAD_TOO_LARGE` (413), `REQUEST_TIMEOUT` (408), or `BAD_REQUEST` (400) when the client breaks off.
pub async fn read_body(body: Body, most_bytes: usize, limit: Duration) -> Result<Bytes, Refusal> {
    let too_large = || {
        Refusal::new(
            RefusalCode::PayloadTooLarge,
            format!("The body is longer than {most_bytes} bytes."),
        )
    };
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > most_bytes) {
        return Err(too_large());
    }
    match timeout(limit, Limited::new(body, most_bytes).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a request body broke off");
            Err(Refusal::new(RefusalCode::BadRequest, "The body broke off."))
        }
        Err(elapsed) => {
            tracing::debug!(%elapsed, "a request body was too slow");
            Err(Refusal::new(
                RefusalCode::RequestTimeout,
                "The body took too long to arrive.",
            ))
        }
    }
}
