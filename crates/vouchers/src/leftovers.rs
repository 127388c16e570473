//! Bytes that no application names: of files that were taken away, and of requests that died half-way.

use std::collections::HashSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use jobs::Job;
use serde::{Deserialize, Serialize};

use crate::model::attachment::Model as Attachment;
use crate::{Error, Vouchers, store};

/// The job that looks every night for bytes that no application names.
pub const SWEEP_FILES: &str = "vouchers.sweep_files";

/// The job that removes the bytes of an attachment that was taken away.
pub const FORGET_FILE: &str = "vouchers.forget_file";

/// How many days must have begun since the one of a file before its bytes may be removed: no request that keeps bytes below
/// a day is at work two days later.
const REST: Days = Days::new(2);

/// How many days back the nightly look goes, so that a week without workers leaves nothing.
const LOOK_BACK: u64 = 9;

/// How many digests one statement names.
const CHUNK: usize = 500;

/// The bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    kept_on: NaiveDate,
    sha256: String,
}

/// What removes the bytes of an attachment that is taken away at `now`; none while somebody may be about to name the same
/// bytes: then the nightly look finds them.
pub(crate) fn forgetting(attachment: &Attachment, now: DateTime<Utc>) -> Option<Job> {
    let rested = attachment.kept_on.checked_add_days(REST)?;
    let work = Forgotten {
        kept_on: attachment.kept_on,
        sha256: attachment.sha256.clone(),
    };
    (rested <= now.date_naive()).then(|| Job::new(FORGET_FILE, &work))
}

impl Vouchers {
    /// Handles [`FORGET_FILE`]. Safe to run twice.
    pub async fn run_forget_file(&self, work: Forgotten) -> Result<(), Error> {
        self.forget_unnamed(work.kept_on, &[work.sha256]).await?;
        Ok(())
    }

    /// Handles [`SWEEP_FILES`]. Safe to run twice and at once.
    pub async fn run_sweep_files(&self) -> Result<(), Error> {
        let today = self.db.clock().now().date_naive();
        let mut removed = 0;
        for back in 2..=LOOK_BACK {
            let Some(day) = today.checked_sub_days(Days::new(back)) else {
                continue;
            };
            for digests in self.files.of_day(day).await?.chunks(CHUNK) {
                removed += self.forget_unnamed(day, digests).await?;
            }
        }
        tracing::info!(removed, "files that no application names were removed");
        Ok(())
    }

    /// Removes those of `digests`, files of a day that has rested, that no application names.
    async fn forget_unnamed(&self, day: NaiveDate, digests: &[String]) -> Result<usize, Error> {
        let named = store::attachment::named(self.db.read(), day, digests).await?;
        let named: HashSet<_> = named.iter().collect();
        let unnamed: Vec<_> = digests.iter().filter(|digest| !named.contains(digest)).collect();
        for digest in &unnamed {
            self.files.remove(day, digest).await?;
        }
        Ok(unnamed.len())
    }
}
