use std::net::SocketAddr;

use api::http::HttpSettings;
use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper::header;
use hyper_util::rt::TokioIo;
use kernel::MockClock;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::load::Worker;

/// A document with its variables.
pub(crate) struct Request {
    /// Who sends it.
    pub(crate) token: Option<String>,
    /// The body.
    pub(crate) body: Value,
}

/// Sends requests over a connection that stays open.
pub(crate) struct Client<F> {
    server: http1::SendRequest<String>,
    clock: MockClock,
    next: F,
    /// What every good answer contains.
    good: &'static str,
}

/// Serves the application as the program does until this process ends; answers where.
pub(crate) async fn serve(app: api::App) -> SocketAddr {
    let settings = HttpSettings::default();
    let router = server::wiring::router(app, settings.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { api::http::serve(listener, router, &settings, std::future::pending()).await });
    address
}

impl<F: FnMut() -> Request + Send + 'static> Client<F> {
    /// Connects; `next` makes each request and `good` stands in every good answer.
    pub(crate) async fn connect(address: SocketAddr, clock: MockClock, good: &'static str, next: F) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("the socket is open");
        let (server, connection) = http1::handshake(TokioIo::new(stream)).await.expect("it is open");
        tokio::spawn(connection);
        Self {
            server,
            clock,
            next,
            good,
        }
    }

    async fn exchange(&mut self) -> hyper::Result<Bytes> {
        let Request { token, body } = (self.next)();
        let mut request = hyper::Request::post("/graphql")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body.to_string()).expect("a request");
        self.server.ready().await?;
        let answer = self.server.send_request(request).await?;
        Ok(answer.into_body().collect().await?.to_bytes())
    }
}

impl<F: FnMut() -> Request + Send + 'static> Worker for Client<F> {
    async fn work(&mut self) {
        // Ids grow with the clock, as in reality.
        self.clock.advance(chrono::Duration::microseconds(100));
        let answer = self.exchange().await.expect("the server answers");
        let answer = std::str::from_utf8(&answer).expect("JSON");
        assert!(answer.contains(self.good), "{answer}");
    }
}
