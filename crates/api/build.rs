//! Embeds the operation documents of `graphql/operations` into the crate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Writes `operations.rs`: a list of (path without ending, text), sorted by path.
fn main() -> io::Result<()> {
    // Asked of cargo now: a compiled-in path would be that of another folder when the build is moved.
    let crate_folder = env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("cargo did not start this"))?;
    let folder = Path::new(&crate_folder).join("../../graphql/operations");
    rerun_when_changed(&folder);
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let relative = file.strip_prefix(&folder).map_err(io::Error::other)?.with_extension("");
        let name = relative.to_string_lossy().replace('\\', "/");
        let file = file.to_string_lossy();
        writeln!(list, "    ({name:?}, include_str!({file:?})),").map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let target = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&target).join("operations.rs"), list)
}

fn rerun_when_changed(folder: &Path) {
    println!("cargo::rerun-if-changed={}", folder.display());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "graphql") {
            files.push(path);
        }
    }
    Ok(())
}
