//! The shell as a client sees it: a small schema behind the router.
#![expect(
    clippy::unused_async,
    reason = "a resolver must be asynchronous, whether it waits or not"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::{Context, EmptySubscription, Error, ErrorExtensions, Object, Schema};
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use axum::routing::get;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt;

use super::*;

mod overload;
mod requests;
mod socket;

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// Lets a test hold a resolver and see that it was reached.
#[derive(Default)]
struct Gate {
    reached: Notify,
    open: Notify,
    bumps: AtomicUsize,
}

struct Query;

#[Object]
impl Query {
    async fn hello(&self, name: String) -> String {
        format!("Hei {name}")
    }

    async fn client(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        let info = ctx.data::<RequestInfo>()?;
        Ok(format!("{} {}", info.client_ip, info.bearer.as_deref().unwrap_or("-")))
    }

    async fn wait(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let gate = ctx.data::<Arc<Gate>>()?;
        gate.reached.notify_one();
        gate.open.notified().await;
        Ok(true)
    }

    async fn panics(&self, ctx: &Context<'_>) -> usize {
        ctx.data::<Arc<Gate>>().map_or(0, |gate| {
            std::iter::repeat_n(1, gate.bumps.load(Ordering::SeqCst))
                .next()
                .expect("secret")
        })
    }

    async fn leaks(&self) -> async_graphql::Result<bool> {
        Err(std::io::Error::other("SELECT secret FROM person").into())
    }

    async fn limited(&self) -> async_graphql::Result<bool> {
        Err(Error::new("Later.").extend_with(|_, e| {
            e.set("code", "RATE_LIMITED");
            e.set("retryAfterSeconds", 7);
        }))
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, ctx: &Context<'_>) -> async_graphql::Result<usize> {
        Ok(ctx.data::<Arc<Gate>>()?.bumps.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

struct App {
    router: Router,
    gate: Arc<Gate>,
}

impl App {
    fn new(settings: HttpSettings) -> Self {
        let gate = Arc::new(Gate::default());
        let schema = Schema::build(Query, Mutation, EmptySubscription)
            .data(Arc::clone(&gate))
            .finish();
        let operations = Operations::new(&[("resident/hello", "query hello { hello(name: \"Aino\") }")]);
        let others = Router::new()
            .route("/panic", get(async || -> StatusCode { panic!("secret of a handler") }))
            .route("/feed/{secret}", get(async |Path(secret): Path<String>| secret));
        let execute: Execute = Arc::new(move |request, _document| {
            let schema = schema.clone();
            async move { schema.execute(request).await }.boxed()
        });
        Self {
            router: router(settings, operations, execute, async || false, others),
            gate,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn post(&self, accept: &str, body: impl Into<Body>) -> Answer {
        self.send(post(accept, body)).await
    }

    async fn query(&self, accept: &str, query: &str) -> Answer {
        self.post(accept, json!({ "query": query }).to_string()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(
            Request::get(path)
                .header("accept", GRAPHQL)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }
}

fn open_settings() -> HttpSettings {
    HttpSettings {
        introspection: true,
        graphiql: true,
        ..HttpSettings::default()
    }
}

fn post(accept: &str, body: impl Into<Body>) -> Request<Body> {
    let builder = Request::post("/graphql")
        .header("accept", accept)
        .header("content-type", JSON);
    builder.body(body.into()).unwrap()
}

struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let answer = Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text,
        };
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("x-request-id").is_empty());
        answer
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    fn has_data(&self) -> bool {
        self.json().get("data").is_some()
    }
}
