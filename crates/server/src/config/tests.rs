//! Every setting, every layer, every refusal.

mod compose;
mod production;
mod readme;

use std::fs;
use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Value};
use tempfile::TempDir;

use super::layers::DEFAULTS;
use super::*;

/// Settings with nothing but environment variables on top of the defaults.
fn load(environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_file(None, environment)
}

fn load_file(file: Option<&Path>, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_layers(
        file,
        environment
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned())),
    )
}

/// The single line an operator sees.
fn refusal(environment: &[(&str, &str)]) -> String {
    load(environment).unwrap_err().to_string()
}

/// The environment variable of a setting.
fn variable(key: &str) -> String {
    format!("PALVELUTORI_{}", key.replace('.', "__").to_uppercase())
}

/// Every setting with its default.
fn settings() -> Vec<(String, Value)> {
    let mut defaults: Dict = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
    defaults.remove("production");
    let mut settings = Vec::new();
    for (name, value) in defaults {
        match value.as_dict() {
            Some(section) => settings.extend(
                section
                    .iter()
                    .map(|(key, value)| (format!("{name}.{key}"), value.clone())),
            ),
            None => settings.push((name, value)),
        }
    }
    settings
}

/// A valid text for a setting that differs from its default.
fn other_value(key: &str, default: &Value, folder: &Path) -> String {
    let secret_file = || {
        let file = folder.join("secret");
        fs::write(&file, "postgres://palvelutori:from-a-file-77@localhost/palvelutori\n").unwrap();
        file.display().to_string()
    };
    let text = match key {
        "mode" => return "demo".to_owned(),
        "database.url" => "postgres://palvelutori@localhost/palvelutori",
        "database.url_file" | "mail.smtp_password_file" | "files.s3_secret_key_file" => return secret_file(),
        "database.synchronous" => "full",
        "http.bind" => "[::1]:8081",
        "http.public_url" => "https://palvelutori.example.fi",
        "http.cors_origins" => "https://a.example.fi, http://localhost:3000",
        "http.trusted_proxies" => "10.0.0.0/8,::1",
        "identity.population_register" => "some/file",
        "providers.company_register" => "some/folder",
        "auth.issuer" => "https://issuer.example.fi",
        "auth.signing_key_file" | "auth.previous_key_files" => "some/key.pem",
        "mail.transport" => "smtp",
        "files.store" => "s3",
        "mail.from" => "Tori <tori@example.fi>",
        "mail.smtp_tls" => "tls",
        // Digits only: must stay a text.
        "mail.smtp_password" | "files.s3_secret_key" => "0123456789",
        "log.format" => "json",
        "log.level" => "trace",
        _ => match default {
            Value::Bool(_, on) => return (!on).to_string(),
            Value::Num(_, number) => return (number.to_i128().unwrap() + 8).to_string(),
            _ => "other",
        },
    };
    text.to_owned()
}

/// What the store `s3` asks for.
const BUCKET: [(&str, &str); 3] = [
    ("PALVELUTORI_FILES__S3_ENDPOINT", "https://s3.example.fi"),
    ("PALVELUTORI_FILES__S3_BUCKET", "attachments"),
    ("PALVELUTORI_FILES__S3_ACCESS_KEY", "reader"),
];

#[test]
fn a_bucket_is_named_whole_and_reached_over_tls() {
    let load_s3 = |bucket: &[(&str, &str)]| load(&[&[("PALVELUTORI_FILES__STORE", "s3")], bucket].concat());
    assert!(load_s3(&BUCKET).is_ok());
    for missing in BUCKET {
        let bucket: Vec<_> = BUCKET.into_iter().filter(|setting| *setting != missing).collect();
        assert!(load_s3(&bucket).is_err(), "{missing:?}");
    }
    let plain = [
        ("PALVELUTORI_FILES__S3_ENDPOINT", "ftp://s3.example.fi"),
        BUCKET[1],
        BUCKET[2],
    ];
    let message = load_s3(&plain).unwrap_err().to_string();
    assert!(
        message.starts_with("files.s3_endpoint: must begin with https"),
        "{message}"
    );
    let long = load(&[("PALVELUTORI_FILES__MAX_MIB", "101")]).unwrap_err().to_string();
    assert!(long.starts_with("files.max_mib: must be at most 100"), "{long}");
}

#[test]
fn defaults_are_complete_and_valid() {
    let config = load(&[]).unwrap();
    assert_eq!(config.mode, Mode::Demo);
    assert_eq!(config.database.url.reveal(), "sqlite://var/palvelutori.db");
    assert_eq!(config.auth.issuer, "http://127.0.0.1:8080");
    assert!(config.http.graphiql);
}

#[test]
fn every_setting_can_be_set_by_its_environment_variable() {
    let folder = TempDir::new().unwrap();
    let unchanged = load(&[]).unwrap();
    for (key, default) in settings() {
        let value = other_value(&key, &default, folder.path());
        let name = variable(&key);
        let mut variables = vec![(name.as_str(), value.as_str())];
        if key == "files.store" {
            variables.extend(BUCKET);
        }
        let config = load(&variables).unwrap_or_else(|error| panic!("{key} = {value}: {error}"));
        if key != "mode" {
            assert_ne!(config, unchanged, "{key} = {value} changes nothing");
        }
    }
}

#[test]
fn every_setting_refuses_what_it_cannot_be() {
    let free_texts = [
        "auth.issuer",
        "files.folder",
        "files.s3_access_key",
        "files.s3_bucket",
        "files.s3_region",
        "files.s3_secret_key",
        "mail.folder",
        "mail.smtp_user",
        "mail.smtp_password",
    ];
    let checked_where_used = [
        "auth.signing_key_file",
        "auth.previous_key_files",
        "auth.code_keys_file",
        "files.s3_endpoint",
        "mail.smtp_host",
        "identity.population_register",
        "providers.company_register",
    ];
    for (key, _) in settings() {
        if free_texts.contains(&&*key) || checked_where_used.contains(&&*key) {
            continue;
        }
        let name = variable(&key);
        let value = if key == "auth.audience" { "" } else { "not / valid" };
        let message = refusal(&[(&name, value)]);
        assert!(message.starts_with(&key), "{key}: {message}");
        assert!(
            message.ends_with(&format!("(from environment variable {name})")),
            "{key}: {message}"
        );
        assert_eq!(message.lines().count(), 1, "{key}: {message}");
    }
}

#[test]
fn unknown_settings_are_refused_by_name_and_place() {
    for name in [
        "PALVELUTORI_HTTP__BNID",
        "PALVELUTORI_HTPP__BIND",
        "PALVELUTORI_PRODUCTION__HTTP__BIND",
    ] {
        let message = refusal(&[(name, "1")]);
        assert!(message.contains("is no setting"), "{message}");
        assert!(
            message.ends_with(&format!("(from environment variable {name})")),
            "{message}"
        );
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("typo.toml");
    fs::write(&file, "[http]\nbnid = \"127.0.0.1:1\"\n").unwrap();
    let message = load_file(Some(&file), &[]).unwrap_err().to_string();
    assert!(message.starts_with("http.bnid: is no setting"), "{message}");
    assert!(message.contains("typo.toml"), "{message}");
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    let unchanged = load(&[]).unwrap();
    let others = [
        ("PALVELUTORI_SHARED", "/data"),
        ("PALVELUTORI_CONFIG", "a.toml"),
        ("PATH", "/bin"),
        ("HTTP__BIND", "x"),
    ];
    assert_eq!(load(&others).unwrap(), unchanged);
}

#[test]
fn environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("city.toml");
    fs::write(&file, "[jobs]\nworkers = 5\npoll_ms = 50\n").unwrap();
    let config = load_file(Some(&file), &[("PALVELUTORI_JOBS__WORKERS", "7")]).unwrap();
    assert_eq!((config.jobs.workers.get(), config.jobs.poll_ms.get()), (7, 50));
}

#[test]
fn broken_and_missing_files_are_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("broken.toml");
    fs::write(&file, "[http\n").unwrap();
    for file in [file, folder.path().join("missing.toml")] {
        let message = load_file(Some(&file), &[]).unwrap_err().to_string();
        assert!(
            message.contains(file.file_name().unwrap().to_str().unwrap()),
            "{message}"
        );
    }
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("url");
    fs::write(&file, "postgres://palvelutori:hunter2hunter2@localhost/palvelutori\r\n").unwrap();
    let config = load(&[("PALVELUTORI_DATABASE__URL_FILE", file.to_str().unwrap())]).unwrap();
    assert_eq!(
        config.database.url.reveal(),
        "postgres://palvelutori:hunter2hunter2@localhost/palvelutori"
    );
    assert!(!format!("{config:?}").contains("hunter2"));

    let settings = folder.path().join("city.toml");
    fs::write(&settings, "[mail]\nsmtp_password = 777888999\n").unwrap();
    let message = load_file(Some(&settings), &[]).unwrap_err().to_string();
    assert!(
        message.starts_with("mail.smtp_password: must be a text (from TOML file"),
        "{message}"
    );
    assert!(!refusal(&[("PALVELUTORI_DATABASE__URL", "mysql://root:hunter2@db/x")]).contains("hunter2"));
}

#[test]
fn origins_have_the_form_a_browser_sends() {
    let accepted = |origin| load(&[("PALVELUTORI_HTTP__CORS_ORIGINS", origin)]).map(|config| config.http.cors_origins);
    assert_eq!(
        accepted("https://a.fi:443/").unwrap_err().0[0].key,
        "http.cors_origins.0"
    );
    assert_eq!(accepted("https://a.fi/").unwrap()[0].as_str(), "https://a.fi");
    for wrong in [
        "https://a.fi/path",
        "a.fi",
        "*",
        "file:///etc",
        "https://A.fi",
        "https://user@a.fi",
    ] {
        assert!(accepted(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn demo_makes_its_key_once_and_for_its_owner_only() {
    use std::os::unix::fs::MetadataExt;

    let folder = TempDir::new().unwrap();
    let file = folder.path().join("var/key.pem");
    let made = auth::demo_key(&file).unwrap();
    assert_eq!(auth::demo_key(&file).unwrap(), made);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_ne!(auth::demo_key(&folder.path().join("other.pem")).unwrap(), made);

    let mut auth = load(&[]).unwrap().auth;
    auth.signing_key_file = Some(file.clone());
    auth.previous_key_files = vec![file];
    assert_eq!(
        auth.signing_keys().unwrap(),
        SigningKeys {
            current: made.clone(),
            previous: vec![made]
        }
    );
}
