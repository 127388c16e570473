//! The process around Palvelutori: command line, configuration, telemetry and wiring.

pub mod cli;
pub mod config;
pub mod health;
pub mod telemetry;
