//! Many vouchers from one list (E4): one officer sends a file in, another confirms it, a job grants row by row.

mod file;
mod work;

use audit::Act;
use db::{OnceKey, Tx};
use jobs::Job;
use kernel::{Actor, CityId, Coded, Denied, ErrorCode, MassGrantId, Page, PageRequest, PersonId, ProgrammeId};
use sha2::{Digest, Sha256};

use file::Entry;
pub use file::Fault;
pub use work::{MASS_GRANT, MassGrantWork};

use crate::model::decision::{Circumstances, Rules};
use crate::model::mass_grant::{Model as MassGrant, State, row};
use crate::model::{Refusal, may_decide, may_grant_today};
use crate::voucher::rules_on;
use crate::{Error, Vouchers, policy, store};

/// How many rows of a list have come how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// It is not their turn yet.
    pub waiting: i64,
    /// Their vouchers are granted.
    pub granted: i64,
    /// No voucher was granted.
    pub refused: i64,
}

impl Vouchers {
    /// Takes in a list of the residents whom a programme is to grant vouchers; nothing is granted before another officer
    /// confirms it. The file is read and decided whole: one wrong line refuses all of it.
    ///
    /// # Errors
    /// `Faults` with the lines that are wrong, `Refused` when the programme grants nothing, `KeyReused`.
    pub async fn draft_mass_grant(
        &self,
        actor: &Actor,
        key: &str,
        programme: ProgrammeId,
        bytes: &[u8],
    ) -> Result<MassGrant, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let city = self.city_to_grant(actor, programme).await?;
        let sha256 = hex::encode(Sha256::digest(bytes));
        let key = OnceKey::new(actor, key, "draftMassGrant", &(programme, &sha256))?;
        let lines = file::read(bytes).map_err(Error::Faults)?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let (programme, _) = programmes::keep_with_budget(tx, city.id, programme)
                    .await?
                    .ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                may_grant_today(&programme, today)?;
                let first_day = today.max(programme.valid_from);
                undecidable(&lines, &rules_on(tx, &programme, first_day).await?)?;
                let list = MassGrant {
                    id: tx.new_id(),
                    city_id: city.id,
                    programme_id: programme.id,
                    state: State::Draft,
                    total: i32::try_from(lines.len()).unwrap_or(i32::MAX),
                    sha256: sha256.clone(),
                    drafted_by: officer,
                    drafted_at: tx.now(),
                    confirmed_by: None,
                    version: 1,
                };
                let rows = lines.iter().map(|line| row_of(tx, &list, line)).collect();
                store::mass_grant::insert(tx, list.clone(), rows).await?;
                let act = Act::new("draftMassGrant", list.id).in_city(city.id);
                audit::record(tx, actor, act).await?;
                Ok(list)
            })
            .await
    }

    /// Confirms a list that another officer sent in; a job then grants its rows.
    ///
    /// # Errors
    /// `Refused` with `FourEyes` for who sent it in; `KeyReused`.
    pub async fn confirm_mass_grant(
        &self,
        actor: &Actor,
        key: &str,
        id: MassGrantId,
        expected_version: i32,
    ) -> Result<MassGrant, Error> {
        let key = OnceKey::new(actor, key, "confirmMassGrant", &(id, expected_version))?;
        self.step(actor, "confirmMassGrant", Some(key), id, async |tx, list, officer| {
            let state = list.confirm(officer, expected_version)?;
            may_decide(identity::is_near(tx, officer, list.drafted_by).await?)?;
            jobs::enqueue(tx, Job::new(MASS_GRANT, &MassGrantWork { mass_grant: id })).await?;
            Ok((state, Some(officer)))
        })
        .await
    }

    /// Gives up a list that was not confirmed.
    pub async fn cancel_mass_grant(
        &self,
        actor: &Actor,
        id: MassGrantId,
        expected_version: i32,
    ) -> Result<MassGrant, Error> {
        self.step(actor, "cancelMassGrant", None, id, async |_tx, list, _officer| {
            Ok((list.cancel(expected_version)?, None))
        })
        .await
    }

    /// Tries the rows of a list again that the budget did not cover.
    ///
    /// # Errors
    /// `Refused` with `State` when it is not done or has no such rows; `KeyReused`.
    pub async fn resume_mass_grant(
        &self,
        actor: &Actor,
        key: &str,
        id: MassGrantId,
        expected_version: i32,
    ) -> Result<MassGrant, Error> {
        let key = OnceKey::new(actor, key, "resumeMassGrant", &(id, expected_version))?;
        self.step(actor, "resumeMassGrant", Some(key), id, async |tx, list, _officer| {
            let state = list.resume(expected_version)?;
            if store::mass_grant::wait_again(tx, list, ErrorCode::BudgetExceeded).await? == 0 {
                return Err(Refusal::State.into());
            }
            jobs::enqueue(tx, Job::new(MASS_GRANT, &MassGrantWork { mass_grant: id })).await?;
            Ok((state, list.confirmed_by))
        })
        .await
    }

    /// Locks a list, lets `decide` say what it becomes and who has confirmed it, writes and records that.
    async fn step<F>(
        &self,
        actor: &Actor,
        operation: &'static str,
        key: Option<OnceKey>,
        id: MassGrantId,
        decide: F,
    ) -> Result<MassGrant, Error>
    where
        F: AsyncFnOnce(&Tx, &MassGrant, PersonId) -> Result<(State, Option<PersonId>), Error> + Clone,
    {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let work = async |tx: &Tx| {
            let found = store::mass_grant::find_for_update(tx, &cities, id).await?;
            let list = found.ok_or(Error::NotFound)?;
            let (state, confirmed_by) = decide.clone()(tx, &list, officer).await?;
            audit::record(tx, actor, Act::new(operation, id).in_city(list.city_id)).await?;
            Ok::<_, Error>(store::mass_grant::set_state(tx, &list, state, confirmed_by).await?)
        };
        match key {
            Some(key) => self.db.write_once(key, work).await,
            None => self.db.write(work).await,
        }
    }

    /// The lists of a programme of one of the actor's cities, oldest first.
    pub async fn mass_grants(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        page: PageRequest<MassGrantId>,
    ) -> Result<Page<MassGrant>, Error> {
        let city = self.city_to_see(actor, programme).await?;
        Ok(store::mass_grant::page(self.db.read(), city, programme, page).await?)
    }

    /// How many there are in [`Self::mass_grants`].
    pub async fn count_mass_grants(&self, actor: &Actor, programme: ProgrammeId) -> Result<u64, Error> {
        let city = self.city_to_see(actor, programme).await?;
        Ok(store::mass_grant::count(self.db.read(), city, programme).await?)
    }

    /// The lists among `ids` that the actor may see, in no order.
    pub async fn mass_grants_by_ids(&self, actor: &Actor, ids: &[MassGrantId]) -> Result<Vec<MassGrant>, Error> {
        policy::SEE.signed_in(actor)?;
        Ok(store::mass_grant::by_ids(self.db.read(), &policy::SEE.cities(actor), ids).await?)
    }

    /// How far the rows of lists have come; lists that the actor may not see are left out.
    pub async fn progress(&self, actor: &Actor, lists: &[MassGrantId]) -> Result<Vec<(MassGrantId, Progress)>, Error> {
        policy::SEE.signed_in(actor)?;
        let rows = store::mass_grant::progress(self.db.read(), &policy::SEE.cities(actor), lists).await?;
        let of = |list: MassGrantId, state: row::State| {
            let found = rows.iter().find(|row| row.0 == list && row.1 == state);
            found.map_or(0, |row| row.2)
        };
        let progress = |list: &MassGrantId| Progress {
            waiting: of(*list, row::State::Waiting),
            granted: of(*list, row::State::Granted),
            refused: of(*list, row::State::Refused),
        };
        Ok(lists.iter().map(|list| (*list, progress(list))).collect())
    }

    /// The rows of a list that the actor may see after the line `after`, at most `first`; the look is recorded.
    pub async fn mass_grant_rows(
        &self,
        actor: &Actor,
        list: MassGrantId,
        state: Option<row::State>,
        after: i32,
        first: u64,
    ) -> Result<Vec<row::Model>, Error> {
        policy::SEE.signed_in(actor)?;
        let cities = policy::SEE.cities(actor);
        let rows = store::mass_grant::rows(self.db.read(), &cities, list, state, after, first).await?;
        if let Some(row) = rows.first() {
            let act = Act::new("readMassGrantRows", list).in_city(row.city_id);
            audit::record_reads(&self.db, actor, &[act]).await?;
        }
        Ok(rows)
    }

    /// The city of a programme whose vouchers the actor may grant.
    pub(crate) async fn city_to_grant(&self, actor: &Actor, programme: ProgrammeId) -> Result<cities::City, Error> {
        for city in policy::GRANT.cities(actor) {
            if programmes::get(self.db.read(), city, programme).await?.is_some() {
                return self.cities.find(city).await?.ok_or(Error::NotFound);
            }
        }
        match programmes::find_public(self.db.read(), programme).await? {
            Some(_) => Err(Denied(ErrorCode::Forbidden).into()),
            None => Err(Error::NotFound),
        }
    }

    /// Whether the actor may send in lists for a programme, before its file is read.
    pub async fn may_draft_mass_grant(&self, actor: &Actor, programme: ProgrammeId) -> Result<CityId, Error> {
        policy::GRANT.signed_in(actor)?;
        Ok(self.city_to_grant(actor, programme).await?.id)
    }
}

/// What of a line the value rule does not take.
fn undecidable(lines: &[Entry], rules: &Rules) -> Result<(), Error> {
    let fault = |line: &Entry| {
        let error = circumstances(line.amount, line.quantity).decide(rules).err()?;
        let column = match error.field() {
            Some("quantity") => "quantity",
            _ => "amount_cents",
        };
        Some(Fault::new(line.line, Some(column), error.code()))
    };
    let faults: Vec<_> = lines.iter().filter_map(fault).take(file::MAX_FAULTS).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Faults(faults))
    }
}

/// What a row tells of a resident. Rules that read an income ask for more, so they grant one by one.
fn circumstances(amount: Option<kernel::Cents>, quantity: Option<i32>) -> Circumstances {
    Circumstances {
        amount,
        quantity,
        ..Circumstances::default()
    }
}

fn row_of(tx: &Tx, list: &MassGrant, line: &Entry) -> row::Model {
    row::Model {
        id: tx.new_id(),
        city_id: list.city_id,
        mass_grant_id: list.id,
        line: line.line,
        key: line.key.clone(),
        email: line.email.clone(),
        amount_cents: line.amount,
        quantity: line.quantity,
        grounds: line.grounds.clone(),
        state: row::State::Waiting,
        code: None,
    }
}
