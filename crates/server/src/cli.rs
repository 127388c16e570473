//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Marketplace backend for cities: service vouchers, offers, bookings and settlement.
#[derive(Debug, Parser)]
#[command(name = "palvelutori", version)]
pub struct Cli {
    /// File with settings, see config/README.md; single settings are `PALVELUTORI_SECTION__KEY`.
    #[arg(long, global = true, value_name = "FILE", env = "PALVELUTORI_CONFIG")]
    pub config: Option<PathBuf>,
    /// What to do; nothing means serve.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Answer the API and work on jobs (the default).
    Serve {
        /// Only answer the API; jobs are left to processes started with `worker`.
        #[arg(long)]
        no_worker: bool,
    },
    /// Work on jobs without answering the API.
    Worker,
    /// Bring the database to the newest schema.
    Migrate,
    /// Take in cities; the demo also gets people, companies, offers and vouchers.
    Seed {
        /// The cities, in the form of config/cities.toml, which is the default of the demo.
        #[arg(long, value_name = "FILE")]
        cities: Option<PathBuf>,
    },
    /// Make somebody one of the first two administrators of a city, who give all other roles in the API; refuses a third.
    Admin {
        /// The city, by its municipality code or its name.
        #[arg(long)]
        city: String,
        /// The address with which the person has registered and which she has verified.
        #[arg(long)]
        email: String,
    },
    /// Print the GraphQL schema.
    Schema,
    /// Recount balances, counters and totals; prints every difference and fails when there is one.
    Check {
        /// Also recompute the seals over ledger and audit.
        #[arg(long)]
        seals: bool,
    },
    /// Look after jobs that could not be done.
    Jobs {
        /// What to do with them.
        #[command(subcommand)]
        command: JobsCommand,
    },
    /// Ask the server on this machine whether it is ready; fails when it is not.
    Health,
}

/// What can be done with jobs.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum JobsCommand {
    /// Print parked jobs with their last error.
    List,
    /// Let a parked job run again.
    Retry {
        /// The job, as `list` prints it.
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Subcommands without a text in `--help`.
    fn undocumented(command: &clap::Command) -> Vec<String> {
        let own = command.get_about().is_none().then(|| command.get_name().to_owned());
        own.into_iter()
            .chain(command.get_subcommands().flat_map(undocumented))
            .collect()
    }

    #[test]
    fn every_subcommand_is_documented() {
        Cli::command().debug_assert();
        assert_eq!(undocumented(&Cli::command()), Vec::<String>::new());
    }

    #[test]
    fn settings_file_is_accepted_before_and_after_the_subcommand() {
        for arguments in [
            ["palvelutori", "--config", "a.toml", "worker"],
            ["palvelutori", "worker", "--config", "a.toml"],
        ] {
            let cli = Cli::parse_from(arguments);
            assert_eq!(cli.config, Some(PathBuf::from("a.toml")));
            assert_eq!(cli.command, Some(Command::Worker));
        }
    }
}
