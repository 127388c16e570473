//! What the tests of several crates share: the whole application, databases, and data outside the repository.

// The optimised build nests the futures of the merged schema deeper than the default allows.
#![recursion_limit = "256"]

mod actor;
mod answer;
mod app;
mod database;
pub mod market;
mod population;
pub mod postgres;
pub mod process;
pub mod proxy;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use actor::{Actor, PASSWORD, Person, business_id};
pub use answer::Answer;
pub use app::{CODE_KEYS, START, TestApp, both};
pub use database::Kind;
pub use population::Population;

/// The folder with real data sets, `PALVELUTORI_SHARED` or `shared` beside the repository.
///
/// Where it is missing, one line says that the tests on it did not run.
pub fn shared_data() -> Option<PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
            let folder = setting("PALVELUTORI_SHARED").map_or_else(beside, PathBuf::from);
            if folder.is_dir() {
                return Some(folder);
            }
            say(&format!(
                "not run: tests on shared data, there is no folder {}",
                folder.display()
            ));
            None
        })
        .clone()
}

/// An environment variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the few settings of the tests themselves, read in this one place"
)]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Prints a line that also shows when the test passes; the print macros are captured.
pub fn say(line: &str) {
    let written = writeln!(std::io::stderr(), "{line}");
    written.expect("standard error is open");
}
