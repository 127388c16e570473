//! Hearings of companies before decisions that burden them (434/2003 34 §).

use audit::Act;
use chrono::{Days, NaiveDate};
use db::Tx;
use kernel::{Actor, ApprovalId, CityId, CompanyId, ErrorCode, FieldError, HearingId, Page, PageRequest, field};

use crate::applications::MAX_TEXT;
use crate::events::News;
use crate::model::approval::Model as Approval;
use crate::model::hearing::{Event, LEAST_DAYS, MOST_DAYS, Model as Hearing, State};
use crate::model::sanction::Step;
use crate::sanctions::{lock_to_decide, refuse_near, tell, today};
use crate::{Error, Providers, policy, store};

/// What a company is heard about.
#[derive(Clone, Debug)]
pub struct Hear {
    /// The heaviest that may follow; a warning or more.
    pub step: Step,
    /// Why, at most 5 000 characters.
    pub grounds: String,
    /// For how many days the city waits for an answer, 7 to 60.
    pub days: i32,
}

impl Hear {
    fn checked(self) -> Result<Self, FieldError> {
        if !self.step.needs_hearing() {
            return Err(FieldError::new("step", ErrorCode::InvalidFormat));
        }
        field::number("answerDays", self.days, LEAST_DAYS, MOST_DAYS)?;
        Ok(Self {
            grounds: field::text("grounds", &self.grounds, MAX_TEXT)?,
            ..self
        })
    }

    /// Opens a hearing about an approval that the caller has locked.
    pub(crate) async fn open(
        &self,
        tx: &Tx,
        actor: &Actor,
        approval: &Approval,
        today: NaiveDate,
    ) -> Result<Hearing, Error> {
        let days = Days::new(u64::try_from(self.days).unwrap_or_default());
        let hearing = Hearing {
            id: tx.new_id(),
            city_id: approval.city_id,
            approval_id: approval.id,
            company_id: approval.company_id,
            step: self.step,
            grounds: self.grounds.clone(),
            answer_by: today + days,
            state: State::Open,
            opened_by: policy::REVIEW.signed_in(actor)?,
            opened_at: tx.now(),
            answer: None,
            answered_by: None,
            answered_at: None,
            outcome: None,
            ended_by: None,
            ended_at: None,
            version: 1,
        };
        if !store::hearings::insert(tx, hearing.clone()).await? {
            return Err(Error::AlreadyExists);
        }
        tell(tx, approval.id, News::Hearing, hearing.id).await?;
        let act = Act::new("openHearing", hearing.id).in_city(approval.city_id);
        audit::record(tx, actor, act.because(self.grounds.clone())).await?;
        Ok(hearing)
    }
}

impl Providers {
    /// Opens a hearing of a company; its signatories and managers are told by mail.
    ///
    /// # Errors
    /// `AlreadyExists` while another hearing about the approval is open, `State` when what it is about could not follow,
    /// `FourEyes` when the actor works for the company.
    pub async fn open_hearing(&self, actor: &Actor, approval: ApprovalId, hear: Hear) -> Result<Hearing, Error> {
        policy::REVIEW.signed_in(actor)?;
        let hear = hear.checked()?;
        self.db
            .write(async |tx: &Tx| {
                let approval = lock_to_decide(tx, actor, approval).await?;
                approval.state.on(hear.step.event()).ok_or(Error::State)?;
                let today = today(tx, approval.city_id).await?;
                hear.open(tx, actor, &approval, today).await
            })
            .await
    }

    /// Answers a hearing of the actor's company, once; also after the day that was set, as long as the city has not
    /// decided.
    ///
    /// # Errors
    /// `State` when it is answered or has ended, `Stale` when it changed since `expected_version`.
    pub async fn answer_hearing(
        &self,
        actor: &Actor,
        id: HearingId,
        expected_version: i32,
        answer: &str,
    ) -> Result<Hearing, Error> {
        let signatory = policy::ANSWER.signed_in(actor)?;
        let answer = field::text("answer", answer, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let hearing = lock(tx, actor, id).await?;
                policy::ANSWER.in_company(actor, hearing.company_id)?;
                let state = hearing.on(Event::Answer, expected_version)?;
                let act = Act::new("answerHearing", id).in_city(hearing.city_id);
                audit::record(tx, actor, act).await?;
                Ok(store::hearings::set_answer(tx, &hearing, state, signatory, answer.clone()).await?)
            })
            .await
    }

    /// Ends a hearing from which no decision follows; the company is told by mail.
    ///
    /// # Errors
    /// As [`Self::answer_hearing`], `FourEyes` when the actor works for the company.
    pub async fn close_hearing(
        &self,
        actor: &Actor,
        id: HearingId,
        expected_version: i32,
        outcome: &str,
    ) -> Result<Hearing, Error> {
        let officer = policy::REVIEW.signed_in(actor)?;
        let outcome = field::text("outcome", outcome, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let hearing = lock(tx, actor, id).await?;
                policy::REVIEW.in_city(actor, hearing.city_id)?;
                hearing.judge(actor)?;
                refuse_near(tx, officer, hearing.company_id).await?;
                let state = hearing.on(Event::Close, expected_version)?;
                tell(tx, hearing.approval_id, News::HearingClosed, id).await?;
                let act = Act::new("closeHearing", id).in_city(hearing.city_id);
                audit::record(tx, actor, act.because(outcome.clone())).await?;
                Ok(store::hearings::end(tx, &hearing, state, officer, Some(outcome.clone())).await?)
            })
            .await
    }

    /// The hearings of a city, oldest first; all or those in one state.
    pub async fn hearings_of_city(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
        page: PageRequest<HearingId>,
    ) -> Result<Page<Hearing>, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::hearings::page(self.db.read(), store::hearings::of_city(city, state), page).await?)
    }

    /// How many there are in [`Self::hearings_of_city`].
    pub async fn count_hearings_of_city(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
    ) -> Result<u64, Error> {
        policy::REVIEW.in_city(actor, city)?;
        Ok(store::hearings::count(self.db.read(), store::hearings::of_city(city, state)).await?)
    }

    /// The hearings of a company in all cities, oldest first.
    pub async fn hearings_of_company(
        &self,
        actor: &Actor,
        company: CompanyId,
        page: PageRequest<HearingId>,
    ) -> Result<Page<Hearing>, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        Ok(store::hearings::page(self.db.read(), store::hearings::of_company(company), page).await?)
    }

    /// How many there are in [`Self::hearings_of_company`].
    pub async fn count_hearings_of_company(&self, actor: &Actor, company: CompanyId) -> Result<u64, Error> {
        policy::SEE_APPLICATIONS.in_company(actor, company)?;
        Ok(store::hearings::count(self.db.read(), store::hearings::of_company(company)).await?)
    }

    /// The hearings among `ids` that the actor may see, in no order: those of her cities and of her companies.
    pub async fn hearings_by_ids(&self, actor: &Actor, ids: &[HearingId]) -> Result<Vec<Hearing>, Error> {
        Ok(store::hearings::by_ids(self.db.read(), store::hearings::visible(actor), ids).await?)
    }
}

/// The hearing, locked, if the actor may see it.
async fn lock(tx: &Tx, actor: &Actor, id: HearingId) -> Result<Hearing, Error> {
    let found = store::hearings::find_for_update(tx, store::hearings::visible(actor), id).await?;
    found.ok_or(Error::NotFound)
}
