//! Serves a router on a socket, with the limits that axum's own `serve` lacks.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::settings::HttpSettings;
use super::stall::WriteLimited;

/// How long accepting rests after the operating system refused a socket, usually because no file descriptors are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Most bytes buffered for the head of a request, and so the longest head.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// What a connection beyond the caps is told.
const TOO_MANY_CONNECTIONS: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// How many connections beyond the caps are turned away at the same time. More wait in the queue of the operating system: to
/// cut one would break the promise of an answer, and each is gone after [`TURN_AWAY_LIMIT`].
const MAX_TURNED_AWAY: usize = 1024;

/// How long a client that is turned away may take to ask and to close its connection.
const TURN_AWAY_LIMIT: Duration = Duration::from_secs(1);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request in hand was answered.
    All,
    /// This many connections were cut after the drain limit.
    Cut(usize),
}

/// Serves `router` until `stop` completes, then stops accepting, lets requests in hand finish, and cuts what is left after
/// [`HttpSettings::drain_limit`].
///
/// A connection is closed when the head of a request does not arrive within [`HttpSettings::header_limit`] (so an idle one is,
/// too) and when its client leaves an answer unread for [`HttpSettings::write_limit`]. Connections beyond the caps are answered
/// with 503 and closed. An upgraded connection (websocket) leaves this accounting.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &HttpSettings,
    stop: impl Future<Output = ()> + Send,
) -> Drained {
    let places = Arc::new(Places::default());
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut turned_away = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            Some(_) = turned_away.join_next() => {}
            // Whatever comes beyond the caps is taken from the queue too: behind it wait those who have a place.
            accepted = listener.accept(), if turned_away.len() < MAX_TURNED_AWAY => match accepted {
                Ok((stream, peer)) => match places.take(peer.ip().to_canonical(), settings) {
                    Some(place) => {
                        let connection = Connection { stream, peer, place, stopped: stopped.clone() };
                        connections.spawn(connection.serve(router.clone(), settings.header_limit, settings.write_limit));
                    }
                    None => _ = turned_away.spawn(turn_away(stream)),
                },
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all = timeout(settings.drain_limit, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    if all.is_ok() {
        return Drained::All;
    }
    let cut = connections.len();
    tracing::warn!(connections = cut, "connections cut at shutdown");
    connections.shutdown().await;
    Drained::Cut(cut)
}

/// Tells a client beyond the caps to come back later. It is told once it has asked, because clients take an answer that
/// comes earlier for a fault; the rest of what it sends is read, because closing before would reset the connection, and the
/// answer could be lost with it.
async fn turn_away(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let farewell = timeout(TURN_AWAY_LIMIT, async {
        if stream.read(&mut request).await? > 0 {
            stream.write_all(TOO_MANY_CONNECTIONS).await?;
            stream.shutdown().await?;
            while stream.read(&mut request).await? > 0 {}
        }
        io::Result::Ok(())
    });
    match farewell.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection beyond the caps broke off"),
        Err(_elapsed) => tracing::debug!("a connection beyond the caps was cut"),
    }
}

struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(self, router: Router, header_limit: Duration, write_limit: Duration) {
        let Self {
            stream,
            peer,
            place,
            mut stopped,
        } = self;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps small packets back");
        }
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(header_limit)
                .max_buf_size(MAX_HEAD_BYTES)
                .serve_connection(TokioIo::new(WriteLimited::new(stream, write_limit)), service)
                .with_upgrades()
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopped.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
        drop(place);
    }
}

/// Open connections by network.
#[derive(Default)]
struct Places(Mutex<HashMap<IpAddr, usize>>);

impl Places {
    /// A place for a connection of `peer`, or none when the caps are reached.
    fn take(self: &Arc<Self>, peer: IpAddr, settings: &HttpSettings) -> Option<Place> {
        let mut open = self.open();
        let network = network(peer);
        let of_network = open.get(&network).copied().unwrap_or(0);
        let is_proxy = settings.trusted_proxies.iter().any(|proxies| proxies.contains(&peer));
        let full = open.values().sum::<usize>() >= settings.max_connections;
        if full || (of_network >= settings.max_connections_per_address && !is_proxy) {
            return None;
        }
        open.insert(network, of_network + 1);
        Some(Place {
            places: Arc::clone(self),
            network,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // The map is whole between any two statements, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, which is what one subscriber gets (RFC 6177).
pub(crate) fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(peer) => Ipv6Addr::from_bits(peer.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// The place of one open connection; given back when dropped.
struct Place {
    places: Arc<Places>,
    network: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.places.open();
        match open.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_is_told_and_who_keeps_silent_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for (request, expected) in [(&b"GET / HTTP/1.1\r\n\r\n"[..], TOO_MANY_CONNECTIONS), (b"", b"")] {
            let mut client = TcpStream::connect(address).await.unwrap();
            let turned_away = tokio::spawn(turn_away(listener.accept().await.unwrap().0));
            client.write_all(request).await.unwrap();
            let mut told = Vec::new();
            client.read_to_end(&mut told).await.unwrap();
            assert_eq!(told, expected);
            drop(client);
            turned_away.await.unwrap();
        }
    }

    #[test]
    fn a_network_has_its_share_unless_it_is_a_proxy() {
        let settings = HttpSettings {
            max_connections: 5,
            max_connections_per_address: 2,
            trusted_proxies: vec!["192.0.2.7/32".parse().unwrap()],
            ..HttpSettings::default()
        };
        let places = Arc::new(Places::default());
        let mut taken: Vec<Place> = Vec::new();
        for (peer, expected) in [
            ("2001:db8::1", true),
            ("2001:db8::ffff:1", true),
            ("2001:db8::2", false),
            ("192.0.2.7", true),
            ("192.0.2.7", true),
            ("192.0.2.7", true),
            ("198.51.100.1", false),
        ] {
            let place = places.take(peer.parse().unwrap(), &settings);
            assert_eq!(place.is_some(), expected, "{peer}");
            taken.extend(place);
        }
        taken.clear();
        assert!(places.open().is_empty());
    }
}
