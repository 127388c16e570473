//! Asks the server on this machine whether it is ready, so that a container image needs no HTTP client.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the server that listens on `bind` answers `GET /health/ready` with a success.
///
/// # Errors
/// When nothing listens there, or no whole status line comes within three seconds.
pub async fn is_ready(bind: SocketAddr) -> io::Result<bool> {
    timeout(PATIENCE, ask(reachable(bind))).await?
}

/// The address by which a server listening on `bind` is reached from its own machine.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

async fn ask(server: SocketAddr) -> io::Result<bool> {
    let mut stream = TcpStream::connect(server).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; "HTTP/1.1 2".len()];
    stream.read_exact(&mut status).await?;
    Ok(&status == b"HTTP/1.1 2")
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with `status`; returns what was asked and what `is_ready` said.
    async fn asked(status: &str) -> (String, io::Result<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).await.unwrap();
            stream
                .write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes())
                .await
                .unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        tokio::join!(server, is_ready(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)))
    }

    #[tokio::test]
    async fn follows_the_status() {
        let (request, ready) = asked("204 No Content").await;
        assert!(request.starts_with("GET /health/ready HTTP/1.1\r\n"), "{request}");
        assert!(ready.unwrap());
        let (_, ready) = asked("503 Service Unavailable").await;
        assert!(!ready.unwrap());
    }

    #[tokio::test]
    async fn nobody_listening_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(is_ready(address).await.is_err());
    }
}
