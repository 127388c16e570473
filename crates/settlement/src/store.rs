//! The queries. Every finder takes a scope beside the id.

pub(crate) mod answer;
pub(crate) mod file;
pub(crate) mod payment;
pub(crate) mod run;
pub(crate) mod statement;

/// How many rows one statement writes or reads at the most.
pub(crate) const CHUNK: usize = 500;
