use db::Tx;
use documents::Sheet;
use kernel::{Actor, DecisionId};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::model::print::Model as Print;
use crate::model::ruling::Model as Decision;
use crate::{Error, Vouchers, store};

/// How many decisions are printed at once in a process: each takes a core and some memory.
static PRESSES: Semaphore = Semaphore::const_new(1);

impl Vouchers {
    /// The PDF of a decision that the actor may see; the look at one about somebody else is recorded. It is made when it is
    /// first asked for and kept: all get the same bytes.
    ///
    /// # Errors
    /// `NotFound`, `Document`.
    pub async fn print(&self, actor: &Actor, id: DecisionId) -> Result<Print, Error> {
        let found = self.decisions_by_ids(actor, &[id]).await?.pop();
        let decision = found.ok_or(Error::NotFound)?;
        if let Some(print) = store::application::print(self.db.read(), id).await? {
            return Ok(print);
        }
        let pdf = press(decision).await?;
        let sha256 = hex::encode(Sha256::digest(&pdf));
        self.db
            .write(async |tx: &Tx| {
                let print = Print {
                    decision_id: id,
                    pdf: pdf.clone(),
                    sha256: sha256.clone(),
                    printed_at: tx.now(),
                };
                // Whoever came first has made it.
                store::application::insert_print(tx, print).await?;
                let kept = store::application::print(tx.conn(), id).await?;
                kept.ok_or(Error::NotFound)
            })
            .await
    }
}

/// Prints a decision outside of the threads that answer requests.
async fn press(decision: Decision) -> Result<Vec<u8>, Error> {
    let broken = |cause: String| Error::Document(documents::Error::Pdf(cause));
    let _press = PRESSES.acquire().await.map_err(|closed| broken(closed.to_string()))?;
    let printing = tokio::task::spawn_blocking(move || {
        let sheet: Sheet = serde_json::from_str(&decision.sheet).map_err(|error| broken(error.to_string()))?;
        Ok(sheet.pdf(&decision.id.to_string())?)
    });
    printing.await.map_err(|panic| broken(panic.to_string()))?
}
