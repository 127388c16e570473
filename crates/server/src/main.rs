//! The program `palvelutori`.

// The optimised build nests the futures of the merged schema deeper than the default allows.
#![recursion_limit = "256"]

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, Command};
use server::config::Config;
use server::{Failure, commands, telemetry};

/// glibc keeps the 19 MiB blocks of each password hash in its arenas; this one gives them back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code for a setting that cannot be used, the same as for a wrong command line.
const BAD_CONFIGURATION: u8 = 2;

/// The stack of each thread in bytes. The resolvers of the merged schema nest deeply, and an unoptimised build needs more
/// than the two MiB that threads get; what is not used takes no memory.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(begin()),
        Err(error) => fail(&error, ExitCode::FAILURE),
    }
}

async fn begin() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::load(cli.config.as_deref()) {
        Ok(config) => config,
        Err(error) => return fail(&error, ExitCode::from(BAD_CONFIGURATION)),
    };
    let command = cli.command.unwrap_or(Command::Serve { no_worker: false });
    match run(command, &config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error, ExitCode::FAILURE),
    }
}

async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    telemetry::start(&config.log)?;
    commands::run(command, config).await
}

#[expect(
    clippy::print_stderr,
    reason = "says why the program ends, also when logs could not be started"
)]
fn fail(error: &dyn Error, code: ExitCode) -> ExitCode {
    for line in error.to_string().lines() {
        eprintln!("palvelutori: {line}");
    }
    code
}
