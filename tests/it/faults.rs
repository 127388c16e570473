//! Faults: the real program is killed, stopped, overloaded and loses its database or its disk while people book. Afterwards
//! the money must be right and the service must work again by itself.
//!
//! These tests share two cores with everything else, so they judge the order of magnitude of times only.

mod clock;
mod commit;
mod crash;
mod disk;
mod instances;
mod load;
mod log;
mod migrations;
mod outage;
mod start;
mod storm;
mod town;
mod twins;

use support::Kind;
use support::postgres::postgres_url;

/// The program that is put under stress.
const PROGRAM: &str = env!("CARGO_BIN_EXE_palvelutori-under-test");

/// The databases of this machine.
fn kinds() -> impl Iterator<Item = Kind> {
    let postgres = postgres_url().map(|_| Kind::Postgres);
    std::iter::once(Kind::Sqlite).chain(postgres)
}
