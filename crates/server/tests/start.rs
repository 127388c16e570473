//! The program itself: how it starts, stops, and what it says.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use tempfile::TempDir;

const SIGN_IN: &str = r#"{"documentId":"anyone/signIn","variables":{"input":
    {"email":"aino@example.org","password":"kolme punaista tuolia"}}}"#;
const CITIES: &str = r#"{"documentId":"anyone/cities"}"#;

/// The program in `folder`, with nothing of our own environment.
fn palvelutori(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palvelutori"));
    command.args(arguments).current_dir(folder).env_clear();
    command
}

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    palvelutori(folder, arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server on a free port; killed when the test ends before it has stopped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Returns when it says where it listens.
    fn start(folder: &Path) -> Self {
        let child = palvelutori(folder, &["serve"])
            .env("PALVELUTORI_HTTP__BIND", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            address: String::new(),
        };
        let mut lines = BufReader::new(server.child.stdout.as_mut().unwrap()).lines();
        let url = lines.find_map(|line| Some(line.unwrap().trim().strip_prefix("API       http://")?.to_owned()));
        server.address.push_str(url.unwrap().strip_suffix("/graphql").unwrap());
        server
    }

    fn post(&self, body: &str) -> String {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.exchange(&request)
    }

    fn get(&self, path: &str) -> String {
        self.exchange(&format!(
            "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
        ))
    }

    fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The part of an answer below its head, which differs from request to request.
    fn cities(&self) -> String {
        let answer = self.post(CITIES);
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Asks it to stop, as service managers do.
    fn stop(mut self) -> ExitStatus {
        let kill = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where the test has gone well.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn the_demo_starts_with_nothing_and_keeps_its_data() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path());
    assert!(server.post(SIGN_IN).contains("\"accessToken\":\""));
    assert!(server.get("/.well-known/jwks.json").contains("\"kty\":\"OKP\""));
    assert!(server.get("/graphiql").starts_with("HTTP/1.1 200"));
    let bind = [("PALVELUTORI_HTTP__BIND", server.address.as_str())];
    let health = run(folder.path(), &["health"], &bind);
    assert!(health.status.success(), "{}", said(&health));
    let cities = server.cities();
    assert!(cities.contains("Tampere") && cities.contains("Åbo"), "{cities}");
    assert_eq!(server.stop().code(), Some(0));

    let server = Server::start(folder.path());
    assert_eq!(server.cities(), cities, "ids are made once");
    assert!(server.post(SIGN_IN).contains("\"accessToken\":\""));
    assert_eq!(server.stop().code(), Some(0));

    let check = run(folder.path(), &["check", "--seals"], &[]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    let jobs = run(folder.path(), &["jobs", "list"], &[]);
    assert!(jobs.status.success() && jobs.stdout.is_empty());
    let seed = run(folder.path(), &["seed"], &[]);
    assert!(seed.status.success(), "seeding again changes nothing: {}", said(&seed));
}

#[test]
fn production_refuses_the_people_of_the_demo() {
    let folder = TempDir::new().unwrap();
    assert!(run(folder.path(), &["seed"], &[]).status.success());
    let production = [
        ("PALVELUTORI_MODE", "production"),
        ("PALVELUTORI_AUTH__SIGNING_KEY_FILE", "var/signing_key.pem"),
        ("PALVELUTORI_HTTP__BIND", "127.0.0.1:0"),
        ("PALVELUTORI_LOG__LEVEL", "error"),
    ];
    let serve = run(folder.path(), &["serve"], &production);
    assert_eq!(serve.status.code(), Some(1));
    assert!(said(&serve).contains("people of the demo"), "{}", said(&serve));
}

#[test]
fn the_operator_makes_administrators_of_people_with_verified_addresses() {
    let folder = TempDir::new().unwrap();
    assert!(run(folder.path(), &["seed"], &[]).status.success());
    let admin = |city: &str, email: &str| run(folder.path(), &["admin", "--city", city, "--email", email], &[]);
    let made = admin("åbo", "aino@example.org");
    assert!(made.status.success(), "{}", said(&made));
    assert_eq!(
        String::from_utf8_lossy(&made.stdout),
        "aino@example.org is an administrator of Turku\n"
    );
    for (city, email, reason) in [
        ("853", "Aino@example.org", "is an administrator of Turku already"),
        (
            "091",
            "nobody@example.org",
            "nobody has registered with nobody@example.org",
        ),
        ("Ankkalinna", "aino@example.org", "there is no city Ankkalinna"),
    ] {
        let refused = admin(city, email);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains(reason), "{}", said(&refused));
        assert_eq!(said(&refused).lines().count(), 1, "{}", said(&refused));
    }
}

#[test]
fn production_asks_for_migrate() {
    let folder = TempDir::new().unwrap();
    assert!(run(folder.path(), &["seed"], &[]).status.success(), "makes a key");
    let production = [
        ("PALVELUTORI_MODE", "production"),
        ("PALVELUTORI_AUTH__SIGNING_KEY_FILE", "var/signing_key.pem"),
        ("PALVELUTORI_DATABASE__URL", "sqlite://var/production.db"),
        ("PALVELUTORI_LOG__LEVEL", "error"),
    ];
    let without = run(folder.path(), &["seed", "--cities", "cities.toml"], &production);
    assert_eq!(without.status.code(), Some(1));
    assert!(
        said(&without).contains("run `palvelutori migrate`"),
        "{}",
        said(&without)
    );
    for _ in 0..2 {
        let migrate = run(folder.path(), &["migrate"], &production);
        assert!(migrate.status.success(), "{}", said(&migrate));
    }
    let without = run(folder.path(), &["seed"], &production);
    assert!(said(&without).contains("--cities"), "{}", said(&without));
}

#[test]
fn what_prevents_a_start_is_one_sentence() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let serve = run(folder.path(), &["serve"], &[("PALVELUTORI_HTTP__BIND", &address)]);
    assert_eq!(serve.status.code(), Some(1));
    assert_eq!(said(&serve).lines().count(), 1, "{}", said(&serve));
    assert!(said(&serve).starts_with(&format!("palvelutori: cannot listen on {address}: ")));

    std::fs::write(folder.path().join("var"), "in the way").unwrap();
    let serve = run(folder.path(), &["serve"], &[("PALVELUTORI_HTTP__BIND", "127.0.0.1:0")]);
    assert_eq!(serve.status.code(), Some(1));
    assert_eq!(said(&serve).lines().count(), 1, "{}", said(&serve));
    assert!(
        said(&serve).starts_with("palvelutori: cannot make the folder var: "),
        "{}",
        said(&serve)
    );
}

#[test]
fn help_names_every_subcommand() {
    let folder = TempDir::new().unwrap();
    let help = run(folder.path(), &["--help"], &[]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for name in [
        "serve", "worker", "migrate", "seed", "admin", "schema", "check", "jobs", "health",
    ] {
        assert!(
            text.lines().any(|line| line.trim_start().starts_with(name)),
            "{name}: {text}"
        );
    }
    let schema = run(folder.path(), &["schema"], &[]);
    assert!(String::from_utf8(schema.stdout).unwrap().contains("type Mutation"));
}

#[test]
fn looking_at_a_database_makes_none() {
    let folder = TempDir::new().unwrap();
    for arguments in [&["check"][..], &["check", "--seals"], &["jobs", "list"]] {
        let output = run(folder.path(), arguments, &[]);
        assert!(!output.status.success());
        assert!(
            said(&output).contains("there is no database var/palvelutori.db"),
            "{}",
            said(&output)
        );
        assert!(!folder.path().join("var").exists(), "{arguments:?}");
    }
}
