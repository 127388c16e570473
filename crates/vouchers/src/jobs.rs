use db::Tx;

use crate::model::number::Number;
use crate::{Error, Vouchers, store};

/// The job that expires vouchers shortly after midnight.
pub const EXPIRE: &str = "vouchers.expire";

/// The job that gives a number to vouchers that have none.
pub const NUMBER: &str = "vouchers.number";

impl Vouchers {
    /// Handles [`EXPIRE`].
    pub async fn run_expire(&self) -> Result<(), Error> {
        let expired = self.expire_everywhere(EXPIRE).await?;
        tracing::info!(expired, "vouchers expired");
        Ok(())
    }

    /// Handles [`NUMBER`]: for vouchers from before there were numbers, and those that a binary from then still grants
    /// beside this one. Safe to run twice and at once: a voucher that has a number keeps it.
    pub async fn run_number(&self) -> Result<(), Error> {
        loop {
            let without = store::without_number(self.db.read()).await?;
            if without.is_empty() {
                return Ok(());
            }
            self.db
                .write::<_, Error, _>(async |tx: &Tx| {
                    for id in &without {
                        store::set_number(tx, *id, Number::from_random(tx.random())).await?;
                    }
                    Ok(())
                })
                .await?;
        }
    }
}
