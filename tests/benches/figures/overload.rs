use std::time::{Duration, Instant};

use support::Kind;
use support::process::{Door, Instance, Site, eventually};
use tokio::task::JoinSet;

use crate::catalogue::Visitor;
use crate::program::PROGRAM;
use crate::report::{ratio, row};

/// Ten for each place: the program as it is shipped works on 256 requests and lets 256 wait. Each client needs an open file
/// here, and those that are let in another one there: `ulimit -n 8192`.
const CLIENTS: usize = 10 * (256 + 256);

/// For how long nobody rests.
const LASTING: Duration = Duration::from_mins(1);

/// Normal is when so many answers in a row take less than [`QUICK`].
const ROW: usize = 20;

/// How soon it must be normal again.
const HEALING: Duration = Duration::from_secs(10);

/// How long an answer takes at most in normal times.
const QUICK: Duration = Duration::from_millis(100);

/// How requests ended.
#[derive(Default)]
struct Ends {
    served: u64,
    /// With 429 or 503.
    refused: u64,
    /// With another status.
    other: u64,
    /// Without any.
    lost: u64,
}

impl Ends {
    fn add(&mut self, others: &Self) {
        self.served += others.served;
        self.refused += others.refused;
        self.other += others.other;
        self.lost += others.lost;
    }
}

/// Overloads the program as it is shipped, on SQLite with the demo and behind a proxy, and waits until it is normal
/// again. Answers whether everybody was served or told to come back, and it healed in time.
pub(crate) async fn measure() -> bool {
    let site = Site::new(PROGRAM, Kind::Sqlite).await;
    let instance = Instance::listening(site.behind_proxy()).await;
    let visitor = Visitor::at(&Door::to(&instance)).await;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(hurry(visitor.clone()));
    }
    let mut all = Ends::default();
    for ends in clients.join_all().await {
        all.add(&ends);
    }
    let healing = Instant::now();
    eventually(Duration::from_mins(1), "it is normal again", async || {
        for _ in 0..ROW {
            let begin = Instant::now();
            let answered = visitor.look().await.is_ok_and(|answer| answer.status == 200);
            if !answered || begin.elapsed() >= QUICK {
                return false;
            }
        }
        true
    })
    .await;
    let healed = healing.elapsed();

    let what = format!("{CLIENTS} clients at once for {} s", LASTING.as_secs());
    let per_second = |count: u64| (count / LASTING.as_secs()).to_string();
    row(
        &format!("{what}, pages of offers per second"),
        &per_second(all.served),
        "",
    );
    row(
        &format!("{what}, refused with 429 or 503 per second"),
        &per_second(all.refused),
        "",
    );
    let asked = all.served + all.refused + all.other + all.lost;
    row(&format!("{what}, asked : served"), &ratio(asked, all.served), "");
    row(&format!("{what}, other answers"), &all.other.to_string(), "0");
    row(&format!("{what}, broken connections"), &all.lost.to_string(), "0");
    row(
        "from the last of them to normal again",
        &format!("{} ms", healed.as_millis()),
        "< 10000 ms",
    );
    assert!(instance.stop().await.success(), "it ends orderly");
    site.finish().await;
    all.served > 0 && all.refused > 0 && all.other == 0 && all.lost == 0 && healed < HEALING
}

/// Asks again as soon as it is answered.
async fn hurry(visitor: Visitor) -> Ends {
    let begin = Instant::now();
    let mut ends = Ends::default();
    while begin.elapsed() < LASTING {
        match visitor.look().await.map(|answer| answer.status.as_u16()) {
            Ok(200) => ends.served += 1,
            Ok(429 | 503) => ends.refused += 1,
            Ok(_) => ends.other += 1,
            Err(_) => ends.lost += 1,
        }
    }
    ends
}
