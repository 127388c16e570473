//! The stored records and the pure decisions on them.

pub mod answer;
pub mod file;
pub mod line;
pub mod payment;
pub mod plan;
pub mod run;
pub mod statement;
