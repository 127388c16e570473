//! A private PostgreSQL for one test process.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use crate::{say, setting};

/// Makes and starts a cluster, waits until standard input ends, then stops and removes it. Standard input is a pipe
/// that the system closes however the test process ends, so nothing stays behind even after `kill -9`.
///
/// Answers `ready FOLDER`, or what the server said when it could not start.
const WATCHDOG: &str = r#"
set -eu
bin=$1
folder=$(mktemp -d "${TMPDIR:-/tmp}/palvelutori-pg.XXXXXX")
end() {
    "$bin/pg_ctl" stop --pgdata="$folder/data" --mode=immediate >>"$folder/log" 2>&1 || :
    rm -rf "$folder"
}
trap end EXIT
# The last: answering a test process that has already gone.
trap 'exit 1' HUP INT TERM PIPE
start() {
    "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync &&
    "$bin/pg_ctl" start --wait --timeout=60 --pgdata="$folder/data" --log="$folder/log" --options="\
        -c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=200 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
}
if ! start >>"$folder/log" 2>&1; then
    cat "$folder/log"
    exit 1
fi
echo "ready $folder"
read -r _ || :
"#;

/// A URL of a PostgreSQL whose role may create databases; its last path segment is the database `postgres`.
///
/// It is `TEST_DATABASE_URL`, or else a cluster of this process, started at the first call. Where no PostgreSQL is
/// installed, one line says that the tests on it did not run; with `REQUIRE_POSTGRES=1` that is a failure.
pub fn postgres_url() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    // Statics are never dropped: the pipe to the watchdog stays open until this process ends.
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    URL.get_or_init(|| {
        if let Some(url) = setting("TEST_DATABASE_URL") {
            return Some(url);
        }
        if let Some(programs) = programs() {
            return Some(CLUSTER.get_or_init(|| Cluster::start(&programs)).url());
        }
        assert!(
            setting("REQUIRE_POSTGRES").is_none(),
            "REQUIRE_POSTGRES is set, but no PostgreSQL is installed"
        );
        say("not run: tests on PostgreSQL, neither TEST_DATABASE_URL nor an installed PostgreSQL was found");
        None
    })
    .as_deref()
}

/// A running PostgreSQL that listens on a socket in its own folder, so that no port is taken and no other account
/// of the machine can connect.
#[derive(Debug)]
pub struct Cluster {
    watchdog: Child,
    lifeline: ChildStdin,
    folder: PathBuf,
}

impl Cluster {
    /// Starts a cluster with the programs in the folder given.
    ///
    /// # Panics
    /// When it does not start, with what PostgreSQL said.
    pub fn start(programs: &Path) -> Self {
        let mut watchdog = unprivileged_shell()
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(programs)
            .current_dir("/")
            // Keeps an interrupt from the terminal away, which would end it before it has cleaned up.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell can be started");
        let lifeline = watchdog.stdin.take().expect("its input is a pipe");
        let mut answers = BufReader::new(watchdog.stdout.take().expect("its output is a pipe"));
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("the watchdog answers in text");
        let Some(folder) = answer.trim_end().strip_prefix("ready ").map(PathBuf::from) else {
            answers
                .read_to_string(&mut answer)
                .expect("the watchdog answers in text");
            panic!("PostgreSQL did not start: {answer}");
        };
        Self {
            watchdog,
            lifeline,
            folder,
        }
    }

    /// The URL of its database `postgres`.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@{}/postgres",
            self.folder.display().to_string().replace('/', "%2F")
        )
    }

    /// The folder of its data and its socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops it by a mode of `pg_ctl` (`fast`, `immediate`) and starts it again; returns when it takes connections.
    ///
    /// # Panics
    /// When it does not start again.
    pub fn restart(&self, mode: &str) {
        let programs = programs().expect("it was started with them");
        let status = unprivileged_shell()
            .args(["-c", "exec \"$@\"", "restart"])
            .arg(programs.join("pg_ctl"))
            .args(["restart", "--wait", "--silent", "--mode", mode, "--pgdata"])
            .arg(self.folder.join("data"))
            .arg("--log")
            .arg(self.folder.join("log"))
            .current_dir("/")
            .status()
            .expect("a shell can be started");
        assert!(status.success(), "PostgreSQL did not start again: {status}");
    }

    /// Ends it the way the end of the test process does; returns when everything is removed.
    ///
    /// # Panics
    /// When the watchdog failed.
    pub fn stop(self) {
        let Self {
            mut watchdog, lifeline, ..
        } = self;
        drop(lifeline);
        let status = watchdog.wait().expect("the watchdog is a child of this process");
        assert!(status.success(), "the watchdog ended with {status}");
    }
}

/// The folder with the programs of the newest PostgreSQL installed.
pub fn programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| folder.join(name).is_file())
    };
    let path = setting("PATH").unwrap_or_default();
    let mut packaged: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| {
            versions
                .flatten()
                .map(|version| version.path().join("bin"))
                .filter(complete)
                .collect()
        })
        .unwrap_or_default();
    packaged.sort_by_key(|folder| version_of(folder));
    packaged.pop().or_else(|| {
        std::env::split_paths(&path)
            .chain(["/usr/local/bin".into()])
            .find(complete)
    })
}

/// The major version in `/usr/lib/postgresql/VERSION/bin`, so that 9 sorts before 15.
fn version_of(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}

/// A shell that PostgreSQL is willing to run under: it refuses to be root.
fn unprivileged_shell() -> Command {
    if id(&["-u"]).as_deref() != Some("0") {
        return Command::new("sh");
    }
    let account = if id(&["-u", "postgres"]).is_some() {
        "postgres"
    } else {
        "nobody"
    };
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid",
        account,
        "--regid",
        &id(&["-g", account]).expect("the account has a group"),
    ]);
    command.args(["--clear-groups", "sh"]);
    command
}

/// What the program `id` answers; `None` for an account that does not exist.
fn id(arguments: &[&str]) -> Option<String> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
