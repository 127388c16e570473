use crate::{Error, Vouchers};

/// The job that expires vouchers shortly after midnight.
pub const EXPIRE: &str = "vouchers.expire";

impl Vouchers {
    /// Handles [`EXPIRE`].
    pub async fn run_expire(&self) -> Result<(), Error> {
        let expired = self.expire_everywhere(EXPIRE).await?;
        tracing::info!(expired, "vouchers expired");
        Ok(())
    }
}
