//! Looks after jobs that could not be done.

use db::{Db, Tx};
use kernel::{JobId, PageRequest};

use super::print;
use crate::Failure;

/// Prints the parked jobs, oldest first.
pub(super) async fn list(db: &Db) -> Result<(), Failure> {
    let mut page = PageRequest {
        first: 100,
        after: None,
    };
    loop {
        let jobs = jobs::dead(db.read(), page).await?;
        for job in &jobs.items {
            let error = job.last_error.as_deref().unwrap_or("no error recorded");
            print(&format!("{}  {}  {} tries  {error}", job.id, job.kind, job.attempts))?;
        }
        page.after = jobs.items.last().map(|job| job.id);
        if !jobs.has_next {
            return Ok(());
        }
    }
}

/// Lets a parked job run again.
pub(super) async fn retry(db: &Db, id: &str) -> Result<(), Failure> {
    let unknown = || format!("there is no parked job {id}; `palvelutori jobs list` prints them");
    let job: JobId = id.parse().map_err(|_malformed| unknown())?;
    if db.write(async |tx: &Tx| jobs::retry(tx, job).await).await? {
        Ok(())
    } else {
        Err(unknown().into())
    }
}
