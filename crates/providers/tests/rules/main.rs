//! The rules on companies, applications and approvals against a real database: a temporary SQLite file, or a fresh
//! database of the PostgreSQL server that `TEST_DATABASE_URL` names.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

mod applications;
mod duties;
mod members;
mod town;
