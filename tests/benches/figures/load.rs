use std::time::{Duration, Instant};

/// Somebody who does the same again and again.
pub(crate) trait Worker: Send + 'static {
    /// Does it once.
    ///
    /// # Panics
    /// When it fails: a refusal is faster than the work that is to be measured.
    fn work(&mut self) -> impl Future<Output = ()> + Send;
}

/// What workers got done together.
#[derive(Default)]
pub(crate) struct Done {
    took: Duration,
    each: Vec<Duration>,
}

impl Done {
    /// How often it was done in a second.
    pub(crate) fn per_second(&self) -> u64 {
        self.per_thousand_seconds() / 1_000
    }

    /// The same to three more digits, for ratios.
    pub(crate) fn per_thousand_seconds(&self) -> u64 {
        let count = u64::try_from(self.each.len()).expect("a count");
        let millis = u64::try_from(self.took.as_millis()).expect("a short time");
        count * 1_000_000 / millis.max(1)
    }

    /// The time that 99 of 100 did not exceed.
    pub(crate) fn ninety_nine(&mut self) -> Duration {
        self.each.sort_unstable();
        let place = (self.each.len() * 99 / 100).min(self.each.len().saturating_sub(1));
        self.each.get(place).copied().unwrap_or_default()
    }

    /// The same to be printed.
    pub(crate) fn p99(&mut self) -> String {
        let micros = self.ninety_nine().as_micros();
        format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
    }

    /// Adds another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.took += other.took;
        self.each.extend(other.each);
    }
}

/// Lets all workers work at the same time for as long as `lasting`; answers them for another round.
pub(crate) async fn run<W: Worker>(workers: Vec<W>, lasting: Duration) -> (Vec<W>, Done) {
    let begin = Instant::now();
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|mut worker| {
            tokio::spawn(async move {
                let mut each = Vec::new();
                let mut now = Instant::now();
                while begin.elapsed() < lasting {
                    worker.work().await;
                    let end = Instant::now();
                    each.push(end - now);
                    now = end;
                }
                (worker, each)
            })
        })
        .collect();
    let (mut workers, mut done) = (Vec::new(), Done::default());
    for task in tasks {
        let (worker, each) = task.await.expect("the worker did not fail");
        workers.push(worker);
        done.each.extend(each);
    }
    done.took = begin.elapsed();
    (workers, done)
}
