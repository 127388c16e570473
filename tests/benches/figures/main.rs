//! Measures Palvelutori on this machine and prints a table: `cargo bench -p palvelutori-tests`, or with words such as
//! `-- bookings reads` only those parts.
//!
//! Figures depend on the machine, so most are not judged; a ratio compares two things of the same run, taken in turns.
//! `overload` and `rush` promise something, and it ends with an error when they do not keep it (`scripts/overload.sh`).
//! Clients and server share one process and its cores, requests go over real sockets that are kept open, and log
//! lines are written to nowhere; what is said of the program as it is shipped is measured on its own process, over a new
//! connection for each request. PostgreSQL is that of the tests, which does not wait for the disk, so that neither side
//! of a ratio hides behind it.

// The futures of the GraphQL library nest deeper than the default when they are optimised.
#![recursion_limit = "256"]

mod bookings;
mod by_hand;
mod catalogue;
mod client;
mod load;
mod market;
mod mass_grant;
mod overload;
mod program;
mod reads;
mod report;
mod rush;
mod sign_ins;

use std::process::ExitCode;

use support::Kind;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::market::Market;

/// The program's own, because the figures are to be its.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` starts benchmarks, too, but without this argument and without optimisation.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    log_to_nowhere();
    let parts: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|name| *name == part);
    report::head();
    if wanted("program") {
        program::measure();
    }
    if wanted("sign_ins") {
        Box::pin(sign_ins::measure()).await;
    }
    let mut kept = true;
    if wanted("rush") {
        kept &= rush::measure().await;
    }
    if wanted("overload") {
        kept &= overload::measure().await;
    }
    let kinds = [
        Some(Kind::Sqlite),
        support::postgres::postgres_url().map(|_| Kind::Postgres),
    ];
    for kind in kinds.into_iter().flatten() {
        if wanted("mass_grant") {
            Box::pin(mass_grant::measure(kind)).await;
        }
        if wanted("reads") || wanted("bookings") {
            let market = Market::open(kind).await;
            if wanted("reads") {
                reads::measure(&market).await;
            }
            if wanted("bookings") {
                bookings::measure(&market).await;
            }
        }
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes the lines that a server writes by default, which takes time, and drops them.
fn log_to_nowhere() {
    let lines = fmt::layer().json().with_writer(std::io::sink);
    let levels = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(["sea_orm", "sea_orm_migration", "sqlx"].map(|library| (library, LevelFilter::WARN)));
    tracing_subscriber::registry().with(lines.with_filter(levels)).init();
}
