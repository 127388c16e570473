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
    let mut found: Vec<_> = lasting_differences(db)
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

/// What differs twice in a row: a server at work may change a record between the two looks that compare it.
async fn lasting_differences(db: &Db) -> Result<Vec<Difference>, Failure> {
    let mut first = differences(db).await?;
    if !first.is_empty() {
        let second = differences(db).await?;
        first.retain(|difference| second.contains(difference));
    }
    Ok(first)
}

/// Every difference between what is stored and what the records below it add up to, as they are now.
///
/// # Errors
/// Those of the database.
pub async fn differences(db: &Db) -> Result<Vec<Difference>, Failure> {
    let mut differences = ledger::check(db.read()).await?;
    differences.extend(vouchers::check(db.read()).await?);
    differences.extend(bookings::check(db.read()).await?);
    differences.extend(settlement::check(db.read()).await?);
    Ok(differences)
}

async fn broken_seals(db: &Db) -> Result<Vec<String>, Failure> {
    let mut broken = audit::seal::verify::<AuditRows>(db.read()).await?;
    broken.extend(audit::seal::verify::<TransferRows>(db.read()).await?);
    Ok(broken)
}
