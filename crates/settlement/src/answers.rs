use std::collections::HashSet;

use audit::Act;
use db::{OnceKey, Tx};
use jobs::{Job, Registry, RegistryError};
use kernel::{Actor, AnswerId, Cents, CityId, Coded, ErrorCode, Page, PageRequest, PersonId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bank::answer::{BankAnswer, Outcome as BankOutcome, read_answer};
use crate::model::answer::{Effect, Model as Answer, Outcome, State, entry};
use crate::model::run::{Model as Run, news};
use crate::orders::move_payment;
use crate::{Error, Settlement, policy, store};

/// The kind of the job that works through an answer whose upload was interrupted.
pub const APPLY_ANSWER: &str = "settlement.applyAnswer";

/// How many entries are read at once while an answer is worked through.
const BATCH: u64 = 200;

#[derive(Serialize, Deserialize)]
struct ApplyAnswer {
    id: AnswerId,
}

/// Lets the workers finish answers.
pub fn register(registry: &mut Registry, settlement: Settlement) -> Result<(), RegistryError> {
    registry.on(APPLY_ANSWER, move |job: ApplyAnswer| {
        let settlement = settlement.clone();
        async move { Ok(settlement.apply_answer(&Actor::system(APPLY_ANSWER), job.id).await?) }
    })
}

impl Settlement {
    /// Takes in an answer of the bank (`pain.002.001.10` or `camt.054.001.08`) and lets each entry have its effect on
    /// the payment it names.
    ///
    /// The answer is stored first, with a job that finishes it if this call is interrupted; then every entry is applied
    /// in a transaction of its own. The same key, or the same bytes while the answer is unfinished, finish what is left
    /// of an interrupted one.
    ///
    /// # Errors
    /// `BankFile` when it cannot be read, `DuplicateFile` when the city has taken the same bytes in, `KeyReused` when
    /// `key` was used for another request; nothing changes. Any other error is about a single entry or the database:
    /// the answer is stored, and what is left is tried again.
    pub async fn take_bank_answer(
        &self,
        actor: &Actor,
        key: &str,
        city: CityId,
        bytes: &[u8],
    ) -> Result<Answer, Error> {
        let clerk = policy::SETTLE.in_city(actor, city)?;
        let sha256 = hex::encode(Sha256::digest(bytes));
        let key = OnceKey::new(actor, key, "uploadBankAnswer", &(city, &sha256))?;
        let read = read_answer(bytes)?;
        let id = self
            .db
            .write_once(key, async |tx: &Tx| {
                store_answer(tx, actor, clerk, city, &read, &sha256).await
            })
            .await?;
        self.apply_answer(actor, id).await?;
        self.answers_by_ids(actor, &[id]).await?.pop().ok_or(Error::NotFound)
    }

    /// Works through the entries of an answer that had no effect yet; safe to run twice and at once.
    ///
    /// An entry that fails does not stop those after it: their payments are not to wait for a person who looks into
    /// it. The answer stays unfinished then and the first error is told.
    async fn apply_answer(&self, actor: &Actor, id: AnswerId) -> Result<(), Error> {
        let answer = store::answer::find_for_job(self.db.read(), id)
            .await?
            .ok_or(Error::NotFound)?;
        let (mut after, mut failed) = (0, None);
        loop {
            let entries = store::answer::entries(self.db.read(), &[answer.city_id], id, after, BATCH).await?;
            let Some(last) = entries.last() else { break };
            after = last.line;
            for entry in entries.iter().filter(|entry| entry.effect.is_none()) {
                let applied = self
                    .db
                    .write(async |tx: &Tx| apply_entry(tx, actor, &answer, entry.line).await)
                    .await;
                match applied {
                    Ok(()) => {}
                    // Without a database no other entry fares better.
                    Err(error) if error.code() == ErrorCode::Unavailable => return Err(error),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => self.db.write(async |tx: &Tx| finish(tx, &answer).await).await,
        }
    }

    /// The answers among `ids` that the actor may see, in no order.
    pub async fn answers_by_ids(&self, actor: &Actor, ids: &[AnswerId]) -> Result<Vec<Answer>, Error> {
        policy::SEE.signed_in(actor)?;
        Ok(store::answer::by_ids(self.db.read(), &policy::SEE.cities(actor), ids).await?)
    }

    /// The answers that a city has taken in, oldest first.
    pub async fn bank_answers(
        &self,
        actor: &Actor,
        city: CityId,
        page: PageRequest<AnswerId>,
    ) -> Result<Page<Answer>, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::answer::page(self.db.read(), city, page).await?)
    }

    /// How many there are in [`Self::bank_answers`].
    pub async fn count_bank_answers(&self, actor: &Actor, city: CityId) -> Result<u64, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::answer::count(self.db.read(), city).await?)
    }

    /// The entries of an answer, for staff of its city: at most `first` after the place `after`.
    pub async fn entries(
        &self,
        actor: &Actor,
        answer: AnswerId,
        after: i32,
        first: u64,
    ) -> Result<Vec<entry::Model>, Error> {
        Ok(store::answer::entries(self.db.read(), &policy::SEE.cities(actor), answer, after, first).await?)
    }
}

/// Stores an answer with its entries, or finds the one of the same bytes that is not finished.
async fn store_answer(
    tx: &Tx,
    actor: &Actor,
    clerk: PersonId,
    city: CityId,
    read: &BankAnswer,
    sha256: &str,
) -> Result<AnswerId, Error> {
    let answer = Answer {
        id: tx.new_id(),
        city_id: city,
        sha256: sha256.to_owned(),
        kind: read.kind.into(),
        message_id: read.message_id.clone(),
        state: State::Received,
        uploaded_by: clerk,
        received_at: tx.now(),
    };
    if !store::answer::insert(tx, answer.clone()).await? {
        return match store::answer::find_by_bytes(tx.conn(), city, sha256).await? {
            Some(known) if known.state == State::Received => Ok(known.id),
            _ => Err(Error::DuplicateFile),
        };
    }
    let entries = entries(tx, &answer, read).await?;
    store::answer::insert_entries(tx, &entries).await?;
    jobs::enqueue(tx, Job::new(APPLY_ANSWER, &ApplyAnswer { id: answer.id })).await?;
    audit::record(tx, actor, Act::new("uploadBankAnswer", answer.id).in_city(city)).await?;
    Ok(answer.id)
}

/// Every statement of an answer about a payment, in the order of the file: single ones, then what the status of the
/// whole file means for each payment it does not name, then movements that name none.
async fn entries(tx: &Tx, answer: &Answer, read: &BankAnswer) -> Result<Vec<entry::Model>, Error> {
    let mut entries: Vec<_> = read
        .entries
        .iter()
        .map(|said| entry::Model {
            end_to_end_id: Some(said.end_to_end_id.clone()),
            amount_cents: said.amount_cents.map(Cents),
            ..blank(answer, &said.outcome, said.reason.as_deref())
        })
        .collect();
    if let Some(outcome) = &read.whole_message {
        let blank = blank(answer, outcome, read.reason.as_deref());
        let message = read.original_message_id.as_deref().unwrap_or_default();
        match store::run::find_by_message(tx.conn(), answer.city_id, message).await? {
            Some(run) => {
                let payments = store::payment::of_run(tx.conn(), &run).await?;
                let named: HashSet<_> = read.entries.iter().map(|said| &said.end_to_end_id).collect();
                entries.extend(
                    payments
                        .into_iter()
                        .map(|payment| payment.end_to_end_id)
                        .filter(|id| !named.contains(id))
                        .map(|id| entry::Model {
                            end_to_end_id: Some(id),
                            ..blank.clone()
                        }),
                );
            }
            None => entries.push(entry::Model {
                effect: Some(Effect::UnknownPayment),
                ..blank
            }),
        }
    }
    entries.extend(read.unmatched.iter().map(|movement| entry::Model {
        amount_cents: movement.amount_cents.map(Cents),
        reason: movement.reason.clone(),
        outcome: Outcome::Unknown,
        effect: Some(Effect::NoPaymentNamed),
        ..blank(answer, &BankOutcome::Paid, None)
    }));
    for (entry, line) in entries.iter_mut().zip(1..) {
        entry.line = line;
    }
    Ok(entries)
}

/// An entry without payment and effect. A code that has no meaning here is kept in its reason.
fn blank(answer: &Answer, outcome: &BankOutcome, reason: Option<&str>) -> entry::Model {
    let reason = match (outcome, reason) {
        (BankOutcome::Unknown(code), Some(reason)) => Some(format!("{code}: {reason}")),
        (BankOutcome::Unknown(code), None) => Some(code.clone()),
        (_, reason) => reason.map(str::to_owned),
    };
    entry::Model {
        answer_id: answer.id,
        line: 0,
        end_to_end_id: None,
        outcome: outcome.into(),
        reason,
        amount_cents: None,
        effect: None,
    }
}

/// Lets one entry have its effect, once.
async fn apply_entry(tx: &Tx, actor: &Actor, answer: &Answer, line: i32) -> Result<(), Error> {
    let Some(entry) = store::answer::open_entry_for_update(tx, answer, line).await? else {
        return Ok(());
    };
    let id = entry.end_to_end_id.as_deref().unwrap_or_default();
    let payment = store::payment::find_for_update(tx, answer.city_id, id).await?;
    let (effect, next) = entry.judge(payment.as_ref());
    if let (Some(payment), Some(next)) = (payment, next) {
        move_payment(tx, actor, &payment, next, entry.reason.clone()).await?;
        let act = Act::new(next.posting(), payment.id).in_city(answer.city_id);
        audit::record(tx, actor, act).await?;
    }
    store::answer::set_effect(tx, &entry, effect).await?;
    Ok(())
}

/// Notes that an answer is worked through and what it means for the runs it names.
async fn finish(tx: &Tx, answer: &Answer) -> Result<(), Error> {
    if !store::answer::set_applied(tx, answer.id).await? {
        return Ok(());
    }
    for id in store::answer::runs(tx, answer).await? {
        let Some(run) = store::run::find_for_update(tx, answer.city_id, id).await? else {
            continue;
        };
        let event = news(&store::payment::states_of_run(tx, &run).await?);
        if let Some(state) = event.and_then(|event| run.state.on(event)) {
            store::run::update(tx, Run { state, ..run }).await?;
        }
    }
    Ok(())
}
