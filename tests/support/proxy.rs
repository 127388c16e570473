//! A proxy between the program and its PostgreSQL that does what a bad network does, at the worst moment.
//!
//! It knows as much of the protocol as that takes. A client's first message has no type; every other one of either side
//! begins with a byte for its type and four for its length, which count themselves. Source: PostgreSQL documentation,
//! "Frontend/Backend Protocol", "Message Formats".

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, split};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use url::Url;

use crate::process::{Instance, Site};

/// How long a test waits for a fault to be met.
const PATIENCE: Duration = Duration::from_secs(20);

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Nothing,
    /// The server is this late with the end of each answer.
    Slow(Duration),
    /// Open connections break and nobody listens.
    Refused,
    /// A connection breaks before its COMMIT arrives.
    CommitLost,
    /// A connection breaks after its COMMIT has taken effect and before the client is told.
    ConfirmationLost,
    /// The same, and from then on [`Fault::Refused`], so that the client cannot look it up.
    ConfirmationLostThenRefused,
}

/// The proxy in front of the database of a site.
pub struct Proxy {
    url: String,
    line: Arc<Line>,
    /// Ends when it is dropped.
    _listening: JoinSet<()>,
    /// Bound but never listening: it keeps the port while nobody listens.
    _port: TcpSocket,
}

/// What all connections share.
struct Line {
    server: Server,
    fault: watch::Sender<Fault>,
    /// How many connections were broken at a COMMIT.
    cuts: watch::Sender<usize>,
}

/// Where PostgreSQL listens.
enum Server {
    Socket(PathBuf),
    Port(String),
}

impl Proxy {
    /// Opens a proxy to the PostgreSQL of a site; it passes everything on until told otherwise.
    pub fn before(site: &Site) -> Self {
        let mut url = Url::parse(site.url()).expect("a URL");
        let host = url.host_str().expect("it names a server").replace("%2F", "/");
        let port = url.port().unwrap_or(5432);
        let server = if host.starts_with('/') {
            Server::Socket(PathBuf::from(host).join(format!(".s.PGSQL.{port}")))
        } else {
            Server::Port(format!("{host}:{port}"))
        };
        let port = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let address = port.local_addr().expect("it is bound");
        url.set_host(Some("127.0.0.1")).expect("an address is a host");
        url.set_port(Some(address.port())).expect("the URL has a host");
        // What is encrypted cannot be understood here.
        url.set_query(Some("sslmode=disable"));
        let line = Arc::new(Line {
            server,
            fault: watch::Sender::new(Fault::Nothing),
            cuts: watch::Sender::new(0),
        });
        let first = listen(address);
        let mut listening = JoinSet::new();
        listening.spawn(Arc::clone(&line).serve(first, address));
        Self {
            url: url.into(),
            line,
            _listening: listening,
            _port: port,
        }
    }

    /// Serves the site with this proxy before its database.
    pub async fn serve(&self, site: &Site, arguments: &[&str]) -> Instance {
        let mut command = site.command(&["serve"]);
        command.args(arguments).env("PALVELUTORI_DATABASE__URL", &self.url);
        Instance::listening(command).await
    }

    /// From now on this goes wrong.
    pub fn set(&self, fault: Fault) {
        self.line.fault.send_replace(fault);
    }

    /// How many connections have been broken at a COMMIT.
    pub fn cuts(&self) -> usize {
        *self.line.cuts.borrow()
    }

    /// Lets this go wrong until so many more connections have been broken at a COMMIT; then all is well again.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn cut(&self, fault: Fault, count: usize) {
        let enough = self.cuts() + count;
        self.set(fault);
        let mut cuts = self.line.cuts.subscribe();
        let met = timeout(PATIENCE, cuts.wait_for(|cuts| *cuts >= enough)).await;
        met.expect("somebody commits").expect("the proxy is open");
        self.set(Fault::Nothing);
    }
}

/// A socket that holds a port of the loopback address; several may hold the same one.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("sockets are left");
    socket.set_reuseport(true).expect("the system can share ports");
    socket.bind(address).expect("the port is free or ours");
    socket
}

fn listen(address: SocketAddr) -> TcpListener {
    bound(address).listen(128).expect("nobody else listens here")
}

impl Line {
    async fn serve(self: Arc<Self>, first: TcpListener, address: SocketAddr) {
        let mut listener = first;
        let mut fault = self.fault.subscribe();
        loop {
            self.accept(&listener).await;
            drop(listener);
            // The sender is in `self`.
            fault.wait_for(|fault| *fault != Fault::Refused).await.ok();
            listener = listen(address);
        }
    }

    /// Passes connections on until they are refused, which breaks them.
    async fn accept(self: &Arc<Self>, listener: &TcpListener) {
        let mut fault = self.fault.subscribe();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = fault.wait_for(|fault| *fault == Fault::Refused) => return,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => {
                    let (client, _) = accepted.expect("sockets are left");
                    connections.spawn(Arc::clone(self).connect(client));
                }
            }
        }
    }

    /// One connection, until either side ends it or a fault does.
    async fn connect(self: Arc<Self>, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        match &self.server {
            Server::Socket(path) => self.relay(client, UnixStream::connect(path).await?).await,
            Server::Port(address) => self.relay(client, TcpStream::connect(address).await?).await,
        }
    }

    async fn relay(&self, client: TcpStream, server: impl AsyncRead + AsyncWrite + Send) -> io::Result<()> {
        let (from_client, to_client) = split(client);
        let (from_server, to_server) = split(server);
        tokio::select! {
            ended = self.requests(from_client, to_server) => ended,
            ended = self.answers(from_server, to_client) => ended,
        }
    }

    async fn requests(&self, from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut from = BufReader::new(from);
        let mut message = read(&mut from, 0).await?;
        loop {
            let fault = *self.fault.borrow();
            // The driver sends its COMMIT as a simple query.
            if fault == Fault::CommitLost && message.first() == Some(&b'Q') && message.ends_with(b"COMMIT\0") {
                self.count();
                return Ok(());
            }
            if fault == Fault::Refused {
                return Ok(());
            }
            to.write_all(&message).await?;
            message = read(&mut from, 1).await?;
        }
    }

    async fn answers(&self, from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut from = BufReader::new(from);
        loop {
            let message = read(&mut from, 1).await?;
            let completes_commit = message.first() == Some(&b'C') && message.ends_with(b"COMMIT\0");
            let fault = *self.fault.borrow();
            match fault {
                Fault::ConfirmationLost if completes_commit => {
                    self.count();
                    return Ok(());
                }
                Fault::ConfirmationLostThenRefused if completes_commit => {
                    // First, so that no other connection passes anything on after this one has broken.
                    self.fault.send_replace(Fault::Refused);
                    self.count();
                    return Ok(());
                }
                Fault::Refused => return Ok(()),
                // ReadyForQuery.
                Fault::Slow(delay) if message.first() == Some(&b'Z') => sleep(delay).await,
                _ => {}
            }
            to.write_all(&message).await?;
        }
    }

    fn count(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

/// Reads one message whose type takes so many bytes.
async fn read(from: &mut (impl AsyncRead + Unpin), type_bytes: usize) -> io::Result<Vec<u8>> {
    let mut message = vec![0; type_bytes + 4];
    from.read_exact(&mut message).await?;
    let length = message.last_chunk().map_or(0, |length| u32::from_be_bytes(*length));
    let length = usize::try_from(length).map_err(io::Error::other)?;
    message.resize(type_bytes + length.max(4), 0);
    from.read_exact(&mut message[type_bytes + 4..]).await?;
    Ok(message)
}
