//! Settings of the HTTP shell.

use std::time::Duration;

use axum::http::HeaderValue;
use ipnet::IpNet;

/// What an operator may change about HTTP; the limits of documents are constants of [`super::guard`].
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Whether clients may read the schema, and are told near names when they mistype one.
    pub introspection: bool,
    /// Whether `/graphiql` is served; it needs `introspection` to be of use.
    pub graphiql: bool,
    /// Whether only the operations stored in the binary are executed.
    pub require_persisted: bool,
    /// Origins whose pages may call the API from a browser.
    pub cors_origins: Vec<HeaderValue>,
    /// Networks of the load balancers whose `X-Forwarded-For` and `X-Request-Id` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Longest body of a GraphQL request, in bytes; [`crate::bank_upload`] has its own limit.
    pub max_body_bytes: usize,
    /// GraphQL requests executed at the same time.
    pub max_executing: usize,
    /// GraphQL requests that wait for their turn; one more is answered with 503.
    pub max_waiting: usize,
    /// How long a request waits for its turn before it is answered with 503.
    pub longest_wait: Duration,
    /// How long a request may be executed before it is answered with 503.
    pub execution_limit: Duration,
    /// How long a whole request body may take to arrive.
    pub body_limit: Duration,
    /// How long the head of a request may take to arrive, and how long an idle connection is kept.
    pub header_limit: Duration,
    /// How long a client may leave an answer unread.
    pub write_limit: Duration,
    /// Open connections of all clients together.
    pub max_connections: usize,
    /// Open connections of one address, or of one /64 of IPv6. Trusted proxies are exempt: everybody comes from theirs.
    /// Several hundred users may share an address.
    pub max_connections_per_address: usize,
    /// How long requests in hand may take to finish after the server was told to stop.
    pub drain_limit: Duration,
}

impl Default for HttpSettings {
    /// Settings for production behind no proxy.
    fn default() -> Self {
        Self {
            introspection: false,
            graphiql: false,
            require_persisted: false,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            max_body_bytes: 256 * 1024,
            max_executing: 256,
            max_waiting: 256,
            longest_wait: Duration::from_secs(1),
            execution_limit: Duration::from_secs(20),
            body_limit: Duration::from_secs(15),
            header_limit: Duration::from_secs(10),
            write_limit: Duration::from_secs(30),
            max_connections: 4096,
            max_connections_per_address: 1024,
            drain_limit: Duration::from_secs(10),
        }
    }
}
