//! The table in `config/README.md` is made from the comments in `config/default.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;

const BEGIN: &str = "<!-- made from default.toml: begin -->\n";
const END: &str = "<!-- made from default.toml: end -->";

/// One setting as `default.toml` describes it.
struct Setting {
    key: String,
    default: String,
    meaning: String,
}

/// The settings in their order, and the defaults that differ in production.
fn described() -> (Vec<Setting>, BTreeMap<String, String>) {
    let (mut settings, mut in_production) = (Vec::new(), BTreeMap::new());
    let (mut section, mut comment) = (String::new(), Vec::new());
    for line in DEFAULTS.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push(text);
        } else if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((name, default)) = line.split_once(" = ") {
            let key = format!("{section}{name}");
            match key.strip_prefix("production.") {
                Some(key) => drop(in_production.insert(key.to_owned(), default.to_owned())),
                None => settings.push(Setting {
                    key,
                    default: default.to_owned(),
                    meaning: comment.join(" "),
                }),
            }
            comment.clear();
        } else {
            comment.clear();
        }
    }
    (settings, in_production)
}

fn table() -> String {
    let (settings, in_production) = described();
    let mut table = "| setting | environment variable | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for Setting { key, default, meaning } in settings {
        let differs = in_production
            .get(&key)
            .map(|value| format!("; `{value}` in production"))
            .unwrap_or_default();
        writeln!(
            table,
            "| `{key}` | `{}` | `{default}`{differs} | {meaning} |",
            variable(&key)
        )
        .unwrap();
    }
    table
}

#[test]
fn readme_lists_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let current = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("UPDATE_CONFIG_README").is_some() {
        fs::write(&path, &current).unwrap();
    } else {
        assert_eq!(readme, current, "run UPDATE_CONFIG_README=1 cargo test -p server");
    }
}

#[test]
fn every_setting_is_described() {
    let (described, in_production) = described();
    let mut keys: Vec<_> = described.iter().map(|setting| setting.key.clone()).collect();
    keys.sort();
    let known: Vec<_> = settings().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, known);
    assert!(in_production.keys().all(|key| known.contains(key)), "{in_production:?}");
    for Setting { key, meaning, .. } in described {
        assert!(meaning.ends_with('.') && !meaning.contains('|'), "{key}: {meaning}");
    }
}
