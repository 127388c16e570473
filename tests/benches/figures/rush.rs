use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use support::process::{Caller, Door, Site};
use support::{Kind, PASSWORD};

use crate::catalogue::Visitor;
use crate::load::run;
use crate::program::PROGRAM;
use crate::report::row;

/// How many sign in at the same moment.
const CROWD: u32 = 300;

/// How many look at offers meanwhile.
const VISITORS: usize = 8;

/// For how long one crowd follows the other.
const LASTING: Duration = Duration::from_secs(10);

/// The time that 99 of 100 reads may take meanwhile.
const QUICK: Duration = Duration::from_millis(300);

/// The memory that it may take, in mebibytes.
const ROOM: u64 = 512;

/// Lets crowds sign in to the program as it is shipped, on SQLite with the demo, while others read. Answers whether reads
/// stayed quick and memory small.
pub(crate) async fn measure() -> bool {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let instance = site.serve_at_real_cost().await;
    let door = Door::to(&instance);
    let visitors = vec![Visitor::at(&door).await; VISITORS];
    let ((_, mut reads), (crowds, hashed)) = tokio::join!(run(visitors, LASTING), crowds(&door));
    let memory = instance.peak_memory_kib() / 1024;
    let what = format!("{CROWD} sign-ins at once, {crowds} times");
    row(&format!("{what}, passwords hashed"), &hashed.to_string(), "");
    row(
        &format!("{what}, reads meanwhile, 99th percentile"),
        &reads.p99(),
        "< 300 ms",
    );
    row(&format!("{what}, most memory"), &format!("{memory} MiB"), "< 512 MB");
    assert!(instance.stop().await.success(), "it ends orderly");
    site.finish().await;
    reads.ninety_nine() < QUICK && memory < ROOM
}

/// Answers how many crowds there were and how many passwords were hashed for them.
async fn crowds(door: &Door) -> (u32, usize) {
    let begin = Instant::now();
    let (mut crowds, mut hashed) = (0, 0);
    while begin.elapsed() < LASTING {
        hashed += crowd(door, crowds).await;
        crowds += 1;
    }
    (crowds, hashed)
}

/// Each of a crowd comes from a network of her own to an address without an account, for which a password is hashed all
/// the same: so no counter of guesses takes work off the server.
///
/// # Panics
/// When somebody is answered anything else than that the password is wrong or that there are too many.
async fn crowd(door: &Door, number: u32) -> usize {
    let answers = join_all((number * CROWD..(number + 1) * CROWD).map(|person| {
        let network = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + person);
        let caller = Caller::anyone(door).forwarded_for(&network.to_string());
        async move {
            let email = format!("person{person}@example.org");
            caller.sign_in(&email, PASSWORD).await.expect("an answer")
        }
    }))
    .await;
    let mut hashed = 0;
    for answer in answers {
        if answer.user_errors() == ["WRONG_CREDENTIALS"] {
            hashed += 1;
        } else {
            let limited = matches!(answer.error_code(), Some("RATE_LIMITED" | "UNAVAILABLE"));
            assert!(limited, "{answer:?}");
        }
    }
    hashed
}
