use audit::Act;
use chrono::Duration;
use db::Tx;
use kernel::{Actor, CityId, Denied, Page, PageRequest, ProgrammeId, VoucherApplicationId, field};
use programmes::value::Assessment;

use crate::letters::{self, News};
use crate::model::application::{Event, Model as Application, State};
use crate::model::decision::Circumstances;
use crate::model::message::{Kind, Model as Message};
use crate::model::{may_decide, may_grant_today};
use crate::voucher::{applicant, terms_on};
use crate::{Error, Vouchers, policy, store, waiting};

/// The longest statement, question or answer, in characters.
const MAX_TEXT: usize = 5_000;

/// An application to send.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// The programme.
    pub programme: ProgrammeId,
    /// Why a voucher is asked for, at most 5 000 characters.
    pub statement: String,
    /// The resident's situation, where the value rule of the programme reads it.
    pub assessment: Option<Assessment>,
    /// She accepts expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
}

/// Which applications of a city's queue are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueFilter {
    /// Those to one programme.
    pub programme: Option<ProgrammeId>,
    /// Those in one state.
    pub state: Option<State>,
    /// Those sent at least so many days ago, 0 to 3 650.
    pub older_than_days: Option<i32>,
}

impl Vouchers {
    /// Applies for a voucher of a published programme for the principal.
    ///
    /// # Errors
    /// `AlreadyExists` when an application of the resident waits or she has a voucher of the programme, `Refused` when
    /// the programme takes none, `Field` and `Assessment` when the value rule needs more.
    pub async fn apply(&self, actor: &Actor, new: NewApplication) -> Result<Application, Error> {
        let sender = actor.signed_in().map_err(Denied)?;
        let own = applicant(actor)?;
        let resident = own.person;
        let statement = field::text("statement", &new.statement, MAX_TEXT)?;
        let programme = programmes::find_public(self.db.read(), new.programme).await?;
        let programme = programme.filter(|programme| own.is_in(programme.city_id));
        let programme = programme.ok_or(Error::NotFound)?;
        let city = self.cities.find(programme.city_id).await?.ok_or(Error::NotFound)?;
        let guardians = self.guardians_to_tell(resident).await?;
        let told = Circumstances {
            assessment: new.assessment,
            accepts_without_income: new.accepts_without_income,
            ..Circumstances::default()
        };
        self.db
            .write(async |tx: &Tx| {
                let kept = programmes::keep_with_budget(tx, city.id, programme.id).await?;
                let (programme, _) = kept.ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                may_grant_today(&programme, today)?;
                let terms = terms_on(tx, &programme, today).await?;
                told.check(&terms.value_rule)?;
                let application = Application {
                    id: tx.new_id(),
                    city_id: city.id,
                    programme_id: programme.id,
                    resident_id: resident,
                    state: State::Submitted,
                    statement: statement.clone(),
                    assessment: told.assessment.clone(),
                    accepts_without_income: told.accepts_without_income,
                    created_by: sender,
                    version: 1,
                    created_at: tx.now(),
                    updated_at: tx.now(),
                };
                // The insert waits for a decision in progress on the application before; then its voucher is seen.
                if !store::application::insert(tx, application.clone()).await?
                    || store::holds(tx, programme.id, resident).await?
                {
                    return Err(Error::AlreadyExists);
                }
                if terms.parameters.all_guardians {
                    let others = guardians.iter().filter(|guardian| guardian.id != sender);
                    tell(tx, &others.cloned().collect::<Vec<_>>(), News::Consent).await?;
                }
                let act = Act::new("applyForVoucher", application.id).in_city(city.id);
                audit::record(tx, actor, act.about(resident)).await?;
                Ok(application)
            })
            .await
    }

    /// Takes an application back that is not decided, or declines an offer from the waiting list: what was set aside for it
    /// returns to the programme.
    ///
    /// # Errors
    /// `Refused` when it is decided or was changed since `expected_version`.
    pub async fn withdraw_application(
        &self,
        actor: &Actor,
        id: VoucherApplicationId,
        expected_version: i32,
    ) -> Result<Application, Error> {
        let own = store::application::of_resident(applicant(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let found = store::application::find_for_update(tx, own.clone(), id).await?;
                let application = found.ok_or(Error::NotFound)?;
                let state = application.on(Event::Withdraw, expected_version)?;
                waiting::leave(tx, actor, &application).await?;
                record(tx, actor, "withdrawVoucherApplication", &application).await?;
                Ok(store::application::set_state(tx, &application, state).await?)
            })
            .await
    }

    /// Answers the city's question.
    ///
    /// # Errors
    /// `Refused` when no question waits or the application was changed since `expected_version`.
    pub async fn provide_information(
        &self,
        actor: &Actor,
        id: VoucherApplicationId,
        expected_version: i32,
        answer: &str,
    ) -> Result<Application, Error> {
        let own = store::application::of_resident(applicant(actor)?);
        let answer = field::text("answer", answer, MAX_TEXT)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::application::find_for_update(tx, own.clone(), id).await?;
                let application = found.ok_or(Error::NotFound)?;
                let state = application.on(Event::ProvideInformation, expected_version)?;
                let changed = store::application::set_state(tx, &application, state).await?;
                write_message(tx, actor, &changed, Kind::Answer, answer.clone()).await?;
                record(tx, actor, "provideVoucherInformation", &changed).await?;
                Ok(changed)
            })
            .await
    }

    /// Asks the resident for more information; a letter tells her that a question waits.
    ///
    /// # Errors
    /// `Refused` for the officer's own application, one that is decided or was changed since `expected_version`.
    pub async fn request_information(
        &self,
        actor: &Actor,
        id: VoucherApplicationId,
        expected_version: i32,
        question: &str,
    ) -> Result<Application, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = store::application::in_cities(&policy::GRANT.cities(actor));
        let question = field::text("question", question, MAX_TEXT)?;
        let (_, readers) = self.applicant(actor, id).await?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::application::find_for_update(tx, cities.clone(), id).await?;
                let application = found.ok_or(Error::NotFound)?;
                application.judge(officer)?;
                may_decide(identity::is_near(tx, officer, application.resident_id).await?)?;
                let state = application.on(Event::RequestInformation, expected_version)?;
                let changed = store::application::set_state(tx, &application, state).await?;
                write_message(tx, actor, &changed, Kind::Question, question.clone()).await?;
                tell(tx, &readers, News::Question).await?;
                record(tx, actor, "requestVoucherInformation", &changed).await?;
                Ok(changed)
            })
            .await
    }

    /// An application with those who read the letters about it, for somebody who wants to decide on it.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see it, `Denied` when she may see it and not decide.
    pub(crate) async fn applicant(
        &self,
        actor: &Actor,
        id: VoucherApplicationId,
    ) -> Result<(Application, Vec<identity::Person>), Error> {
        let found = self.visible_applications(actor, &[id]).await?.pop();
        let application = found.ok_or(Error::NotFound)?;
        policy::GRANT.in_city(actor, application.city_id)?;
        let readers = self.identity.readers_for(application.resident_id).await?;
        Ok((application, readers))
    }

    /// The applications among `ids` that the actor may see, in no order; looks at those of others are recorded.
    pub async fn applications_by_ids(
        &self,
        actor: &Actor,
        ids: &[VoucherApplicationId],
    ) -> Result<Vec<Application>, Error> {
        let rows = self.visible_applications(actor, ids).await?;
        self.record_looks(actor, &rows).await?;
        Ok(rows)
    }

    /// Records the looks at applications of others, also of whom the actor acts for.
    async fn record_looks(&self, actor: &Actor, rows: &[Application]) -> Result<(), Error> {
        let of_others = rows
            .iter()
            .filter(|row| Some(row.resident_id) != actor.principal || actor.acting.is_some());
        let looks: Vec<_> = of_others
            .map(|row| {
                Act::new("readVoucherApplication", row.id)
                    .in_city(row.city_id)
                    .about(row.resident_id)
            })
            .collect();
        Ok(audit::record_reads(&self.db, actor, &looks).await?)
    }

    /// The city of an application that the actor may see. Nothing else of it is told, so no look is recorded.
    pub async fn city_of_application(&self, actor: &Actor, id: VoucherApplicationId) -> Result<Option<CityId>, Error> {
        Ok(self
            .visible_applications(actor, &[id])
            .await?
            .pop()
            .map(|row| row.city_id))
    }

    pub(crate) async fn visible_applications(
        &self,
        actor: &Actor,
        ids: &[VoucherApplicationId],
    ) -> Result<Vec<Application>, Error> {
        let scope = store::application::visible(applicant(actor)?, &policy::SEE.cities(actor));
        Ok(store::application::by_ids(self.db.read(), scope, ids).await?)
    }

    /// The messages of those of `ids` that the actor may see, in the order of applications and time.
    pub async fn messages(&self, actor: &Actor, ids: &[VoucherApplicationId]) -> Result<Vec<Message>, Error> {
        let scope = store::application::visible(applicant(actor)?, &policy::SEE.cities(actor));
        Ok(store::application::messages(self.db.read(), scope, ids).await?)
    }

    /// The applications of the principal, oldest first. The look of somebody who acts for her is recorded.
    pub async fn own_applications(
        &self,
        actor: &Actor,
        page: PageRequest<VoucherApplicationId>,
    ) -> Result<Page<Application>, Error> {
        let own = store::application::of_resident(applicant(actor)?);
        let rows = store::application::page(self.db.read(), own, page).await?;
        self.record_looks(actor, &rows.items).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::own_applications`].
    pub async fn count_own_applications(&self, actor: &Actor) -> Result<u64, Error> {
        let own = store::application::of_resident(applicant(actor)?);
        Ok(store::application::count(self.db.read(), own).await?)
    }

    /// The applications to a city, oldest first; the look at each is recorded.
    pub async fn queue(
        &self,
        actor: &Actor,
        city: CityId,
        filter: QueueFilter,
        page: PageRequest<VoucherApplicationId>,
    ) -> Result<Page<Application>, Error> {
        policy::SEE.in_city(actor, city)?;
        let rows = store::application::page(self.db.read(), self.queued(city, filter)?, page).await?;
        self.record_looks(actor, &rows.items).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::queue`].
    pub async fn count_queue(&self, actor: &Actor, city: CityId, filter: QueueFilter) -> Result<u64, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::application::count(self.db.read(), self.queued(city, filter)?).await?)
    }

    fn queued(&self, city: CityId, filter: QueueFilter) -> Result<sea_orm::Condition, Error> {
        let days = filter
            .older_than_days
            .map(|days| field::number("olderThanDays", days, 0, 3_650))
            .transpose()?;
        let sent_by = days.map(|days| self.db.clock().now() - Duration::days(days.into()));
        Ok(store::application::queue(city, filter.programme, filter.state, sent_by))
    }
}

async fn write_message(
    tx: &Tx,
    actor: &Actor,
    application: &Application,
    kind: Kind,
    text: String,
) -> Result<(), Error> {
    let message = Message {
        application_id: application.id,
        version: application.version,
        author_id: actor.signed_in().map_err(Denied)?,
        kind,
        text,
        at: tx.now(),
    };
    Ok(store::application::insert_message(tx, message).await?)
}

/// Records what was done to an application.
pub(crate) async fn record(
    tx: &Tx,
    actor: &Actor,
    action: &'static str,
    application: &Application,
) -> Result<(), Error> {
    let act = Act::new(action, application.id).in_city(application.city_id);
    Ok(audit::record(tx, actor, act.about(application.resident_id)).await?)
}

/// Tells the resident, or her guardians and trustees when she has no account, what has become of her application.
pub(crate) async fn tell(tx: &Tx, readers: &[identity::Person], news: News) -> Result<(), Error> {
    for reader in readers {
        mail::enqueue(tx, letters::application(reader, news)).await?;
    }
    Ok(())
}
