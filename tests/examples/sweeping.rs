//! Scratch.
#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]
#[path = "../it/authorization.rs"]
mod authorization;
#[path = "../it/bad_input.rs"]
mod bad_input;
#[path = "../it/generated.rs"]
mod generated;
#[path = "../it/inputs.rs"]
mod inputs;
#[path = "../it/raw.rs"]
mod raw;
#[path = "../it/schema.rs"]
mod schema;
#[path = "../it/statements.rs"]
mod statements;
#[path = "../it/sweep.rs"]
mod sweep;
#[path = "../it/town.rs"]
mod town;
#[path = "../it/types.rs"]
mod types;
fn main() {}
