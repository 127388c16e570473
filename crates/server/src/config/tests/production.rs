//! What production refuses.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A folder with a key as production wants it.
fn key(mode: u32) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("signing_key.pem");
    auth::demo_key(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let name = file.display().to_string();
    (folder, name)
}

/// A production instance that is accepted, with `changes` on top.
fn production(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let (_folder, key) = key(0o400);
    let sound = [
        ("PALVELUTORI_MODE", "production"),
        ("PALVELUTORI_AUTH__SIGNING_KEY_FILE", &key),
        ("PALVELUTORI_HTTP__PUBLIC_URL", "https://palvelutori.example.fi"),
    ];
    load(&[&sound[..], changes].concat())
}

/// The settings refused when `changes` are made.
fn refused(changes: &[(&str, &str)]) -> Vec<String> {
    production(changes).map_or_else(
        |error| error.0.into_iter().map(|problem| problem.key).collect(),
        |_| Vec::new(),
    )
}

#[test]
fn its_defaults_are_the_safe_ones() {
    let config = production(&[]).unwrap();
    assert!(!config.http.introspection && !config.http.graphiql);
    assert_eq!(config.database.synchronous, Synchronous::Full);
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn its_defaults_give_way_to_what_is_said() {
    let config = production(&[
        ("PALVELUTORI_HTTP__INTROSPECTION", "true"),
        ("PALVELUTORI_LOG__FORMAT", "text"),
    ])
    .unwrap();
    assert!(config.http.introspection);
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn everything_unsafe_is_refused_at_once() {
    let error = load(&[
        ("PALVELUTORI_MODE", "production"),
        ("PALVELUTORI_HTTP__PUBLIC_URL", "http://tori.example.fi"),
    ]);
    let message = error.unwrap_err().to_string();
    let expected = "http.public_url: must begin with https:// in production \
        (from environment variable PALVELUTORI_HTTP__PUBLIC_URL)\n\
        auth.signing_key_file: must name a key in production (from the defaults)";
    assert_eq!(message, expected);
    assert_eq!(refused(&[("PALVELUTORI_HTTP__GRAPHIQL", "true")]), ["http.graphiql"]);
}

#[test]
fn keys_that_others_can_read_are_refused() {
    for (mode, accepted) in [
        (0o400, true),
        (0o600, true),
        (0o640, false),
        (0o604, false),
        (0o644, false),
    ] {
        let (_folder, key) = key(mode);
        for name in [
            "PALVELUTORI_AUTH__SIGNING_KEY_FILE",
            "PALVELUTORI_AUTH__PREVIOUS_KEY_FILES",
        ] {
            assert_eq!(production(&[(name, &key)]).is_ok(), accepted, "{name} {mode:o}");
        }
    }
}

#[test]
fn files_that_hold_no_key_are_refused() {
    let (folder, key) = key(0o600);
    fs::write(
        &key,
        "-----BEGIN PRIVATE KEY-----\nc2hvcnQ=\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    assert_eq!(
        refused(&[("PALVELUTORI_AUTH__SIGNING_KEY_FILE", &key)]),
        ["auth.signing_key_file"]
    );
    let missing = folder.path().join("missing.pem").display().to_string();
    assert_eq!(
        refused(&[("PALVELUTORI_AUTH__PREVIOUS_KEY_FILES", &missing)]),
        ["auth.previous_key_files"]
    );
}

#[test]
fn short_passwords_are_refused() {
    let database = |url| refused(&[("PALVELUTORI_DATABASE__URL", url)]);
    assert_eq!(
        database("postgres://palvelutori:palvelutori@db/palvelutori"),
        ["database.url"]
    );
    assert_eq!(database("postgres://palvelutori:@db/palvelutori"), Vec::<String>::new());
    assert_eq!(
        database("postgres://palvelutori:a-long-pass-phrase@db/palvelutori"),
        Vec::<String>::new()
    );
    assert_eq!(
        database("postgres://postgres@%2Frun%2Fpostgresql/palvelutori"),
        Vec::<String>::new()
    );

    let smtp = [
        ("PALVELUTORI_MAIL__TRANSPORT", "smtp"),
        ("PALVELUTORI_MAIL__SMTP_USER", "tori"),
    ];
    assert_eq!(refused(&smtp), ["mail.smtp_password"]);
    let long = [&smtp[..], &[("PALVELUTORI_MAIL__SMTP_PASSWORD", "a-long-pass-phrase")]].concat();
    assert_eq!(refused(&long), Vec::<String>::new());
}

#[test]
fn mail_leaves_in_plain_text_only_towards_this_machine() {
    let plain = |host| {
        refused(&[
            ("PALVELUTORI_MAIL__TRANSPORT", "smtp"),
            ("PALVELUTORI_MAIL__SMTP_TLS", "none"),
            ("PALVELUTORI_MAIL__SMTP_HOST", host),
        ])
    };
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        assert_eq!(plain(host), Vec::<String>::new(), "{host}");
    }
    for host in ["mail", "smtp.example.fi", "10.0.0.5", "localhost.example.fi"] {
        assert_eq!(plain(host), ["mail.smtp_tls"], "{host}");
    }
}

#[test]
fn the_example_only_lacks_its_secrets() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/production.toml");
    let error = load_file(Some(&example), &[]).unwrap_err();
    let keys: Vec<_> = error.0.iter().map(|problem| &*problem.key).collect();
    let secrets = [
        "database.url_file",
        "mail.smtp_password_file",
        "auth.signing_key_file",
        "mail.smtp_password",
    ];
    assert_eq!(keys, secrets);
    load_file(Some(&example.with_file_name("development.toml")), &[]).unwrap();
}
