use audit::Act;
use db::Tx;
use kernel::{Actor, ApplicationId, CityId, CompanyId, Page, PageRequest, ProgrammeId, field};
use sea_orm::Condition;

use crate::drafts::may_apply;
use crate::letters::{self, Outcome};
use crate::model::application::{Event, Model as Application, State};
use crate::model::message::{Kind, Model as Message};
use crate::sanctions::refuse_near;
use crate::{Error, Providers, checklist, policy, store};

/// The longest statement, question, answer or ground, in characters.
pub(crate) const MAX_TEXT: usize = 5_000;

/// An application to submit.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// The programme.
    pub programme: ProgrammeId,
    /// The company that applies.
    pub company: CompanyId,
    /// What it says for itself, at most 5 000 characters.
    pub statement: String,
}

impl Providers {
    /// Submits a company's application to a published programme: for its first approval, or within 180 days before the
    /// end of the one it has for the next.
    ///
    /// # Errors
    /// `State` when the programme is not published, `AlreadyExists` when the company has an open application to it or
    /// an approval that ends later than that.
    pub async fn apply_to_programme(&self, actor: &Actor, new: NewApplication) -> Result<Application, Error> {
        let signatory = policy::APPLY.in_company(actor, new.company)?;
        let statement = field::text("statement", &new.statement, MAX_TEXT)?;
        let programme = self
            .programmes
            .find(actor, new.programme)
            .await?
            .ok_or(Error::NotFound)?;
        let city = self.cities.find(programme.city_id).await?.ok_or(Error::NotFound)?;
        let entry = self.entry_of(new.company).await?;
        self.db
            .write(async |tx: &Tx| {
                published(tx, &programme).await?;
                let now = tx.now();
                let application = Application {
                    id: tx.new_id(),
                    city_id: city.id,
                    programme_id: programme.id,
                    company_id: new.company,
                    state: State::Submitted,
                    statement: statement.clone(),
                    created_by: signatory,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                if !store::applications::insert(tx, application.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                // Looked for after the insert, which waits for a decision in progress on the application before.
                may_apply(tx, new.company, programme.id, city.day_of(now)).await?;
                checklist::fill(tx, &application, entry.as_ref()).await?;
                audit::record(tx, actor, Act::new("applyToProgramme", application.id).in_city(city.id)).await?;
                Ok(application)
            })
            .await
    }

    /// Asks the company for more information; it is told by mail that a question waits.
    ///
    /// # Errors
    /// `FourEyes` when the actor applied herself or works for the company, `Stale` when the application changed since
    /// `expected_version`.
    pub async fn request_information(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
        question: &str,
    ) -> Result<Application, Error> {
        let question = field::text("question", question, MAX_TEXT)?;
        let step = Step {
            action: "requestInformation",
            event: Event::RequestInformation,
            kind: Kind::Question,
        };
        self.review(actor, id, expected_version, step, Outcome::Question, question)
            .await
    }

    /// Rejects an application; the company is told by mail that a decision waits.
    ///
    /// # Errors
    /// As [`Self::request_information`].
    pub async fn reject_application(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
        grounds: &str,
    ) -> Result<Application, Error> {
        let grounds = field::text("grounds", grounds, MAX_TEXT)?;
        let step = Step {
            action: "rejectApplication",
            event: Event::Reject,
            kind: Kind::Decision,
        };
        self.review(actor, id, expected_version, step, Outcome::Rejected, grounds)
            .await
    }

    /// Answers the city's question.
    ///
    /// # Errors
    /// `State` when no question waits, `Stale` when the application changed since `expected_version`.
    pub async fn provide_information(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
        answer: &str,
    ) -> Result<Application, Error> {
        policy::APPLY.signed_in(actor)?;
        let answer = field::text("answer", answer, MAX_TEXT)?;
        let step = Step {
            action: "provideInformation",
            event: Event::ProvideInformation,
            kind: Kind::Answer,
        };
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, actor, id).await?;
                policy::APPLY.in_company(actor, application.company_id)?;
                step.take(tx, actor, &application, expected_version, answer.clone())
                    .await
            })
            .await
    }

    /// Takes an open application back.
    ///
    /// # Errors
    /// `State` when it is decided, `Stale` when it changed since `expected_version`.
    pub async fn withdraw_application(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
    ) -> Result<Application, Error> {
        policy::APPLY.signed_in(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, actor, id).await?;
                policy::APPLY.in_company(actor, application.company_id)?;
                let state = application.on(Event::Withdraw, expected_version)?;
                let act = Act::new("withdrawApplication", id).in_city(application.city_id);
                audit::record(tx, actor, act).await?;
                if application.state == State::Draft {
                    // The city has never seen it and is not to see it now.
                    store::applications::forget_draft(tx, &application).await?;
                    return Ok(Application { state, ..application });
                }
                Ok(store::applications::set_state(tx, &application, state, tx.now()).await?)
            })
            .await
    }

    async fn review(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
        step: Step,
        outcome: Outcome,
        text: String,
    ) -> Result<Application, Error> {
        policy::REVIEW.signed_in(actor)?;
        self.db
            .write(async |tx: &Tx| {
                let application = lock(tx, actor, id).await?;
                policy::REVIEW.in_city(actor, application.city_id)?;
                application.judge(actor)?;
                refuse_near(tx, policy::REVIEW.signed_in(actor)?, application.company_id).await?;
                let changed = step
                    .take(tx, actor, &application, expected_version, text.clone())
                    .await?;
                tell(tx, &changed, outcome).await?;
                Ok(changed)
            })
            .await
    }

    /// The applications among `ids` that the actor may see, in no order: those of companies whose signatory or manager
    /// she is and of cities whose approver she is.
    pub async fn applications_by_ids(&self, actor: &Actor, ids: &[ApplicationId]) -> Result<Vec<Application>, Error> {
        Ok(store::applications::by_ids(self.db.read(), store::applications::visible(actor), ids).await?)
    }

    /// The messages of those of `applications` that the actor may see, in the order of applications and time.
    pub async fn messages(&self, actor: &Actor, applications: &[ApplicationId]) -> Result<Vec<Message>, Error> {
        let scope = store::applications::visible(actor);
        Ok(store::applications::messages(self.db.read(), scope, applications).await?)
    }

    /// The applications to a city, oldest first; all or those in one state.
    pub async fn applications_of_city(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
        page: PageRequest<ApplicationId>,
    ) -> Result<Page<Application>, Error> {
        policy::REVIEW.in_city(actor, city)?;
        self.page_of_applications(store::applications::of_city(city, state), page)
            .await
    }

    /// How many there are in [`Self::applications_of_city`].
    pub async fn count_applications_of_city(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
    ) -> Result<u64, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::applications::count(self.db.read(), store::applications::of_city(city, state)).await?)
    }

    /// The applications of a company, oldest first.
    pub async fn applications_of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        page: PageRequest<ApplicationId>,
    ) -> Result<Page<Application>, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        self.page_of_applications(store::applications::of_company(company), page)
            .await
    }

    /// How many there are in [`Self::applications_of_company`].
    pub async fn count_applications_of_company(&self, actor: &Actor, company: CompanyId) -> Result<u64, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        Ok(store::applications::count(self.db.read(), store::applications::of_company(company)).await?)
    }

    async fn page_of_applications(
        &self,
        scope: Condition,
        page: PageRequest<ApplicationId>,
    ) -> Result<Page<Application>, Error> {
        Ok(store::applications::page(self.db.read(), scope, page).await?)
    }
}

/// A step of an application that comes with a message.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) action: &'static str,
    pub(crate) event: Event,
    pub(crate) kind: Kind,
}

impl Step {
    /// Decides the step and writes state, message and audit row.
    pub(crate) async fn take(
        self,
        tx: &Tx,
        actor: &Actor,
        application: &Application,
        expected_version: i32,
        text: String,
    ) -> Result<Application, Error> {
        let author_id = policy::JOIN.signed_in(actor)?;
        let state = application.on(self.event, expected_version)?;
        let at = tx.now();
        let changed = store::applications::set_state(tx, application, state, at).await?;
        let message = Message {
            application_id: changed.id,
            version: changed.version,
            author_id,
            kind: self.kind,
            text,
            at,
        };
        store::applications::insert_message(tx, message).await?;
        audit::record(tx, actor, Act::new(self.action, changed.id).in_city(changed.city_id)).await?;
        Ok(changed)
    }
}

/// The application, locked, if the actor may see it.
pub(crate) async fn lock(tx: &Tx, actor: &Actor, id: ApplicationId) -> Result<Application, Error> {
    let scope = store::applications::visible(actor);
    store::applications::find_for_update(tx, scope, id)
        .await?
        .ok_or(Error::NotFound)
}

/// Keeps a programme published until the transaction ends.
pub(crate) async fn published(tx: &Tx, programme: &programmes::Programme) -> Result<(), Error> {
    match programmes::keep_with_budget(tx, programme.city_id, programme.id).await? {
        Some((programme, _)) if programme.state == programmes::State::Published => Ok(()),
        Some(_) => Err(Error::State),
        None => Err(Error::NotFound),
    }
}

/// Tells the company by mail what has become of its application; what the city wrote stays inside the service.
pub(crate) async fn tell(tx: &Tx, application: &Application, outcome: Outcome) -> Result<(), Error> {
    let city = application.city_id;
    let company = store::companies::addressee(tx.conn(), city, application.company_id).await?;
    let programme = programmes::get(tx.conn(), city, application.programme_id).await?;
    if let Some((company, programme)) = company.zip(programme) {
        mail::enqueue(tx, letters::application(&company, &programme.name, outcome)).await?;
    }
    Ok(())
}
