//! Vouchers that are filled anew each month (V10).

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{Actor, BudgetId, Cents, CityId, TypedId, VoucherId};
use ledger::Posting;
use programmes::{Programme, Terms};

use crate::model::Model as Voucher;
use crate::model::replenishment::{Due, Model as VoucherReplenishment, due};
use crate::model::task::Kind;
use crate::{Error, Vouchers, accounts, store};

/// The job that fills vouchers anew on the first day of a month.
pub const REPLENISH: &str = "vouchers.replenish";

impl Vouchers {
    /// Handles [`REPLENISH`]: midnight comes to each city in its own zone. Safe to run twice and at once: each voucher has a
    /// transaction of its own, is judged under its lock, and gets a month once.
    pub async fn run_replenish(&self) -> Result<(), Error> {
        let mut failed = None;
        for city in self.cities.list().await? {
            let today = city.day_of(self.db.clock().now());
            let since = kernel::start_of_day(programmes::model::parameters::month_of(today).0, city.zone.0);
            for terms in programmes::replenishing_terms(self.db.read(), city.id, today).await? {
                let mut after = None;
                loop {
                    let programme = terms.programme_id;
                    let waiting = store::replenishment::waiting(self.db.read(), programme, since, today, after).await?;
                    let Some(last) = waiting.last() else { break };
                    after = Some(*last);
                    for id in waiting {
                        // One voucher that cannot be filled does not keep the others.
                        if let Err(error) = self.replenish(&city, &terms, id).await {
                            failed.get_or_insert(error);
                        }
                    }
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn replenish(&self, city: &cities::City, terms: &Terms, id: VoucherId) -> Result<(), Error> {
        let actor = Actor::system(REPLENISH);
        self.db
            .write(async |tx: &Tx| {
                let kept = programmes::keep_with_budget(tx, city.id, terms.programme_id).await?;
                let (programme, budget) = kept.ok_or(Error::NotFound)?;
                let voucher = store::find_for_update(tx, &[city.id], id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                let filling = Filling {
                    last: store::replenishment::latest(tx, id).await?,
                    granted_on: city.day_of(voucher.granted_at),
                    today,
                    voucher,
                };
                let year = budget.map(|budget| budget.id);
                filling.fill(tx, &actor, &programme, terms, year).await
            })
            .await
    }

    /// What came to vouchers after their grant, in the order of months. Only who was shown a voucher has its record to ask
    /// with.
    pub async fn replenishments(&self, vouchers: &[&Voucher]) -> Result<Vec<VoucherReplenishment>, Error> {
        let ids: Vec<_> = vouchers.iter().map(|voucher| voucher.id).collect();
        let cities: Vec<CityId> = vouchers.iter().map(|voucher| voucher.city_id).collect();
        Ok(store::replenishment::of_vouchers(self.db.read(), &cities, &ids).await?)
    }
}

/// A locked voucher that may be due for a month.
struct Filling {
    voucher: Voucher,
    last: Option<VoucherReplenishment>,
    granted_on: NaiveDate,
    today: NaiveDate,
}

impl Filling {
    /// Returns what is left where it does not carry over, then fills the voucher from the budget `year` of the present fiscal
    /// year; leaves a task to the officers where that does not cover it.
    async fn fill(
        self,
        tx: &Tx,
        actor: &Actor,
        programme: &Programme,
        terms: &Terms,
        year: Option<BudgetId>,
    ) -> Result<(), Error> {
        let voucher = &self.voucher;
        let own = [
            (accounts::AVAILABLE, voucher.id.uuid()),
            (programmes::accounts::AVAILABLE, voucher.budget_id.uuid()),
        ];
        let [available, funding] = ledger::lock(tx, programme.city_id, own).await?;
        let (left, rule) = (available.cents(), terms.parameters.replenishment);
        let decided = due(voucher, self.granted_on, self.last.as_ref(), rule, left, self.today);
        let Some(due) = decided else { return Ok(()) };
        let lapse = Posting::new(&available, &funding, due.returned, "voucher.lapse", voucher.id);
        ledger::post(tx, actor, &[lapse]).await?;
        let came = match year {
            Some(year) => self.pay_in(tx, actor, &due, left - due.returned, year).await?,
            None => Cents::ZERO,
        };
        if came.is_positive() {
            store::replenishment::fill(tx, voucher, came, year.unwrap_or(voucher.budget_id)).await?;
        } else {
            let city = voucher.city_id;
            store::task::open_once(tx, city, Kind::ReplenishmentRefused, voucher.id).await?;
        }
        let row = VoucherReplenishment {
            id: tx.new_id(),
            city_id: voucher.city_id,
            voucher_id: voucher.id,
            starts_on: due.starts_on,
            ends_on: due.ends_on,
            due_cents: due.cents,
            came_cents: came,
            returned_cents: due.returned,
            created_at: tx.now(),
        };
        store::replenishment::insert(tx, row).await?;
        let act = Act::new("replenishVoucher", voucher.id)
            .in_city(voucher.city_id)
            .about(voucher.resident_id);
        Ok(audit::record(tx, actor, act).await?)
    }

    /// Moves what is due from the budget of the present year to the voucher; answers what came. What `carries` over from a
    /// voucher of another year is funded anew too, so that each voucher holds money of one year.
    async fn pay_in(&self, tx: &Tx, actor: &Actor, due: &Due, carries: Cents, year: BudgetId) -> Result<Cents, Error> {
        let voucher = &self.voucher;
        let moves = year != voucher.budget_id;
        let mut wanted = vec![
            (accounts::AVAILABLE, voucher.id.uuid()),
            (programmes::accounts::AVAILABLE, year.uuid()),
        ];
        if moves {
            wanted.push((programmes::accounts::AVAILABLE, voucher.budget_id.uuid()));
        }
        let locked = ledger::lock_all(tx, voucher.city_id, &wanted).await?;
        let [available, budget, old @ ..] = locked.as_slice() else {
            return Err(ledger::Error::Missing(format!("accounts of {}", voucher.id)).into());
        };
        let anew = if moves { carries } else { Cents::ZERO };
        if !budget.covers((due.cents + anew).0) {
            return Ok(Cents::ZERO);
        }
        let mut postings = Vec::new();
        if let [old] = old {
            postings.push(Posting::new(available, old, anew, "voucher.carry", voucher.id));
            postings.push(Posting::new(budget, available, anew, "voucher.carry", voucher.id));
        }
        postings.push(Posting::new(budget, available, due.cents, "voucher.grant", voucher.id));
        ledger::post(tx, actor, &postings).await?;
        Ok(due.cents)
    }
}
