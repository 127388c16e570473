use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::report::row;

/// The program, which cargo has optimised like this benchmark.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_palvelutori-under-test");

/// How long a server rests before its memory counts as idle.
const REST: Duration = Duration::from_secs(5);

/// What makes the demo's folder a production one with an empty database of its own; the key is that of the demo.
const PRODUCTION: [(&str, &str); 3] = [
    ("PALVELUTORI_MODE", "production"),
    ("PALVELUTORI_AUTH__SIGNING_KEY_FILE", "var/signing_key.pem"),
    ("PALVELUTORI_DATABASE__URL", "sqlite://var/production.db"),
];

/// Starts the program as it is shipped, on SQLite: how long until it is ready, how much memory it takes.
pub(crate) fn measure() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (demo, took) = start(&folder, &[]);
    row(
        "first start of the demo, with schema and market, to ready",
        &millis(took),
        "",
    );
    stop(demo);
    let (demo, took) = start(&folder, &[]);
    row("start of the demo that is there, to ready", &millis(took), "< 1000 ms");
    std::thread::sleep(REST);
    let memory = resident_kib(&demo) / 1024;
    row("resident memory of the idle demo", &format!("{memory} MiB"), "< 80 MB");
    stop(demo);

    let begin = Instant::now();
    let migrated = command(folder.path(), "migrate").envs(PRODUCTION).status();
    assert!(migrated.expect("the program starts").success(), "the migration failed");
    row("migration of an empty database", &millis(begin.elapsed()), "");
    let (production, took) = start(&folder, &PRODUCTION);
    row("start on an empty database, to ready", &millis(took), "< 1000 ms");
    stop(production);
}

fn command(folder: &Path, subcommand: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .arg(subcommand)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Starts a server; answers when it says that it is ready, with how long that took.
fn start(folder: &TempDir, variables: &[(&str, &str)]) -> (Child, Duration) {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = port.local_addr().expect("it is bound");
    drop(port);
    let begin = Instant::now();
    let mut server = command(folder.path(), "serve")
        .envs(variables.iter().copied())
        .env("PALVELUTORI_HTTP__BIND", address.to_string())
        .spawn()
        .expect("the program starts");
    while !is_ready(address) {
        let ended = server.try_wait().expect("the server is a child of this process");
        assert!(ended.is_none(), "the server ended: {ended:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    (server, begin.elapsed())
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 20"))
    };
    ask().unwrap_or(false)
}

fn stop(mut server: Child) {
    let asked = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(asked.expect("kill is installed").success(), "the server is gone");
    server.wait().expect("the server is a child of this process");
}

/// Source: `proc(5)`, `VmRSS`.
fn resident_kib(server: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).expect("a Linux machine");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()).expect("a number");
    number.parse().expect("a number")
}

fn millis(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
