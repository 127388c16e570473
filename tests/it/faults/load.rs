//! More than the program can do: sign-ins, requests, clients that never finish.

use std::io::ErrorKind;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use support::process::{Caller, Door, Instance, Site, eventually};
use support::{Answer, Kind, PASSWORD};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, interval, timeout};

use super::PROGRAM;

async fn cities(door: &Door) -> Answer {
    let answer = Caller::anyone(door).run("anyone/cities", json!({})).await;
    answer.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_sign_ins_at_once_stay_within_memory() {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let instance = site.serve_at_real_cost().await;
    let door = Door::to(&instance);
    let sign_ins = join_all((0..300).map(|number| {
        let network = format!("192.0.2.{}", number % 250);
        let caller = Caller::anyone(&door).forwarded_for(&network);
        async move { caller.sign_in("aino@example.org", PASSWORD).await.expect("an answer") }
    }));
    let reads = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let begun = Instant::now();
            cities(&door).await.ok();
            slowest = slowest.max(begun.elapsed());
        }
        slowest
    };
    let (answers, slowest) = tokio::join!(sign_ins, reads);
    let signed_in = answers
        .iter()
        .filter(|answer| answer.data("/signIn/session/accessToken").is_string())
        .count();
    assert!(signed_in > 0, "nobody got in");
    let codes = |answer: &&Answer| {
        let limited = matches!(answer.error_code(), Some("RATE_LIMITED" | "UNAVAILABLE"));
        let told = answer.user_errors() == ["RATE_LIMITED"];
        let inside = answer.data("/signIn/session/accessToken").is_string();
        !(limited || told || inside)
    };
    let others: Vec<_> = answers.iter().filter(codes).collect();
    assert!(others.is_empty(), "{others:?}");
    let memory = instance.peak_memory_kib();
    assert!(memory < 512 * 1024, "{memory} KiB");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(instance.stop().await.success());
    site.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_is_refused_and_forgotten() {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let mut command = site.behind_proxy();
    command.env("PALVELUTORI_HTTP__MAX_CONCURRENT_REQUESTS", "2");
    let instance = Instance::listening(command).await;
    let door = Door::to(&instance);
    let until = Instant::now() + Duration::from_secs(3);
    let statuses = join_all((0..400).map(|_| async {
        let mut statuses = Vec::new();
        while Instant::now() < until {
            statuses.push(cities(&door).await.status.as_u16());
        }
        statuses
    }));
    let statuses: Vec<_> = statuses.await.into_iter().flatten().collect();
    let unexpected: Vec<_> = statuses
        .iter()
        .filter(|status| ![200, 429, 503].contains(*status))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    assert!(statuses.contains(&200), "nobody was served");
    assert!(statuses.contains(&503), "it was no overload");
    eventually(Duration::from_secs(10), "it is normal again", async || {
        let begun = Instant::now();
        cities(&door).await.status == 200 && begun.elapsed() < Duration::from_millis(300)
    })
    .await;
    assert!(instance.stop().await.success());
    site.finish().await;
}

/// Sends one byte of a request each second and never ends it.
async fn dawdle(stream: TcpStream) {
    let mut seconds = interval(Duration::from_secs(1));
    for byte in b"POST /graphql HTTP/1.1\r\n".iter().cycle() {
        seconds.tick().await;
        match stream.try_write(&[*byte]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // The server has lost patience, as it should.
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_slow_clients_keep_nobody_waiting() {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let instance = Instance::listening(site.behind_proxy()).await;
    let door = Door::to(&instance);
    let streams = join_all((0..500).map(|_| TcpStream::connect(door.address()))).await;
    let mut slow: tokio::task::JoinSet<_> = streams
        .into_iter()
        .map(|stream| dawdle(stream.expect("it is accepted")))
        .collect();
    let begun = Instant::now();
    for _ in 0..40 {
        cities(&door).await.ok();
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // The head of a request has ten seconds.
    let given_up = timeout(Duration::from_secs(30), async {
        while slow.join_next().await.is_some() {}
    })
    .await;
    assert!(given_up.is_ok(), "{} slow clients are still served", slow.len());
    cities(&door).await.ok();
    assert!(instance.stop().await.success());
    site.finish().await;
}

/// Nobody is trusted here: the connections of one address end at a quarter, and those of others are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_does_not_lock_others_out() {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let mut command = site.command(&["serve"]);
    command.env("PALVELUTORI_HTTP__MAX_CONNECTIONS", "80");
    let instance = Instance::listening(command).await;
    let door = Door::to(&instance);
    // All of 127/8 is this machine.
    let elsewhere = || {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(([127, 0, 0, 2], 0).into())
            .expect("an address of this machine");
        socket.connect(door.address())
    };
    let silent = join_all((0..200).map(|_| elsewhere())).await;
    cities(&door).await.ok();
    drop(silent);
    assert!(instance.stop().await.success());
    site.finish().await;
}
