//! Drafts of applications: a manager or service owner prepares, a signatory submits (A2, A9).

use audit::Act;
use db::Tx;
use kernel::{Actor, ApplicationId, CompanyId, ProgrammeId, field};

use crate::applications::{MAX_TEXT, NewApplication, lock, published};
use crate::model::application::{Event, Model as Application, State};
use crate::{Error, Providers, checklist, policy, store};

impl Providers {
    /// Begins a company's application to a published programme as a draft, which only the company sees.
    ///
    /// # Errors
    /// `State` when the programme is not published, `AlreadyExists` when the company has a draft or an open application
    /// to it.
    pub async fn prepare_application(&self, actor: &Actor, new: NewApplication) -> Result<Application, Error> {
        let preparer = policy::PREPARE.in_company(actor, new.company)?;
        let statement = field::text("statement", &new.statement, MAX_TEXT)?;
        let programme = self
            .programmes
            .find(actor, new.programme)
            .await?
            .ok_or(Error::NotFound)?;
        let entry = self.entry_of(new.company).await?;
        self.db
            .write(async |tx: &Tx| {
                published(tx, &programme).await?;
                let now = tx.now();
                let draft = Application {
                    id: tx.new_id(),
                    city_id: programme.city_id,
                    programme_id: programme.id,
                    company_id: new.company,
                    state: State::Draft,
                    statement: statement.clone(),
                    created_by: preparer,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                if !store::applications::insert(tx, draft.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                checklist::fill(tx, &draft, entry.as_ref()).await?;
                let act = Act::new("prepareApplication", draft.id).in_city(draft.city_id);
                audit::record(tx, actor, act).await?;
                Ok(draft)
            })
            .await
    }

    /// Writes another statement into a draft.
    ///
    /// # Errors
    /// `State` when it is no draft any more, `Stale` when it changed since `expected_version`.
    pub async fn update_draft(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
        statement: &str,
    ) -> Result<Application, Error> {
        policy::PREPARE.signed_in(actor)?;
        let statement = field::text("statement", statement, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let draft = lock(tx, actor, id).await?;
                policy::PREPARE.in_company(actor, draft.company_id)?;
                // What may still be submitted may still be changed.
                draft.on(Event::Submit, expected_version)?;
                let act = Act::new("updateApplicationDraft", id).in_city(draft.city_id);
                audit::record(tx, actor, act).await?;
                Ok(store::applications::set_statement(tx, &draft, statement.clone(), tx.now()).await?)
            })
            .await
    }

    /// Submits a draft to the city; its checklist gets what the programme has asked for since.
    ///
    /// # Errors
    /// `State` when it is no draft any more or the programme is not published, `AlreadyExists` when the company has an
    /// approval that ends later than 180 days from now, `Stale` when it changed since `expected_version`.
    pub async fn submit_application(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
    ) -> Result<Application, Error> {
        policy::APPLY.signed_in(actor)?;
        let seen = self
            .applications_by_ids(actor, &[id])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        let signatory = policy::APPLY.in_company(actor, seen.company_id)?;
        let city = self.cities.find(seen.city_id).await?.ok_or(Error::NotFound)?;
        let programme = self
            .programmes
            .find(actor, seen.programme_id)
            .await?
            .ok_or(Error::NotFound)?;
        let entry = self.entry_of(seen.company_id).await?;
        self.db
            .write(async |tx: &Tx| {
                let draft = lock(tx, actor, id).await?;
                draft.on(Event::Submit, expected_version)?;
                published(tx, &programme).await?;
                let now = tx.now();
                may_apply(tx, draft.company_id, programme.id, city.day_of(now)).await?;
                checklist::fill(tx, &draft, entry.as_ref()).await?;
                checklist::refreshed(tx, draft.id, entry.as_ref()).await?;
                audit::record(tx, actor, Act::new("submitApplication", id).in_city(city.id)).await?;
                Ok(store::applications::submit(tx, &draft, signatory, now).await?)
            })
            .await
    }
}

/// Refuses an application for an approval beside one that does not end within [`crate::Approval::RENEWAL_DAYS`] of the civil
/// day `today`.
pub(crate) async fn may_apply(
    tx: &Tx,
    company: CompanyId,
    programme: ProgrammeId,
    today: chrono::NaiveDate,
) -> Result<(), Error> {
    let open = store::approvals::open(tx, company, programme).await?;
    if open.last().is_some_and(|last| !last.may_be_renewed(today)) {
        return Err(Error::AlreadyExists);
    }
    Ok(())
}
