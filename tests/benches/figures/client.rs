use std::net::SocketAddr;

use api::http::HttpSettings;
use kernel::MockClock;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
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
    stream: BufReader<TcpStream>,
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
        Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            clock,
            next,
            good,
        }
    }

    async fn exchange(&mut self, request: &Request) -> std::io::Result<String> {
        let body = request.body.to_string();
        let bearer = request
            .token
            .as_ref()
            .map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let text = format!(
            "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Accept: application/graphql-response+json\r\n{bearer}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(text.as_bytes()).await?;
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line).await?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).await?;
        String::from_utf8(answer).map_err(std::io::Error::other)
    }
}

impl<F: FnMut() -> Request + Send + 'static> Worker for Client<F> {
    async fn work(&mut self) {
        // Ids grow with the clock, as in reality.
        self.clock.advance(chrono::Duration::microseconds(100));
        let request = (self.next)();
        let answer = self.exchange(&request).await.expect("the server answers");
        assert!(answer.contains(self.good), "{answer}");
    }
}
