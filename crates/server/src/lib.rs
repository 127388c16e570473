//! The process around Palvelutori: command line, configuration, telemetry and wiring.

// The optimised build nests the futures of the merged schema deeper than the default allows.
#![recursion_limit = "256"]

pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod health;
pub mod seals;
pub mod telemetry;
pub mod wiring;

/// Why a subcommand could not do its work; its text is for the operator.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
