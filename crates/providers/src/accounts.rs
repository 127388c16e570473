//! The account that a company is paid to: one person proposes, another confirms (A10).

use audit::Act;
use db::Tx;
use kernel::{AccountChangeId, Actor, CompanyId, ErrorCode, FieldError, PersonId};

use crate::letters::{self, AccountNews};
use crate::model::account::{Model as Change, State, WAITS};
use crate::model::company::{self, Details, Model as Company};
use crate::sanctions::refuse_near;
use crate::{Error, Providers, policy, record, store};

impl Providers {
    /// Proposes another account for a company to be paid to. The contact address is told at once; the account before
    /// counts until a second person has confirmed the new one, for at most [`WAITS`].
    ///
    /// # Errors
    /// `AlreadyExists` while another proposal waits, `Stale` when somebody changed the company since `expected_version`,
    /// `Field` for a wrong account number, one outside SEPA, or the one the company has.
    pub async fn propose_account(
        &self,
        actor: &Actor,
        id: CompanyId,
        expected_version: i32,
        iban: &str,
    ) -> Result<Change, Error> {
        let proposer = policy::PROPOSE_ACCOUNT.in_company(actor, id)?;
        let iban = company::iban(iban)?;
        self.db
            .write(async |tx: &Tx| {
                let company = store::companies::lock(tx, id).await?.ok_or(Error::NotFound)?;
                company.change(expected_version)?;
                if company.iban == iban {
                    return Err(FieldError::new("iban", ErrorCode::SameAccount).into());
                }
                let now = tx.now();
                for before in store::accounts::open(tx.conn(), &[id]).await? {
                    if before.waits(now) {
                        return Err(Error::AlreadyExists);
                    }
                    store::accounts::end(tx, &before, State::Expired, None).await?;
                }
                let change = Change {
                    id: tx.new_id(),
                    company_id: id,
                    iban: iban.clone(),
                    told: company.email.clone(),
                    state: State::Proposed,
                    proposed_by: proposer,
                    proposed_at: now,
                    expires_at: now + WAITS,
                    ended_by: None,
                    ended_at: None,
                    version: 1,
                };
                store::accounts::insert(tx, change.clone()).await?;
                let letter = letters::account(&company, &company.email, AccountNews::Proposed);
                mail::enqueue(tx, letter).await?;
                record::for_its_cities(tx, actor, id, Act::new("proposeCompanyAccount", id)).await?;
                Ok(change)
            })
            .await
    }

    /// Confirms a proposed account, which counts for every run that is made from now on; runs that exist keep the account
    /// they have copied. The contact address is told, and the one before as well when it has changed since the proposal.
    ///
    /// The first account of a company is what its first signatory says and an approver of a city confirms. A later one
    /// likewise takes two: whoever keeps the company's data proposes, and another such person confirms, or, for a company
    /// that has only one, an approver of a city that it has to do with. Those near count as the same (A10).
    ///
    /// # Errors
    /// `FourEyes` for the one who proposed it and those near to her, and for an approver while another one of the company may
    /// confirm it, `State` when it has ended, `TooLate` after [`WAITS`],
    /// `Stale` when it changed since `expected_version`.
    pub async fn confirm_account(
        &self,
        actor: &Actor,
        id: AccountChangeId,
        expected_version: i32,
    ) -> Result<Change, Error> {
        let second = policy::CONFIRM_ACCOUNT.signed_in(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let (company, change) = lock(tx, id).await?;
                if policy::PROPOSE_ACCOUNT.in_company(actor, company.id).is_err() {
                    if !reviews(tx, actor, company.id).await? {
                        return Err(Error::NotFound);
                    }
                    refuse_near(tx, second, company.id).await?;
                    if another_may_confirm(tx, &company, change.proposed_by).await? {
                        return Err(Error::FourEyes);
                    }
                }
                let near = identity::is_near(tx, second, change.proposed_by).await?;
                let state = change.confirm(near, expected_version, tx.now())?;
                let confirmed = store::accounts::end(tx, &change, state, Some(second)).await?;
                let details = Details {
                    iban: change.iban.clone(),
                    ..company.details()
                };
                store::companies::set_details(tx, &company, details).await?;
                let mut readers = vec![company.email.as_str(), change.told.as_str()];
                readers.dedup();
                for reader in readers {
                    mail::enqueue(tx, letters::account(&company, reader, AccountNews::Confirmed)).await?;
                }
                let act = Act::new("confirmCompanyAccount", company.id);
                record::for_its_cities(tx, actor, company.id, act).await?;
                Ok(confirmed)
            })
            .await
    }

    /// Takes a proposed account back; whoever may propose one may do so.
    ///
    /// # Errors
    /// `State` when it has ended, `Stale` when it changed since `expected_version`.
    pub async fn withdraw_account(
        &self,
        actor: &Actor,
        id: AccountChangeId,
        expected_version: i32,
    ) -> Result<Change, Error> {
        let person = policy::PROPOSE_ACCOUNT.signed_in(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let (company, change) = lock(tx, id).await?;
                if policy::PROPOSE_ACCOUNT.in_company(actor, company.id).is_err() {
                    return Err(Error::NotFound);
                }
                let state = change.withdraw(expected_version)?;
                let withdrawn = store::accounts::end(tx, &change, state, Some(person)).await?;
                let act = Act::new("withdrawCompanyAccount", company.id);
                record::for_its_cities(tx, actor, company.id, act).await?;
                Ok(withdrawn)
            })
            .await
    }

    /// The accounts that wait to be confirmed for those of `companies` whose billing data the actor sees, or whose change
    /// she may confirm as an approver; in no order.
    pub async fn account_changes(&self, actor: &Actor, companies: &[CompanyId]) -> Result<Vec<Change>, Error> {
        let now = self.db.clock().now();
        let sees = |company: &CompanyId| policy::SEE_ACCOUNT.in_company(actor, *company).is_ok();
        let mut seen: Vec<_> = companies.iter().copied().filter(sees).collect();
        let cities = policy::REVIEW.cities(actor);
        if !cities.is_empty() {
            seen.extend(store::companies::of_cities(self.db.read(), &cities, companies).await?);
        }
        let mut open = store::accounts::open(self.db.read(), &seen).await?;
        open.retain(|change| change.waits(now));
        Ok(open)
    }
}

/// The company of a change, locked, and then the change.
async fn lock(tx: &Tx, id: AccountChangeId) -> Result<(Company, Change), Error> {
    let company = store::accounts::company_of(tx, id).await?.ok_or(Error::NotFound)?;
    let company = store::companies::lock(tx, company).await?.ok_or(Error::NotFound)?;
    let change = store::accounts::lock(tx, company.id, id).await?;
    Ok((company, change.ok_or(Error::NotFound)?))
}

/// Whether somebody else in the company may confirm what one of it has proposed: then no city does.
async fn another_may_confirm(tx: &Tx, company: &Company, proposer: PersonId) -> Result<bool, Error> {
    let leaders = store::members::leaders(tx.conn(), company.id).await?;
    let near = identity::near_any(tx, &[proposer], &leaders).await?;
    Ok(leaders.iter().any(|leader| !near.contains(leader)))
}

/// Whether the actor is an approver of a city that the company has to do with.
async fn reviews(tx: &Tx, actor: &Actor, company: CompanyId) -> Result<bool, Error> {
    let cities = policy::REVIEW.cities(actor);
    Ok(!cities.is_empty()
        && !store::companies::of_cities(tx.conn(), &cities, &[company])
            .await?
            .is_empty())
}
