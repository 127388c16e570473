//! The GraphQL API of Palvelutori: the only crate that knows GraphQL and HTTP.
//!
//! A resolver parses ids, calls one use case and wraps what it answers; no rule lives here. [`http`] is the shell around
//! the schema: what a request must pass before a resolver sees it.
//!
//! Who may not: a root field whose `@auth` asks for more than `ANYONE` answers `UNAUTHENTICATED` to whoever has not signed
//! in; to others the list of a city or company in which they lack the role is `FORBIDDEN`, be there such a tenant or not,
//! and any other record that they may not see is not there (null as an object, `NOT_FOUND` as a list or to a change),
//! while what they may see and not do is `FORBIDDEN`.
//!
//! How to add a mutation: an input type and a method in the file of its context, with `#[graphql(directive =
//! auth::apply(…))]` naming the same policy constant as the use case; a `payload!`; a document in
//! `graphql/operations/<actor>/`; `UPDATE_SCHEMA=1 cargo test -p palvelutori-tests schema`.

// The future of a mutation is as deep as the list of all mutations is long.
#![recursion_limit = "256"]
#![expect(
    unreachable_pub,
    reason = "GraphQL types are handed to derive macros, which make public functions of them"
)]

mod app;
pub mod attachments;
mod auth;
pub mod bank_upload;
mod bookings;
mod books;
mod cities;
mod concern;
mod connection;
mod context;
pub mod decision_print;
mod error;
pub mod grant_upload;
pub mod http;
mod loaders;
mod node;
mod offers;
pub mod open_data;
mod order;
mod people;
mod programmes;
mod providers;
mod scalars;
mod schema;
mod settlement;
mod texts;
mod values;
mod vouchers;

pub use app::App;
pub use schema::{Schema, schema, sdl};
