//! Recounts what is stored twice.

use audit::seal::AuditRows;
use db::Db;
use ledger::Difference;

use super::print;
use crate::Failure;
use crate::seals::TransferRows;

/// Prints every difference.
///
/// # Errors
/// When there is one.
pub(super) async fn check(db: &Db, seals: bool) -> Result<(), Failure> {
    let mut found: Vec<_> = differences(db)
        .await?
        .into_iter()
        .map(|Difference { what, stored, derived }| format!("{what}: stored {stored}, derived {derived}"))
        .collect();
    if seals {
        found.extend(broken_seals(db).await?);
    }
    for line in &found {
        print(line)?;
    }
    match found.len() {
        0 => print("everything agrees"),
        count => Err(format!("{count} differences").into()),
    }
}

/// Every difference between what is stored and what the records below it add up to, as they are now.
///
/// # Errors
/// Those of the database.
pub async fn differences(db: &Db) -> Result<Vec<Difference>, Failure> {
    // One moment for all of them: a server may be at work meanwhile.
    db.snapshot(async |moment| {
        let mut differences = ledger::check(moment).await?;
        differences.extend(vouchers::check(moment).await?);
        differences.extend(bookings::check(moment).await?);
        differences.extend(settlement::check(moment).await?);
        Ok(differences)
    })
    .await
}

/// A sentence for each seal that does not fit its rows.
///
/// # Errors
/// Those of the database.
pub async fn broken_seals(db: &Db) -> Result<Vec<String>, Failure> {
    let cities = cities::ids(db.read()).await?;
    let mut broken = audit::seal::verify::<AuditRows>(db.read(), &cities).await?;
    broken.extend(audit::seal::verify::<TransferRows>(db.read(), &cities).await?);
    Ok(broken)
}
