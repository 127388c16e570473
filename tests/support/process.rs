//! The real program in processes of its own: on a free port of the loopback address, in a folder and on a database that
//! nobody else uses, configured by its environment.

use std::error::Error;
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use db::Db;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kernel::{Ids, SystemClock};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{interval, timeout};

use crate::answer::Answer;
use crate::database::{self, Kind};
use crate::postgres;

/// Longer than the server takes for any answer.
const PATIENCE: Duration = Duration::from_secs(25);

/// A start makes the demo, on a busy machine and without optimisation.
const START: Duration = Duration::from_mins(1);

/// Hashing as cheap as it gets: these tests do not measure it.
const CHEAP_HASHES: [(&str, &str); 2] = [
    ("PALVELUTORI_AUTH__ARGON2_MEMORY_KIB", "64"),
    ("PALVELUTORI_AUTH__ARGON2_ITERATIONS", "1"),
];

/// Where instances of the program run. There is one at a time: they measure how long things take.
pub struct Site {
    program: &'static str,
    folder: TempDir,
    url: String,
    kind: Kind,
    _turn: MutexGuard<'static, ()>,
}

impl Site {
    /// With a new, empty database of a kind.
    pub async fn new(program: &'static str, kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder can be made");
                Self::in_folder(program, folder).await
            }
            Kind::Postgres => {
                let server = postgres::postgres_url().expect("asked only where there is a PostgreSQL");
                Self::on_server(program, server).await
            }
        }
    }

    /// With a new SQLite file in a folder.
    pub async fn in_folder(program: &'static str, folder: TempDir) -> Self {
        let url = format!("sqlite://{}", folder.path().join("site.db").display());
        Self::with(program, folder, url, Kind::Sqlite).await
    }

    /// With a new database on the PostgreSQL whose database `postgres` has this URL.
    pub async fn on_server(program: &'static str, server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let name = database::postgres_name();
        let connection = Database::connect(server).await.expect("the server answers");
        connection
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .expect("the role may create databases");
        connection.close().await.expect("nobody else uses the connection");
        let (start, _) = server.rsplit_once('/').expect("its last segment is a database");
        Self::with(program, folder, format!("{start}/{name}"), Kind::Postgres).await
    }

    async fn with(program: &'static str, folder: TempDir, url: String, kind: Kind) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        Self {
            program,
            folder,
            url,
            kind,
            _turn: TURN.lock().await,
        }
    }

    /// The folder in which the program runs; the demo keeps its key and mails in `var`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Which database it has.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The URL of its database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The program, to be started with nothing of our own environment; what it logs is appended to the file `log`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments);
        self.prepare(command)
    }

    /// The program behind a few words of shell, which begin it with `exec "$@"`.
    pub fn command_in_shell(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", self.program]).args(arguments);
        self.prepare(command)
    }

    fn prepare(&self, mut command: Command) -> Command {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PALVELUTORI_DATABASE__URL", &self.url)
            .env("PALVELUTORI_HTTP__BIND", "127.0.0.1:0")
            .envs(CHEAP_HASHES)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("the folder can be written"))
            .kill_on_drop(true);
        command
    }

    /// Runs a subcommand to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).stderr(Stdio::piped()).output();
        timeout(START, output)
            .await
            .expect("it ends by itself")
            .expect("the program can be started")
    }

    /// Serves; returns when it listens.
    pub async fn serve(&self) -> Instance {
        Instance::listening(self.command(&["serve"])).await
    }

    /// What serves as if this machine were a proxy: it is believed for whom it asks, and its clients stand for as many
    /// addresses, so that they may hold all connections together.
    pub fn behind_proxy(&self) -> Command {
        let mut command = self.command(&["serve"]);
        command.env("PALVELUTORI_HTTP__TRUSTED_PROXIES", "127.0.0.1");
        command
    }

    /// Serves behind a proxy with the cost of hashing that production has. A start before it makes the demo, whose many
    /// passwords would take long.
    pub async fn serve_at_real_cost(&self) -> Instance {
        assert!(self.serve().await.stop().await.success());
        let mut command = self.behind_proxy();
        for (name, _) in CHEAP_HASHES {
            command.env_remove(name);
        }
        Instance::listening(command).await
    }

    /// Every sum is what the records below it add up to, as `palvelutori check` sees it.
    ///
    /// # Panics
    /// When one is not.
    pub async fn check(&self) {
        let check = self.run(&["check"]).await;
        assert!(check.status.success(), "{check:?}");
    }

    /// The database, for looking behind the program.
    pub async fn db(&self) -> Db {
        let clock = Arc::new(SystemClock);
        let ids = Ids::from_os(clock.clone());
        Db::connect(&database::settings(self.url.clone()), clock, ids)
            .await
            .expect("the database answers")
    }

    /// Checks the sums a last time and removes the database; all instances have ended.
    pub async fn finish(self) {
        self.check().await;
        if self.kind == Kind::Postgres {
            let (start, name) = self.url.rsplit_once('/').expect("made by `on_server`");
            let server = Database::connect(format!("{start}/postgres"))
                .await
                .expect("the server answers");
            server
                .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
                .await
                .expect("the role may drop its databases");
        }
    }
}

/// A signal that a test sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Stop orderly.
    Term,
    /// Stand still.
    Stop,
    /// Go on.
    Cont,
}

/// Sends a signal to a process.
///
/// # Panics
/// When there is no such process.
pub fn signal(process: u32, signal: Signal) {
    let name = match signal {
        Signal::Term => "-TERM",
        Signal::Stop => "-STOP",
        Signal::Cont => "-CONT",
    };
    let status = std::process::Command::new("kill")
        .args([name, &process.to_string()])
        .status()
        .expect("`kill` can be started");
    assert!(status.success(), "cannot send {name} to {process}");
}

/// A running process of the program; killed when it is dropped.
pub struct Instance {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Where it listens; unspecified for a worker.
    pub address: SocketAddr,
}

impl Instance {
    /// Starts a server and returns when it says where it listens.
    pub async fn listening(command: Command) -> Self {
        let mut instance = Self::working(command);
        let mut lines = String::new();
        let starting = async {
            loop {
                let length = instance.stdout.read_line(&mut lines).await.expect("it speaks text");
                assert_ne!(length, 0, "it ended: {:?}, {lines}", instance.child.wait().await);
                let line = lines.lines().last().unwrap_or_default().trim();
                if let Some(url) = line.strip_prefix("API       http://") {
                    break url.trim_end_matches("/graphql").parse().expect("an address");
                }
            }
        };
        let address = timeout(START, starting).await.expect("it starts");
        instance.address = address;
        instance
    }

    /// Starts a process that does not listen.
    pub fn working(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program can be started");
        let stdout = child.stdout.take().expect("its output is a pipe");
        Self {
            child,
            stdout: BufReader::new(stdout),
            address: SocketAddr::from(([0, 0, 0, 0], 0)),
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it has not ended")
    }

    /// Sends it a signal.
    pub fn signal(&self, which: Signal) {
        signal(self.id(), which);
    }

    /// Ends it as a power failure would.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Asks it to stop and returns how it ended.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal(Signal::Term);
        let ended = timeout(Duration::from_secs(20), self.child.wait()).await;
        ended.expect("it ends").expect("it is a child of this process")
    }

    /// The most memory it has held at once, in kibibytes.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it is running");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("the kernel says so")
    }
}

/// The address that clients go to, shared by them; it changes when another instance takes over.
#[derive(Clone, Debug)]
pub struct Door(Arc<RwLock<SocketAddr>>);

impl Door {
    /// Leads to an instance.
    pub fn to(instance: &Instance) -> Self {
        Self(Arc::new(RwLock::new(instance.address)))
    }

    /// From now on leads to another instance.
    pub fn lead_to(&self, instance: &Instance) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = instance.address;
    }

    /// Where it leads now.
    pub fn address(&self) -> SocketAddr {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The status at a path without authorisation; none when nobody answers.
    pub async fn status(&self, path: &str) -> Option<u16> {
        let request = Request::get(path).header(header::HOST, "test").body(Full::default());
        let answer = exchange(self.address(), request.expect("a request")).await.ok()?;
        Some(answer.0.as_u16())
    }
}

/// The connection broke or the answer took too long: what was done is unknown.
#[derive(Debug)]
pub struct Lost(pub String);

/// A client of the program, with or without an access token.
#[derive(Clone, Debug)]
pub struct Caller {
    door: Door,
    token: Option<String>,
    forwarded_for: Option<String>,
}

impl Caller {
    /// Somebody who has not signed in.
    pub fn anyone(door: &Door) -> Self {
        Self {
            door: door.clone(),
            token: None,
            forwarded_for: None,
        }
    }

    /// The same through a proxy that says for whom it asks.
    pub fn forwarded_for(self, address: &str) -> Self {
        Self {
            forwarded_for: Some(address.to_owned()),
            ..self
        }
    }

    /// Signs in with an address.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn signed_in(door: &Door, email: &str) -> Self {
        let anyone = Self::anyone(door);
        let answer = anyone.sign_in(email, crate::PASSWORD).await.expect("an answer").ok();
        Self {
            token: Some(answer.text("/signIn/session/accessToken")),
            ..anyone
        }
    }

    /// Tries to sign in.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<Answer, Lost> {
        let input = json!({ "input": { "email": email, "password": password } });
        self.run("anyone/signIn", input).await
    }

    /// Runs a document of `graphql/operations` on a connection of its own.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn run(&self, document: &str, variables: Value) -> Result<Answer, Lost> {
        let body = json!({ "documentId": document, "variables": variables }).to_string();
        let mut request = Request::post("/graphql")
            .header(header::HOST, "test")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(address) = &self.forwarded_for {
            request = request.header("X-Forwarded-For", address);
        }
        let request = request.body(Full::from(body)).expect("a request");
        let (status, body) = timeout(PATIENCE, exchange(self.door.address(), request))
            .await
            .map_err(|elapsed| Lost(elapsed.to_string()))?
            .map_err(|error| Lost(error.to_string()))?;
        // A connection beyond the caps is turned away without a body.
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Answer::new(status, body))
    }
}

async fn exchange(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let asking = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, body))
    };
    let mut connection = std::pin::pin!(connection);
    let mut asking = std::pin::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        // The connection ends by itself after it has handed over the last answer.
        _ = &mut connection => asking.await,
    }
}

/// Asks again and again until the answer is yes.
///
/// # Panics
/// When it is not yes within the limit.
pub async fn eventually(limit: Duration, what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let mut ticks = interval(Duration::from_millis(20));
    let asking = async {
        while !ask().await {
            ticks.tick().await;
        }
    };
    let answered = timeout(limit, asking).await;
    assert!(answered.is_ok(), "not within {limit:?}: {what}");
}
