use audit::Act;
use bookings::accounts::PAYABLE;
use chrono::Datelike;
use db::{OnceKey, Tx};
use kernel::{Actor, Cents, CityId, Page, PageRequest, PaymentId, RunId, TypedId};
use ledger::Posting;

use crate::accounts::{CLEARING, PAID};
use crate::draft::fill;
use crate::model::file::Model as StoredFile;
use crate::model::payment::{Model as Payment, State as PaymentState};
use crate::model::run::{Event, Model as Run, Period, State};
use crate::model::statement::set_aside::Model as SetAside;
use crate::orders::{bank_id, move_payment, payment, payment_file};
use crate::{Error, Settlement, policy, store};

impl Settlement {
    /// Makes the run of a month that has ended in the city: a statement for each company over every delivery up to the
    /// end of the month that no run has taken, and over failed payments of earlier runs. No money moves yet.
    ///
    /// # Errors
    /// `TooEarly` for a month that has not ended, `AlreadyExists` when it has a run, `NothingToSettle` when nothing
    /// waits, `KeyReused` when `key` was used for another request.
    pub async fn create_run(
        &self,
        actor: &Actor,
        key: &str,
        city: CityId,
        year: i32,
        month: u32,
    ) -> Result<Run, Error> {
        let clerk = policy::SETTLE.in_city(actor, city)?;
        let key = OnceKey::new(actor, key, "createSettlementRun", &(city, year, month))?;
        let city = self.cities.find(city).await?.ok_or(Error::NotFound)?;
        let id = self
            .db
            .write_once(key, async |tx: &Tx| {
                let now = tx.now();
                let today = city.day_of(now);
                let period = Period::finished(year, month, today)?;
                let run = Run {
                    id: tx.new_id(),
                    city_id: city.id,
                    period_from: period.from,
                    period_until: period.until,
                    state: State::Draft,
                    created_by: clerk,
                    confirmed_by: None,
                    message_id: None,
                    created_at: now,
                    version: 1,
                };
                if !store::run::insert(tx, run.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                fill(tx, &run, today.year()).await?;
                ledger::open(tx, city.id, run.id.uuid(), [CLEARING]).await?;
                ledger::open(tx, city.id, city.id.uuid(), [PAID]).await?;
                let act = Act::new("createSettlementRun", run.id).in_city(city.id);
                audit::record(tx, actor, act).await?;
                Ok::<RunId, Error>(run.id)
            })
            .await?;
        self.run(actor, id).await?.ok_or(Error::NotFound)
    }

    /// Confirms a draft of another clerk: its lines never change again, its money goes from what is owed to what is on
    /// its way, one payment for each statement.
    ///
    /// # Errors
    /// `FourEyes` for the clerk who made it, `Stale` when it changed since `expected_version`, `NothingToSettle` when
    /// every company had to be left out, `KeyReused` when `key` was used for another request.
    pub async fn confirm_run(&self, actor: &Actor, key: &str, id: RunId, expected_version: i32) -> Result<Run, Error> {
        let city = self.city_to_settle(actor, id).await?;
        let clerk = policy::SETTLE.in_city(actor, city)?;
        let key = OnceKey::new(actor, key, "confirmSettlementRun", &(id, expected_version))?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let run = store::run::find_for_update(tx, city, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let state = run.confirm(clerk, expected_version)?;
                let statements = store::statement::of_run(tx, &run).await?;
                if statements.is_empty() {
                    return Err(Error::NothingToSettle);
                }
                let payments: Vec<_> = statements.iter().map(|statement| payment(tx, statement)).collect();
                for payment in &payments {
                    let accounts = [payment.account(PAYABLE), payment.account(CLEARING)];
                    let [payable, clearing] = ledger::lock(tx, city, accounts).await?;
                    let posting = Posting::new(
                        &payable,
                        &clearing,
                        payment.amount_cents,
                        payment.state.posting(),
                        payment.id,
                    );
                    ledger::post(tx, actor, &[posting]).await?;
                }
                store::payment::insert(tx, &payments).await?;
                audit::record(tx, actor, Act::new("confirmSettlementRun", id).in_city(city)).await?;
                let confirmed = Run {
                    state,
                    confirmed_by: Some(clerk),
                    ..run
                };
                Ok(store::run::update(tx, confirmed).await?)
            })
            .await
    }

    /// Gives up a run that was not sent: its deliveries and the failed payments it carries are free for another run,
    /// and what was confirmed is owed again.
    ///
    /// # Errors
    /// `State` once it was sent, `Stale` when it changed since `expected_version`, `KeyReused`.
    pub async fn cancel_run(&self, actor: &Actor, key: &str, id: RunId, expected_version: i32) -> Result<Run, Error> {
        let city = self.city_to_settle(actor, id).await?;
        let key = OnceKey::new(actor, key, "cancelSettlementRun", &(id, expected_version))?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let run = store::run::find_for_update(tx, city, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let state = run.after(Event::Cancel, expected_version)?;
                for payment in store::payment::of_run_for_update(tx, &run).await? {
                    move_payment(tx, actor, &payment, PaymentState::Cancelled, None).await?;
                }
                store::payment::uncarry(tx, id).await?;
                store::statement::void_lines(tx, id, tx.now()).await?;
                audit::record(tx, actor, Act::new("cancelSettlementRun", id).in_city(city)).await?;
                Ok(store::run::update(tx, Run { state, ..run }).await?)
            })
            .await
    }

    /// Makes the payment file of a confirmed run and keeps it; from now on the bank decides.
    ///
    /// # Errors
    /// `State` unless it is confirmed, `Stale` when it changed since `expected_version`, `KeyReused`.
    pub async fn send_run(&self, actor: &Actor, key: &str, id: RunId, expected_version: i32) -> Result<Run, Error> {
        let city = self.city_to_settle(actor, id).await?;
        let city = self.cities.find(city).await?.ok_or(Error::NotFound)?;
        let key = OnceKey::new(actor, key, "sendSettlementRun", &(id, expected_version))?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let run = store::run::find_for_update(tx, city.id, id)
                    .await?
                    .ok_or(Error::NotFound)?;
                let state = run.after(Event::Send, expected_version)?;
                let payments = store::payment::of_run_for_update(tx, &run).await?;
                let file = payment_file(&city, &run, &payments, tx.now())?;
                store::file::insert(tx, file).await?;
                store::payment::set_sent(tx, id).await?;
                audit::record(tx, actor, Act::new("sendSettlementRun", id).in_city(city.id)).await?;
                let sent = Run {
                    state,
                    message_id: Some(bank_id(id)),
                    ..run
                };
                Ok(store::run::update(tx, sent).await?)
            })
            .await
    }

    /// The payment file of a run that was sent: the same bytes at every download.
    pub async fn payment_file(&self, actor: &Actor, id: RunId) -> Result<Option<StoredFile>, Error> {
        Ok(store::file::find(self.db.read(), &policy::SEE.cities(actor), id).await?)
    }

    /// A run of a city in whose staff the actor may see it.
    pub async fn run(&self, actor: &Actor, id: RunId) -> Result<Option<Run>, Error> {
        Ok(store::run::find(self.db.read(), &policy::SEE.cities(actor), id).await?)
    }

    /// The runs among `ids` that the actor may see, in no order.
    pub async fn runs_by_ids(&self, actor: &Actor, ids: &[RunId]) -> Result<Vec<Run>, Error> {
        policy::SEE.signed_in(actor)?;
        Ok(store::run::by_ids(self.db.read(), &policy::SEE.cities(actor), ids).await?)
    }

    /// How many statements runs have and what they add up to, for staff of their cities; a run without statements is
    /// left out.
    pub async fn totals(&self, actor: &Actor, runs: &[RunId]) -> Result<Vec<(RunId, i64, Cents)>, Error> {
        Ok(store::statement::totals(self.db.read(), &policy::SEE.cities(actor), runs).await?)
    }

    /// The runs of a city, oldest first.
    pub async fn runs(&self, actor: &Actor, city: CityId, page: PageRequest<RunId>) -> Result<Page<Run>, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::run::page(self.db.read(), city, page).await?)
    }

    /// How many there are in [`Self::runs`].
    pub async fn count_runs(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::run::count(self.db.read(), city).await?)
    }

    /// The companies that runs had to leave out, for staff of their cities.
    pub async fn set_aside(&self, actor: &Actor, runs: &[RunId]) -> Result<Vec<SetAside>, Error> {
        Ok(store::run::set_aside(self.db.read(), &policy::SEE.cities(actor), runs).await?)
    }

    /// The payments of a run, oldest first.
    pub async fn payments(
        &self,
        actor: &Actor,
        run: RunId,
        page: PageRequest<PaymentId>,
    ) -> Result<Page<Payment>, Error> {
        Ok(store::payment::page(self.db.read(), &policy::SEE.cities(actor), run, page).await?)
    }

    /// How many there are in [`Self::payments`].
    pub async fn count_payments(&self, actor: &Actor, run: RunId) -> Result<u64, Error> {
        Ok(store::payment::count(self.db.read(), &policy::SEE.cities(actor), run).await?)
    }

    /// The city of a run that the actor may change: who may not see the run does not learn of it, who only sees it is
    /// told so.
    async fn city_to_settle(&self, actor: &Actor, id: RunId) -> Result<CityId, Error> {
        policy::SETTLE.signed_in(actor)?;
        let run = self.run(actor, id).await?.ok_or(Error::NotFound)?;
        policy::SETTLE.in_city(actor, run.city_id)?;
        Ok(run.city_id)
    }
}
