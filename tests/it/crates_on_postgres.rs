//! The database tests of single crates run on SQLite by themselves; here they run on PostgreSQL as well.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::postgres::postgres_url;
use support::setting;

/// The setting by which those tests are sent to a PostgreSQL.
const URL: &str = "TEST_DATABASE_URL";

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// True when a file, or a file below a folder, knows the setting.
fn knows_the_setting(path: &Path) -> bool {
    if path.is_dir() {
        return entries(path).iter().any(|path| knows_the_setting(path));
    }
    fs::read_to_string(path).is_ok_and(|text| text.contains(URL))
}

/// The names of the test programs of all crates that know the setting.
fn targets() -> BTreeSet<String> {
    let crates = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates"));
    let tests = crates.iter().flat_map(|folder| entries(&folder.join("tests")));
    tests
        .filter(|path| knows_the_setting(path))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

#[test]
fn they_pass_there_too() {
    // With the setting they have run there already; without a PostgreSQL a line has said what did not run.
    let Some(url) = postgres_url().filter(|_| setting(URL).is_none()) else {
        return;
    };
    let targets = targets();
    assert!(
        targets.contains("queue"),
        "the tests of the queue are among them: {targets:?}"
    );
    // The whole workspace, so that the programs built already fit.
    let output = Command::new(setting("CARGO").unwrap_or_else(|| "cargo".to_owned()))
        .args(["test", "--workspace", "--offline", "--quiet", "--no-fail-fast"])
        .args(targets.iter().flat_map(|target| ["--test", target.as_str()]))
        .env(URL, url)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
