//! The HTTP shell around the GraphQL schema: what a request must pass before a resolver sees it.
//!
//! A request walks through `serve` (sockets: time limits, connection caps, shutdown), `observe` (request id, log line,
//! security headers, panics), `graphql` (method, media types, body), `guard` (the document) and `admission` (how many run
//! at once), and only then reaches the schema. The answer leaves through `answer`, which gives every error a code.
//!
//! The shell knows no domain: a resolver finds a [`RequestInfo`] in the data of its request and nothing else from here.

mod admission;
mod answer;
mod brackets;
mod cost;
mod graphiql;
mod graphql;
pub mod guard;
mod info;
mod media;
mod observe;
mod operations;
mod params;
mod refusal;
mod router;
mod serve;
mod settings;
mod stall;
#[cfg(test)]
mod tests;

pub use graphql::{Execute, read_body};
pub use info::RequestInfo;
pub use operations::Operations;
pub use refusal::{Refusal, RefusalCode, json_error};
pub use router::router;
pub(crate) use serve::network;
pub use serve::{Drained, serve};
pub use settings::HttpSettings;
