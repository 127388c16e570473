//! Logs: structured lines on standard error, so that standard output stays free for what a subcommand prints.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};

use crate::config::{Log, LogFormat, LogLevel};

/// Begins to log as configured; once per process.
///
/// # Errors
/// When something else in this process already receives the logs.
pub fn start(log: &Log) -> Result<(), TryInitError> {
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter(log.level)))
        .try_init()
}

/// The database libraries log statements with their values, which are personal data: only their warnings pass.
fn filter(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let quiet = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(level)
        .with_targets(["sea_orm", "sea_orm_migration", "sqlx"].map(|library| (library, quiet)))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn statements_are_not_logged_even_at_trace() {
        let filter = filter(LogLevel::Trace);
        assert!(filter.would_enable("bookings", &Level::TRACE));
        assert!(!filter.would_enable("sqlx::query", &Level::INFO));
        assert!(!filter.would_enable("sea_orm::driver", &Level::DEBUG));
        assert!(filter.would_enable("sqlx::pool", &Level::WARN));
    }

    #[test]
    fn errors_only_also_holds_for_the_database() {
        let filter = filter(LogLevel::Error);
        assert!(!filter.would_enable("sqlx::pool", &Level::WARN));
        assert!(!filter.would_enable("bookings", &Level::INFO));
        assert!(filter.would_enable("bookings", &Level::ERROR));
    }
}
