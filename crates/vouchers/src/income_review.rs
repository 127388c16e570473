//! Incomes are asked for once a year, and the value of a voucher changes from the next month on (V7).

use audit::Act;
use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use db::Tx;
use kernel::{
    Actor, Cents, CityId, Denied, ErrorCode, FieldError, IncomeReviewId, Page, PageRequest, PersonId, VoucherId, field,
};
use programmes::Terms;
use programmes::model::terms::moment_of_decision;
use programmes::value::Assessment;

use crate::application::tell;
use crate::letters::News;
use crate::model::decision::Circumstances;
use crate::model::income_review::{Dated, Event, Model as Review, State, Turn, in_force_from};
use crate::model::task::Kind;
use crate::model::{Model as Voucher, Refusal, may_decide};
use crate::voucher::applicant;
use crate::{Error, Vouchers, policy, store};

/// The job that asks for incomes.
pub const REVIEW_INCOMES: &str = "vouchers.review_incomes";

/// An officer's decision on an income.
#[derive(Clone, Debug)]
pub struct NewAssessment {
    /// The review.
    pub review: IncomeReviewId,
    /// The version that the officer read.
    pub expected_version: i32,
    /// Why, at most 2 000 characters.
    pub grounds: String,
    /// The situation as the officer has assessed it; as the resident has told it when there is none.
    pub assessment: Option<Assessment>,
    /// The resident has accepted expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
}

impl Vouchers {
    /// Handles [`REVIEW_INCOMES`]: asks each resident for whose voucher it is time, gives officers a task about those who have
    /// not answered, and ends reviews of vouchers that have ended. Safe to run twice and at once: each voucher has a
    /// transaction of its own and one open review at most.
    pub async fn run_review_incomes(&self) -> Result<(), Error> {
        let actor = Actor::system(REVIEW_INCOMES);
        let mut failed = None;
        for city in self.cities.list().await? {
            let today = city.day_of(self.db.clock().now());
            for terms in programmes::reviewing_terms(self.db.read(), city.id, today).await? {
                let since = asked_since(&city, &terms, today);
                let mut after = None;
                loop {
                    let programme = terms.programme_id;
                    let due = store::income_review::due(self.db.read(), programme, since, today, after).await?;
                    let Some((last, _)) = due.last() else { break };
                    after = Some(*last);
                    for (voucher, resident) in due {
                        // One resident who cannot be asked does not keep the others.
                        if let Err(error) = self.ask_income(&actor, &city, &terms, voucher, resident).await {
                            failed.get_or_insert(error);
                        }
                    }
                }
            }
            for review in store::income_review::late(self.db.read(), city.id, today).await? {
                if let Err(error) = self.pass_over(&actor, &city, review).await {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn ask_income(
        &self,
        actor: &Actor,
        city: &cities::City,
        terms: &Terms,
        voucher: VoucherId,
        resident: PersonId,
    ) -> Result<(), Error> {
        let readers = self.identity.readers_for(resident).await?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_for_update(tx, &[city.id], voucher).await?;
                let voucher = found.ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                let latest = store::income_review::latest(tx, voucher.id).await?;
                let since = asked_since(city, terms, today);
                let asked = latest.is_some_and(|review| review.created_at >= since);
                if asked || !voucher.is_in_use(today) {
                    return Ok(());
                }
                let days = u64::try_from(terms.parameters.income_answer_days).unwrap_or_default();
                let answer_until = today.checked_add_days(Days::new(days)).unwrap_or(today);
                let review = Review {
                    id: tx.new_id(),
                    city_id: city.id,
                    programme_id: voucher.programme_id,
                    voucher_id: voucher.id,
                    resident_id: voucher.resident_id,
                    state: State::Asked,
                    answer_until,
                    told: None,
                    accepts_without_income: false,
                    told_by: None,
                    proposed_by: None,
                    assessed: None,
                    decided_by: None,
                    decided_at: None,
                    grounds: None,
                    from_day: None,
                    until_day: None,
                    before: None,
                    value_before: None,
                    value_after: None,
                    version: 1,
                    created_at: tx.now(),
                    updated_at: tx.now(),
                };
                if !store::income_review::insert_once(tx, review.clone()).await? {
                    return Ok(());
                }
                tell(tx, &readers, News::IncomeAsked(answer_until)).await?;
                record(tx, actor, Act::new("askIncome", review.id), &review).await
            })
            .await
    }

    /// Gives the officers a task about a review that nobody answered in time, once; ends one whose voucher has ended.
    async fn pass_over(&self, actor: &Actor, city: &cities::City, id: IncomeReviewId) -> Result<(), Error> {
        self.db
            .write(async |tx: &Tx| {
                let scope = store::income_review::in_cities(&[city.id]);
                let found = store::income_review::find_for_update(tx, scope, id).await?;
                let review = found.ok_or(Error::NotFound)?;
                let voucher = store::find_for_update(tx, &[city.id], review.voucher_id).await?;
                let voucher = voucher.ok_or(Error::NotFound)?;
                let overdue = review.answer_until < city.day_of(tx.now());
                let turn = match voucher.state.is_alive() {
                    false => Turn::End,
                    true if overdue => Turn::Overdue,
                    true => return Ok(()),
                };
                let Some(state) = review.state.turns(turn) else {
                    return Ok(());
                };
                if turn == Turn::Overdue {
                    store::task::open_once(tx, city.id, Kind::IncomeNotTold, voucher.id).await?;
                }
                let review = store::income_review::update(tx, &Review { state, ..review }).await?;
                record(tx, actor, Act::new("passOverIncome", id), &review).await
            })
            .await
    }

    /// Tells the income of the principal, by which her voucher is valued from the next month on once an officer has decided.
    ///
    /// # Errors
    /// `Refused` when it is decided, the voucher has ended or the review was changed since `expected_version`; `Field` and
    /// `Assessment` when the value rule needs more.
    pub async fn report_income(
        &self,
        actor: &Actor,
        id: IncomeReviewId,
        expected_version: i32,
        told: Circumstances,
    ) -> Result<Review, Error> {
        let sender = actor.signed_in().map_err(Denied)?;
        let own = store::income_review::of_resident(applicant(actor)?);
        self.db
            .write(async |tx: &Tx| {
                let found = store::income_review::find_for_update(tx, own.clone(), id).await?;
                let review = found.ok_or(Error::NotFound)?;
                let state = review.on(Event::Report, expected_version)?;
                let footing = footing(tx, &review).await?;
                let assessment = told.check(&footing.terms.value_rule)?;
                let changed = Review {
                    state,
                    told: Some(assessment),
                    accepts_without_income: told.accepts_without_income,
                    told_by: Some(sender),
                    ..review
                };
                let changed = store::income_review::update(tx, &changed).await?;
                record(tx, actor, Act::new("reportIncome", id), &changed).await?;
                Ok(changed)
            })
            .await
    }

    /// Decides on an income: visits from the first of the next month on are valued by it. Bookings that are made keep their
    /// price.
    ///
    /// # Errors
    /// `Refused` for the officer's own income or that of somebody near to her, when it is decided, the voucher has ended or the
    /// review was changed since it was read; `Field` and `Assessment` when the value rule needs more.
    pub async fn decide_income(&self, actor: &Actor, new: NewAssessment) -> Result<Review, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let grounds = field::text("grounds", &new.grounds, 2_000)?;
        let seen = self.visible_reviews(actor, &[new.review]).await?.pop();
        let seen = seen.ok_or(Error::NotFound)?;
        policy::GRANT.in_city(actor, seen.city_id)?;
        let readers = self.identity.readers_for(seen.resident_id).await?;
        self.db
            .write(async |tx: &Tx| {
                let scope = store::income_review::in_cities(&cities);
                let found = store::income_review::find_for_update(tx, scope, new.review).await?;
                let review = found.ok_or(Error::NotFound)?;
                review.judge(officer)?;
                may_decide(identity::is_near(tx, officer, review.resident_id).await?)?;
                let state = review.on(Event::Decide, new.expected_version)?;
                let footing = footing(tx, &review).await?;
                let assessed = footing.assess(&review, &new)?;
                let history = footing.voucher.assessments.clone().unwrap_or_default();
                let history_until = history.next_after(assessed.dated.from);
                let history = history.with(assessed.dated.clone());
                store::income_review::set_history(tx, &footing.voucher, history).await?;
                let changed = Review {
                    state,
                    told: review.told.clone(),
                    assessed: Some(assessed.dated.assessment.clone()),
                    until_day: history_until,
                    decided_by: Some(officer),
                    decided_at: Some(tx.now()),
                    grounds: Some(grounds.clone()),
                    from_day: Some(assessed.dated.from),
                    value_before: Some(assessed.before),
                    value_after: Some(assessed.after),
                    ..review
                };
                let changed = store::income_review::update(tx, &changed).await?;
                tell(tx, &readers, News::IncomeDecided).await?;
                let act = Act::new("decideIncome", changed.id).because(grounds.clone());
                record(tx, actor, act, &changed).await?;
                Ok(changed)
            })
            .await
    }

    pub(crate) async fn visible_reviews(&self, actor: &Actor, ids: &[IncomeReviewId]) -> Result<Vec<Review>, Error> {
        let scope = store::income_review::visible(applicant(actor)?, &policy::SEE.cities(actor));
        Ok(store::income_review::by_ids(self.db.read(), scope, ids).await?)
    }

    /// The reviews among `ids` that the actor may see, in no order; looks at those of others are recorded.
    pub async fn income_reviews_by_ids(&self, actor: &Actor, ids: &[IncomeReviewId]) -> Result<Vec<Review>, Error> {
        let rows = self.visible_reviews(actor, ids).await?;
        self.record_review_looks(actor, &rows).await?;
        Ok(rows)
    }

    /// The reviews of the principal, oldest first. The look of somebody who acts for her is recorded.
    pub async fn own_income_reviews(
        &self,
        actor: &Actor,
        page: PageRequest<IncomeReviewId>,
    ) -> Result<Page<Review>, Error> {
        let own = store::income_review::of_resident(applicant(actor)?);
        let rows = store::income_review::page(self.db.read(), own, page).await?;
        self.record_review_looks(actor, &rows.items).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::own_income_reviews`].
    pub async fn count_own_income_reviews(&self, actor: &Actor) -> Result<u64, Error> {
        let own = store::income_review::of_resident(applicant(actor)?);
        Ok(store::income_review::count(self.db.read(), own).await?)
    }

    /// The reviews of a city in a state, oldest first; the look at each is recorded.
    pub async fn income_reviews(
        &self,
        actor: &Actor,
        city: CityId,
        state: Option<State>,
        page: PageRequest<IncomeReviewId>,
    ) -> Result<Page<Review>, Error> {
        policy::SEE.in_city(actor, city)?;
        let scope = store::income_review::queue(city, state);
        let rows = store::income_review::page(self.db.read(), scope, page).await?;
        self.record_review_looks(actor, &rows.items).await?;
        Ok(rows)
    }

    /// How many there are in [`Self::income_reviews`].
    pub async fn count_income_reviews(&self, actor: &Actor, city: CityId, state: Option<State>) -> Result<u64, Error> {
        policy::SEE.in_city(actor, city)?;
        Ok(store::income_review::count(self.db.read(), store::income_review::queue(city, state)).await?)
    }

    async fn record_review_looks(&self, actor: &Actor, rows: &[Review]) -> Result<(), Error> {
        let of_others = rows
            .iter()
            .filter(|row| Some(row.resident_id) != actor.principal || actor.acting.is_some());
        let looks: Vec<_> = of_others
            .map(|row| {
                Act::new("readIncomeReview", row.id)
                    .in_city(row.city_id)
                    .about(row.resident_id)
            })
            .collect();
        Ok(audit::record_reads(&self.db, actor, &looks).await?)
    }
}

/// The first instant after the civil day so many months ago as the terms leave between two reviews: a voucher that was
/// granted on a day is due on the same day of a later month.
fn asked_since(city: &cities::City, terms: &Terms, today: NaiveDate) -> DateTime<Utc> {
    let months = terms.parameters.income_review_months.unwrap_or_default();
    let months = Months::new(u32::try_from(months).unwrap_or_default());
    let day = today.checked_sub_months(months).unwrap_or(today);
    kernel::start_of_day(day.succ_opt().unwrap_or(day), city.zone.0)
}

/// What a decision on an income stands on.
struct Footing {
    /// Locked and alive.
    voucher: Voucher,
    /// The terms of its programme on the first day, or the latest before it.
    terms: Terms,
    /// The first civil day of the value that is to be decided.
    from: NaiveDate,
}

/// What a decision on a locked review stands on.
async fn footing(tx: &Tx, review: &Review) -> Result<Footing, Error> {
    let found = store::find_for_update(tx, &[review.city_id], review.voucher_id).await?;
    let voucher = found.ok_or(Error::NotFound)?;
    if !voucher.state.is_alive() {
        return Err(Refusal::State.into());
    }
    let city = cities::find(tx.conn(), review.city_id).await?;
    let from = in_force_from(city.ok_or(Error::NotFound)?.day_of(tx.now()));
    let published = programmes::published_terms(tx.conn(), voucher.programme_id).await?;
    let begun = published.into_iter().rfind(|terms| terms.valid_from <= from);
    Ok(Footing {
        voucher,
        terms: begun.ok_or(Error::NoTermsInForce)?,
        from,
    })
}

/// A situation with what it makes of the value of a unit, for an hour on a weekday where time counts.
struct Assessed {
    dated: Dated,
    before: Cents,
    after: Cents,
}

impl Footing {
    /// Decides by the officer's assessment, else by what the resident has told; a hardship raise stays as it is.
    fn assess(&self, review: &Review, new: &NewAssessment) -> Result<Assessed, Error> {
        let assessment = new.assessment.clone().or_else(|| review.told.clone());
        if assessment.is_none() {
            return Err(FieldError::new("assessment", ErrorCode::Required).into());
        }
        let circumstances = Circumstances {
            assessment,
            accepts_without_income: new.accepts_without_income || review.accepts_without_income,
            ..Circumstances::default()
        };
        let (from, rule) = (self.from, &self.terms.value_rule);
        let before = self.voucher.assessment_on(from).cloned().unwrap_or_default();
        let after = Assessment {
            raise: before.raise,
            ..circumstances.check(rule)?
        };
        let value = |assessment: &Assessment| rule.value(assessment, None, 1, moment_of_decision(from)).value;
        Ok(Assessed {
            before: value(&before),
            after: value(&after),
            dated: Dated {
                from,
                assessment: after,
                review: Some(review.id),
            },
        })
    }
}

pub(crate) async fn record(tx: &Tx, actor: &Actor, act: Act, review: &Review) -> Result<(), Error> {
    let act = act.in_city(review.city_id).about(review.resident_id);
    Ok(audit::record(tx, actor, act).await?)
}
