//! The server on a real socket: slow clients, caps, shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::super::{Drained, HttpSettings, serve};
use super::{App, Gate};

/// A server on a socket of this machine.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Drained>,
    gate: Arc<Gate>,
}

impl Server {
    async fn start(settings: HttpSettings) -> Self {
        let App { router, gate } = App::new(settings.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended =
            tokio::spawn(async move { serve(listener, router, &settings, async { drop(stopped.await) }).await });
        Self {
            address,
            stop,
            ended,
            gate,
        }
    }

    async fn connect(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    /// Everything the server sends until it closes the connection.
    async fn exchange(&self, bytes: &str) -> String {
        read_to_end(self.connect(bytes).await).await
    }
}

async fn read_to_end(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset after the answer is as good as a close.
    stream.read_to_end(&mut text).await.ok();
    String::from_utf8(text).unwrap()
}

fn wire(query: &str) -> String {
    let body = json!({ "query": query }).to_string();
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn clients_that_trickle_are_dropped_and_others_served() {
    let brief = Duration::from_millis(200);
    let server = Server::start(HttpSettings {
        header_limit: brief,
        body_limit: brief,
        ..HttpSettings::default()
    })
    .await;
    let mut slow = Vec::new();
    let request = wire("{ client }");
    for n in 0..100 {
        let start = if n % 2 == 0 {
            "POST /graphql HT"
        } else {
            &request[..request.len() - 1]
        };
        slow.push(server.connect(start).await);
    }
    let answer = server.exchange(&wire("{ hello(name: \"Aino\") }")).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("Hei Aino"),
        "{answer}"
    );
    for (n, stream) in slow.into_iter().enumerate() {
        let answer = read_to_end(stream).await;
        let expected = if n % 2 == 0 { "" } else { "HTTP/1.1 408" };
        assert!(
            answer.starts_with(expected) && (n % 2 == 1 || answer.is_empty()),
            "{answer}"
        );
    }
    server.stop.send(()).unwrap();
    assert_eq!(server.ended.await.unwrap(), Drained::All);
}

#[tokio::test]
async fn connections_beyond_the_caps_are_turned_away() {
    for settings in [
        HttpSettings {
            max_connections: 2,
            ..HttpSettings::default()
        },
        HttpSettings {
            max_connections_per_address: 2,
            ..HttpSettings::default()
        },
    ] {
        let server = Server::start(settings).await;
        let idle = [server.connect("").await, server.connect("").await];
        // Longer than the buffers of the sockets: who does not read it resets the connection, and the answer may be lost.
        let refused = server.exchange(&wire(&"x".repeat(8 << 20))).await;
        assert!(
            refused.starts_with("HTTP/1.1 503") && refused.contains("Retry-After: 1"),
            "{refused}"
        );
        assert_eq!(server.exchange("").await, "", "who asks nothing is told nothing");
        drop(idle);
        while !server.exchange(&wire("{ client }")).await.starts_with("HTTP/1.1 200") {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn one_address_leaves_room_for_others() {
    let server = Server::start(HttpSettings {
        max_connections: 4,
        max_connections_per_address: 2,
        ..HttpSettings::default()
    })
    .await;
    // All of 127/8 is this machine.
    let elsewhere = TcpSocket::new_v4().unwrap();
    elsewhere.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut greedy = Vec::new();
    for _ in 0..20 {
        greedy.push(server.connect("").await);
    }
    let mut other = elsewhere.connect(server.address).await.unwrap();
    other.write_all(wire("{ client }").as_bytes()).await.unwrap();
    let answer = read_to_end(other).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("127.0.0.2"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_stop_lets_requests_in_hand_finish() {
    let server = Server::start(HttpSettings::default()).await;
    let in_hand = server.connect(&wire("{ wait }")).await;
    server.gate.reached.notified().await;
    let idle = server.connect("").await;
    server.stop.send(()).unwrap();
    assert_eq!(read_to_end(idle).await, "", "idle connections are closed at once");
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "nothing new is accepted"
    );
    server.gate.open.notify_one();
    assert!(read_to_end(in_hand).await.contains("{\"wait\":true}"));
    assert_eq!(server.ended.await.unwrap(), Drained::All);
}

#[tokio::test]
async fn a_stop_cuts_what_does_not_finish() {
    let server = Server::start(HttpSettings {
        drain_limit: Duration::from_millis(50),
        ..HttpSettings::default()
    })
    .await;
    let stuck = server.connect(&wire("{ wait }")).await;
    server.gate.reached.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(server.ended.await.unwrap(), Drained::Cut(1));
    assert_eq!(read_to_end(stuck).await, "");
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_dropped() {
    let settings = HttpSettings {
        write_limit: Duration::from_millis(100),
        ..HttpSettings::default()
    };
    let server = Server::start(HttpSettings {
        graphiql: true,
        ..settings
    })
    .await;
    // Pipelined requests for a megabyte each fill the buffers of both sockets.
    let request = "GET /graphiql/graphiql.min.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    let mut client = server.connect(&request).await;
    server.stop.send(()).unwrap();
    assert_eq!(
        server.ended.await.unwrap(),
        Drained::All,
        "the connection ended long before the drain limit"
    );
    let mut text = Vec::new();
    client.read_to_end(&mut text).await.ok();
    assert!(text.len() < 90 * 1024 * 1024);
}
