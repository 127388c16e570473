//! What the program can do, one file each.

pub mod admin;
pub mod check;
pub mod queue;
pub mod seed;
pub mod serve;

use std::io::{self, Write};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::Failure;
use crate::cli::{Command, JobsCommand};
use crate::config::{Config, Mode};
use crate::health;
use crate::wiring::site::{Site, connect, connect_to_existing, migrate};

/// Does what the command line says. Boxed, so that all of it is compiled in this crate and not again in each program.
///
/// # Errors
/// One sentence for the operator.
pub fn run(command: Command, config: &Config) -> BoxFuture<'_, Result<(), Failure>> {
    carry_out(command, config).boxed()
}

async fn carry_out(command: Command, config: &Config) -> Result<(), Failure> {
    match command {
        Command::Serve { no_worker } => Box::pin(serve::serve(config, no_worker)).await,
        Command::Worker => serve::work(config).await,
        Command::Migrate => migrate(&connect(config).await?).await,
        Command::Seed { cities } => Box::pin(seed::seed(config, cities.as_deref())).await,
        Command::Admin { city, email } => admin::admin(config, &city, &email).await,
        Command::Schema => print(&api::sdl()),
        Command::Check { seals } => check::check(&connect_to_existing(config).await?, seals).await,
        Command::Jobs {
            command: JobsCommand::List,
        } => queue::list(&connect_to_existing(config).await?).await,
        Command::Jobs {
            command: JobsCommand::Retry { id },
        } => queue::retry(&connect_to_existing(config).await?, &id).await,
        Command::Health => match health::is_ready(config.http.bind).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the server is not ready".into()),
            Err(error) => Err(format!("no server answers on {}: {error}", config.http.bind).into()),
        },
    }
}

/// Writes what a subcommand has to say to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
