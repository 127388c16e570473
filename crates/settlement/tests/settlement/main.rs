//! The use cases against a real database: a temporary SQLite file, or a fresh database of the PostgreSQL server that
//! `TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

mod answers;
mod check;
mod runs;
mod stage;
