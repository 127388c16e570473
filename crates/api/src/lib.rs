//! The GraphQL API of Palvelutori: the only crate that knows GraphQL and HTTP.
//!
//! A resolver parses ids, calls one use case and wraps what it answers; no rule lives here. [`http`] is the shell around
//! the schema: what a request must pass before a resolver sees it.
//!
//! How to add a mutation: an input type and a method in the file of its context, with `#[graphql(directive =
//! auth::apply(…))]` naming the same policy constant as the use case; a `payload!`; a document in
//! `graphql/operations/<actor>/`; `UPDATE_SCHEMA=1 cargo test -p palvelutori-tests schema`.

#![expect(
    unreachable_pub,
    reason = "GraphQL types are handed to derive macros, which make public functions of them"
)]

mod app;
mod auth;
pub mod bank_upload;
mod bookings;
mod books;
mod cities;
mod connection;
mod context;
mod error;
pub mod http;
mod loaders;
mod node;
mod offers;
mod people;
mod programmes;
mod providers;
mod scalars;
mod schema;
mod settlement;
mod texts;
mod vouchers;

pub use app::{App, Palvelutori};
pub use schema::{Schema, schema, sdl};
