//! A resident lives elsewhere: her vouchers of the city that she left end (T4).

use db::Tx;
use identity::HomeMoved;
use kernel::Actor;

use crate::life::shorten;
use crate::{Error, Vouchers, store};

/// Who ends vouchers because of a move.
const MOVED: &str = "vouchers.moved";

/// The reason in the audit record.
const REASON: &str = "Kotikunta on vaihtunut.";

impl Vouchers {
    /// Ends the vouchers of the city that a resident has left with her last day there, or today when that has passed. Safe to
    /// run twice: what ends by then anyway stays as it is. What an officer of another city says ends nothing before the
    /// population register says it too, or an officer of this city (`recordMove`).
    pub async fn end_after_move(&self, moved: HomeMoved) -> Result<(), Error> {
        let Some(city) = self.cities.find_by_code(&moved.left).await? else {
            return Ok(());
        };
        if moved.recorded_by.is_some_and(|by| by != city.id) {
            return Ok(());
        }
        let actor = Actor::system(MOVED);
        let last_day = moved.first_day.pred_opt().unwrap_or(moved.first_day);
        self.db
            .write(async |tx: &Tx| {
                let today = city.day_of(tx.now());
                for voucher in store::alive_for_update(tx, city.id, moved.person).await? {
                    if let Some(last) = voucher.ends_by_moving(last_day, today) {
                        shorten(tx, &actor, &voucher, last, REASON).await?;
                    }
                }
                Ok(())
            })
            .await
    }
}
