//! Vouchers that are filled anew each month (V10).

use audit::Act;
use chrono::NaiveDate;
use db::Tx;
use kernel::{Actor, BudgetId, Cents, CityId, VoucherId};
use programmes::Terms;

use crate::funding::Funding;
use crate::model::replenishment::{Due, Model as VoucherReplenishment, due};
use crate::model::task::Kind;
use crate::model::{Model as Voucher, Worth};
use crate::{Error, Vouchers, store};

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
                let (_, budget) = kept.ok_or(Error::NotFound)?;
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
                filling.fill(tx, &actor, terms, year).await
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
    async fn fill(self, tx: &Tx, actor: &Actor, terms: &Terms, year: Option<BudgetId>) -> Result<(), Error> {
        let voucher = &self.voucher;
        let own = Funding::lock(tx, voucher, voucher.budget_id).await?;
        let (left, rule) = (own.left(), terms.parameters.replenishment);
        let decided = due(voucher, self.granted_on, self.last.as_ref(), rule, left, self.today);
        let Some(due) = decided else { return Ok(()) };
        let lapse = own.pay_back(due.returned, "voucher.lapse", voucher);
        ledger::post(tx, actor, &lapse).await?;
        let came = match year {
            Some(year) => self.pay_in(tx, actor, &due, left - due.returned, year).await?,
            None => Worth::default(),
        };
        if came.cents.is_positive() {
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
            due_cents: due.worth.cents,
            came_cents: came.cents,
            returned_cents: due.returned.cents,
            due_quantity: due.worth.quantity,
            came_quantity: came.quantity,
            returned_quantity: due.returned.quantity,
            created_at: tx.now(),
        };
        store::replenishment::insert(tx, row).await?;
        let act = Act::new("replenishVoucher", voucher.id)
            .in_city(voucher.city_id)
            .about(voucher.resident_id);
        Ok(audit::record(tx, actor, act).await?)
    }

    /// Moves what is due from the budget of the present year to the voucher; answers what came. The money that `carries` over
    /// from a voucher of another year is funded anew too, so that each voucher holds money of one year; its units stay.
    async fn pay_in(&self, tx: &Tx, actor: &Actor, due: &Due, carries: Worth, year: BudgetId) -> Result<Worth, Error> {
        let voucher = &self.voucher;
        let funding = Funding::lock(tx, voucher, year).await?;
        let moves = year != voucher.budget_id;
        let anew = Worth::of_cents(if moves { carries.cents } else { Cents::ZERO });
        if !funding.covers(due.worth.cents + anew.cents) {
            return Ok(Worth::default());
        }
        let own = if moves {
            Some(Funding::lock(tx, voucher, voucher.budget_id).await?)
        } else {
            None
        };
        let mut postings = Vec::new();
        if let Some(own) = &own {
            postings.extend(own.pay_back(anew, "voucher.carry", voucher));
            postings.extend(funding.pay_in(anew, "voucher.carry", voucher));
        }
        postings.extend(funding.pay_in(due.worth, "voucher.grant", voucher));
        ledger::post(tx, actor, &postings).await?;
        Ok(due.worth)
    }
}
