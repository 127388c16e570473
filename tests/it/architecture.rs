//! The arrows between the crates point down only, and libraries stay in the crates that hide them.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// The crates from the top to the bottom; a crate may use those of later lines only.
const LAYERS: &[&[&str]] = &[
    &["server"],
    &["api"],
    &["settlement"],
    &["bookings"],
    &["offers", "vouchers"],
    &["providers"],
    &["programmes"],
    &["cities"],
    &["identity"],
    &["mail", "documents", "files"],
    &["audit", "jobs", "ledger"],
    &["migrations"],
    &["db"],
    &["kernel"],
];

/// Libraries that few may use directly, beside the tests. A trailing `*` means every name that begins so.
const HIDDEN: &[(&str, &[&str])] = &[
    ("async-graphql*", &["api"]),
    ("axum*", &["api", "server"]),
    ("hyper*", &["api"]),
    ("lettre", &["mail"]),
    ("object_store", &["files"]),
    ("jsonwebtoken", &["identity"]),
    ("argon2", &["identity"]),
    ("sqlx*", &["db"]),
    ("libsqlite3-sys", &["db"]),
    ("tokio-postgres", &["db"]),
];

/// The member that may use everything.
const TESTS: &str = "palvelutori-tests";

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo describes the workspace")
}

/// What a package uses outside its own tests.
fn dependencies(package: &Package) -> impl Iterator<Item = &str> {
    let uses = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development);
    uses.map(|dependency| dependency.name.as_str())
}

#[test]
fn arrows_point_down() {
    let metadata = metadata();
    let layer_of: BTreeMap<&str, usize> = LAYERS
        .iter()
        .enumerate()
        .flat_map(|(layer, names)| names.iter().map(move |name| (*name, layer)))
        .collect();
    let mut wrong = Vec::new();
    for package in metadata
        .packages
        .iter()
        .filter(|package| package.name.as_str() != TESTS)
    {
        let Some(layer) = layer_of.get(package.name.as_str()) else {
            wrong.push(format!("{} has no layer", package.name));
            continue;
        };
        for used in dependencies(package) {
            if layer_of.get(used).is_some_and(|below| below <= layer) || used == TESTS {
                wrong.push(format!("{} -> {used}", package.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn libraries_stay_hidden() {
    let metadata = metadata();
    let is = |pattern: &str, name: &str| match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    };
    let mut wrong = Vec::new();
    for package in metadata
        .packages
        .iter()
        .filter(|package| package.name.as_str() != TESTS)
    {
        for used in dependencies(package) {
            for (library, allowed) in HIDDEN {
                if is(library, used) && !allowed.contains(&package.name.as_str()) {
                    wrong.push(format!("{} uses {used}", package.name));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn only_db_names_a_database_driver() {
    let drivers = |package: &Package| {
        let features = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development);
        features
            .flat_map(|dependency| &dependency.features)
            .any(|feature| feature.starts_with("sqlx-"))
    };
    let with: Vec<_> = metadata()
        .packages
        .iter()
        .filter(|package| drivers(package))
        .map(|p| p.name.to_string())
        .collect();
    // The migration library cannot be built without them.
    assert_eq!(with, ["db", "migrations"]);
}
