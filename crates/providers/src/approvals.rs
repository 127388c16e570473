//! What cities decide about companies: approvals and the public register of them.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use db::Tx;
use kernel::{Actor, ApplicationId, ApprovalId, CityId, CompanyId, FieldError, Page, PageRequest, ProgrammeId, field};
use sea_orm::{Condition, ConnectionTrait};

use crate::applications::{MAX_TEXT, Step, lock, published, tell};
use crate::events::ApprovalFell;
use crate::letters::Outcome;
use crate::model::application::Event as ApplicationEvent;
use crate::model::approval::{Event, Model as Approval, State};
use crate::model::area::{Area, Municipalities};
use crate::model::item;
use crate::model::message::Kind;
use crate::model::period::Model as Period;
use crate::sanctions::refuse_near;
use crate::{Error, Providers, checklist, policy, store};

/// For how long a company is approved, and why.
#[derive(Clone, Debug)]
pub struct ApprovalTerms {
    /// The first civil day on which the approval counts.
    pub valid_from: NaiveDate,
    /// The last civil day on which it counts, not before the first one and not past.
    pub valid_until: NaiveDate,
    /// The grounds of the decision, at most 5 000 characters.
    pub grounds: String,
    /// What the company has to keep to, at most 5 000 characters.
    pub conditions: Option<String>,
    /// The beginnings of the postal codes where it may serve, at most 100; none for everywhere.
    pub area: Vec<String>,
    /// The codes of the municipalities where it may serve; none for the whole city.
    pub municipalities: Vec<String>,
}

impl ApprovalTerms {
    pub(crate) fn checked(self) -> Result<Self, FieldError> {
        year("validFrom", self.valid_from)?;
        year("validUntil", self.valid_until)?;
        field::number("validUntil", self.valid_until, self.valid_from, NaiveDate::MAX)?;
        let conditions = self.conditions.as_deref();
        Ok(Self {
            grounds: field::text("grounds", &self.grounds, MAX_TEXT)?,
            conditions: conditions
                .map(|text| field::text("conditions", text, MAX_TEXT))
                .transpose()?,
            ..self
        })
    }

    /// Refuses an approval whose days are over on the civil day on which it is given.
    pub(crate) fn reaches(&self, today: NaiveDate) -> Result<(), FieldError> {
        field::number("validUntil", self.valid_until, today, NaiveDate::MAX).map(drop)
    }
}

/// Which part of the register of approved providers is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// The city.
    pub city: CityId,
    /// One programme, or all.
    pub programme: Option<ProgrammeId>,
    /// The civil day; today where there is none. A past day is shown as it stood at its end (A4).
    pub day: Option<NaiveDate>,
}

impl Providers {
    /// Approves a company for a programme; it is told by mail that a decision waits. While an approval before it has days
    /// left, the new one begins on the day after them; bookings of its days are possible at once.
    ///
    /// # Errors
    /// `FourEyes` when the actor applied herself or works for the company, `State` when the application is not to be
    /// decided or the programme is not published, `RequirementsOpen` when a requirement is not accepted or out of date,
    /// `Field` when the days are wrong or those of the approval before, `Stale` when the application changed since `expected_version`.
    pub async fn approve_application(
        &self,
        actor: &Actor,
        id: ApplicationId,
        expected_version: i32,
        terms: ApprovalTerms,
    ) -> Result<Approval, Error> {
        let approver = policy::REVIEW.signed_in(actor)?;
        let visible = self
            .applications_by_ids(actor, &[id])
            .await?
            .pop()
            .ok_or(Error::NotFound)?;
        policy::REVIEW.in_city(actor, visible.city_id)?;
        let city = self.cities.find(visible.city_id).await?.ok_or(Error::NotFound)?;
        let programme = self
            .programmes
            .find(actor, visible.programme_id)
            .await?
            .ok_or(Error::NotFound)?;
        let entry = self.entry_of(visible.company_id).await?;
        let terms = terms.checked()?;
        let area = Area::checked(terms.area.clone())?;
        let municipalities = Municipalities::checked(terms.municipalities.clone())?;
        let step = Step {
            action: "approveApplication",
            event: ApplicationEvent::Approve,
            kind: Kind::Decision,
        };
        self.db
            .write(async |tx: &Tx| {
                // Whatever approves the company elsewhere at the same time waits here.
                store::companies::lock(tx, visible.company_id).await?;
                let application = lock(tx, actor, id).await?;
                application.judge(actor)?;
                refuse_near(tx, policy::REVIEW.signed_in(actor)?, application.company_id).await?;
                let today = city.day_of(tx.now());
                terms.reaches(today)?;
                published(tx, &programme).await?;
                application.on(step.event, expected_version)?;
                let checklist = checklist::refreshed(tx, id, entry.as_ref()).await?;
                item::all_accepted(&checklist, today).map_err(Error::RequirementsOpen)?;
                let application = step
                    .take(tx, actor, &application, expected_version, terms.grounds.clone())
                    .await?;
                make_room(tx, actor, (application.company_id, programme.id), &terms, today).await?;
                let approval = Approval {
                    id: tx.new_id(),
                    city_id: application.city_id,
                    programme_id: application.programme_id,
                    company_id: application.company_id,
                    application_id: Some(application.id),
                    relies_on: None,
                    state: State::Active,
                    valid_from: terms.valid_from,
                    valid_until: terms.valid_until,
                    grounds: terms.grounds.clone(),
                    conditions: terms.conditions.clone(),
                    area: area.clone(),
                    municipalities: municipalities.clone(),
                    failing_since: None,
                    decided_by: approver,
                    decided_at: application.updated_at,
                    version: 1,
                };
                if !store::approvals::insert(tx, approval.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                tell(tx, &application, Outcome::Approved).await?;
                Ok(approval)
            })
            .await
    }

    /// The register of providers approved in a city, oldest approval first; open to anyone (A4, A13).
    pub async fn approved(&self, register: Register, page: PageRequest<ApprovalId>) -> Result<Page<Approval>, Error> {
        let scope = self.scope_of(register).await?;
        Ok(store::approvals::page(self.db.read(), scope, page).await?)
    }

    /// How many there are in [`Self::approved`].
    pub async fn count_approved(&self, register: Register) -> Result<u64, Error> {
        let scope = self.scope_of(register).await?;
        Ok(store::approvals::count(self.db.read(), scope).await?)
    }

    async fn scope_of(&self, register: Register) -> Result<Condition, Error> {
        let city = self.cities.find(register.city).await?.ok_or(Error::NotFound)?;
        let now = self.db.clock().now();
        let day = register.day.unwrap_or_else(|| city.day_of(now));
        Ok(in_force(&city, register.programme, day, now)?)
    }

    /// The approvals among `ids` that the actor may see, in no order: active ones are public, the others are for the
    /// company and the city's approvers.
    pub async fn approvals_by_ids(&self, actor: &Actor, ids: &[ApprovalId]) -> Result<Vec<Approval>, Error> {
        Ok(store::approvals::by_ids(self.db.read(), store::approvals::visible(actor), ids).await?)
    }

    /// The approvals that followed from `applications`, as far as the actor may see them, in no order.
    pub async fn approvals_of_applications(
        &self,
        actor: &Actor,
        applications: &[ApplicationId],
    ) -> Result<Vec<Approval>, Error> {
        let scope = store::approvals::readable(actor);
        Ok(store::approvals::of_applications(self.db.read(), scope, applications).await?)
    }

    /// How those of `approvals` have stood whose history the actor may read, in the order of approvals and time.
    pub async fn periods(&self, actor: &Actor, approvals: &[ApprovalId]) -> Result<Vec<Period>, Error> {
        Ok(store::approvals::periods(self.db.read(), store::approvals::readable(actor), approvals).await?)
    }
}

/// The approvals of `city` that stand in its register of the civil day `day`, as it reads at the instant `now`: a past
/// day as it stood at its end (A4).
///
/// # Errors
/// `day` outside the years that both databases store.
pub fn in_force(
    city: &cities::City,
    programme: Option<ProgrammeId>,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Condition, FieldError> {
    year("day", day)?;
    let at = now.min(end_of(day, city));
    Ok(store::approvals::in_force(city.id, programme, day, at))
}

/// The approval by which a company may sell in a programme on a civil day, kept from changing until the transaction
/// ends; for offers and bookings.
pub async fn find_in_force_shared(
    tx: &Tx,
    company: CompanyId,
    programme: ProgrammeId,
    day: NaiveDate,
) -> Result<Option<Approval>, db::Error> {
    store::approvals::find_in_force_shared(tx, company, programme, day).await
}

/// The approvals by which a company may sell in all cities, whatever their days; the caller has decided that the asker may know.
pub async fn active_of(conn: &impl ConnectionTrait, company: CompanyId) -> Result<Vec<Approval>, db::Error> {
    store::approvals::active_of(conn, company).await
}

/// The first and last days of the approvals of the company in the programme that count, as they stand now, in their order.
/// For bookings, whose caller has decided that the asker may know.
pub async fn covered(
    conn: &impl ConnectionTrait,
    company: CompanyId,
    programme: ProgrammeId,
) -> Result<Vec<(NaiveDate, NaiveDate)>, db::Error> {
    store::approvals::covered(conn, company, programme).await
}

/// Keeps the approvals of a company in a programme as they are until the transaction ends.
pub async fn keep(tx: &Tx, company: CompanyId, programme: ProgrammeId) -> Result<(), db::Error> {
    store::approvals::lock_shared(tx, company, programme).await
}

/// The approval of any city, for the job that a use case on it enqueued.
pub async fn find_for_job(conn: &impl ConnectionTrait, id: ApprovalId) -> Result<Option<Approval>, db::Error> {
    store::approvals::find_for_job(conn, id).await
}

/// Whether a company was approved for the civil day `day` at the instant `at`, also where new bookings were stopped; a
/// later suspension does not undo what was promised before it. For deliveries.
pub async fn was_in_force(
    tx: &Tx,
    company: CompanyId,
    programme: ProgrammeId,
    day: NaiveDate,
    at: DateTime<Utc>,
) -> Result<bool, db::Error> {
    store::approvals::was_in_force(tx, company, programme, day, at).await
}

/// Makes room for a new approval: ends those before whose days are over, and sees that it begins on the day after the last
/// one that has days left.
pub(crate) async fn make_room(
    tx: &Tx,
    actor: &Actor,
    (company, programme): (CompanyId, ProgrammeId),
    terms: &ApprovalTerms,
    today: NaiveDate,
) -> Result<(), Error> {
    let mut last = None;
    for before in store::approvals::open(tx, company, programme).await? {
        if before.is_over(today) {
            let state = before.on(Event::Expire, before.version)?;
            begin(tx, actor, &before, state, before.grounds.clone()).await?;
        } else {
            last = Some(before.next_day());
        }
    }
    if let Some(next) = last {
        field::number("validFrom", terms.valid_from, next, next)?;
    }
    Ok(())
}

/// Ends the present period of an approval that the caller has locked and begins the next one. The cities that rely on it
/// are told when the company may not sell by it any more (T3).
pub(crate) async fn begin(
    tx: &Tx,
    actor: &Actor,
    approval: &Approval,
    state: State,
    reason: String,
) -> Result<Approval, Error> {
    let period = Period {
        approval_id: approval.id,
        version: approval.version + 1,
        state,
        reason,
        decided_by: actor.signed_in().ok(),
        from_at: tx.now(),
        until_at: None,
    };
    let changed = store::approvals::begin(tx, approval, period).await?;
    // One whose days are over has not fallen: what relies on it ends no later.
    if approval.state.sells() && !state.sells() && state != State::Expired {
        let fell = ApprovalFell {
            approval: changed.id,
            version: changed.version,
        };
        jobs::publish(tx, &fell).await?;
    }
    Ok(changed)
}

/// The last microsecond of a civil day.
fn end_of(day: NaiveDate, city: &cities::City) -> DateTime<Utc> {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    kernel::start_of_day(next, city.zone.0) - TimeDelta::microseconds(1)
}

/// Keeps days inside what both databases store.
pub(crate) fn year(name: &'static str, day: NaiveDate) -> Result<(), FieldError> {
    field::number(name, day.year(), 2000, 2200).map(drop)
}

#[cfg(test)]
mod tests {
    use kernel::ErrorCode;

    use super::*;

    #[test]
    fn is_given_for_days_that_are_still_to_come() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let refusal = |from: &str, until: &str| {
            let terms = ApprovalTerms {
                valid_from: day(from),
                valid_until: day(until),
                grounds: "Hyväksytään.".into(),
                conditions: None,
                area: Vec::new(),
                municipalities: Vec::new(),
            };
            terms
                .checked()
                .and_then(|terms| terms.reaches(day("2027-03-01")))
                .map_err(|error| (error.field, error.code))
                .err()
        };
        assert_eq!(refusal("2027-01-01", "2027-03-01"), None);
        assert_eq!(
            refusal("2027-01-01", "2027-02-28"),
            Some(("validUntil", ErrorCode::OutOfRange))
        );
        assert_eq!(
            refusal("2027-06-02", "2027-06-01"),
            Some(("validUntil", ErrorCode::OutOfRange))
        );
        assert_eq!(
            refusal("1999-12-31", "2027-06-01"),
            Some(("validFrom", ErrorCode::OutOfRange))
        );
    }
}
