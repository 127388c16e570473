//! The PostgreSQL that the other tests rely on.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use support::postgres::{Cluster, postgres_url, programs};

/// A client's question whether the server speaks TLS, by which a PostgreSQL is recognised: it answers one letter.
/// Source: PostgreSQL documentation, "Frontend/Backend Protocol", `SSLRequest`.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

#[test]
fn private_cluster_answers_and_leaves_nothing_behind() {
    let Some(programs) = programs() else {
        // Says what did not run, or fails where PostgreSQL is required.
        postgres_url();
        return;
    };
    let cluster = Cluster::start(&programs);
    let folder = cluster.folder().to_owned();
    let socket = folder.join(".s.PGSQL.5432");
    let mut client = UnixStream::connect(&socket).unwrap();
    client.write_all(&SSL_REQUEST).unwrap();
    let mut answer = [0];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"N");

    cluster.stop();
    assert!(!folder.exists());
    assert_eq!(
        client.read(&mut answer).unwrap(),
        0,
        "the server has closed the connection"
    );
}

#[test]
fn one_cluster_serves_the_whole_process() {
    let urls: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(postgres_url)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(urls.iter().all(|url| *url == urls[0]), "{urls:?}");
    assert!(urls[0].is_none_or(|url| url.starts_with("postgres")));
}
