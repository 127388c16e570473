//! The process around Palvelutori: command line, configuration, telemetry and wiring.

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
