//! Work that is done later: a queue in the database, the workers that empty it, a schedule, and the events by which a
//! lower context tells higher ones what happened.
//!
//! A job is written in the transaction of what causes it, so neither exists without the other. It runs *at least
//! once*: a worker that dies, stalls beyond its lease or cannot record its success makes the job run again, as does a
//! wall clock that jumps ahead by more than a lease. Every handler is therefore safe to run twice. Pauses between looks
//! at the queue are monotonic; what a clock that was a day ahead put off too far is found and made due.
//!
//! ```text
//!            claimed                done
//! WAITING ───────────────► RUNNING ──────► (deleted)
//!    ▲                      │ │ ▲
//!    │ failed, tried later  │ │ │ its lease ran out
//!    ├──────────────────────┘ │ └─ claimed by another worker
//!    │ `retry`                │ failed for good or too often
//!    └──────────── DEAD ◄─────┘
//! ```
//!
//! How to add a job: write `jobs::enqueue(tx, Job::new("city.deed", &payload))` in the use case, a handler in the
//! context's `jobs.rs`, and one line in the server's wiring: `registry.on("city.deed", handler)?`.
//!
//! How to add an event: a struct with [`Event`] in the context's `events.rs`, `jobs::publish(tx, &event)` in the use
//! case, and `registry.on_event::<It, _, _>("listener", handler)?` for each context that listens. Publish only what
//! somebody listens to: a job without a handler fails visibly.

mod model;
mod queue;
mod registry;
mod schedule;
mod worker;

pub use model::{Column, Entity, Model, State};
pub use queue::{Event, Job, dead, enqueue, list, publish, retry};
pub use registry::{JobError, Registry, RegistryError};
pub use schedule::Plan;
pub use worker::{Worker, WorkerSettings};
