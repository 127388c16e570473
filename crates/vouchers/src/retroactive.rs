//! Decisions on incomes from a day that has passed (V7, C5): one officer proposes, another confirms, and `bookings` writes
//! what they change in the shares of deliveries.

use audit::Act;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use db::{OnceKey, Tx};
use kernel::{Actor, CityId, ErrorCode, FieldError, IncomeReviewId, ProgrammeId, VoucherId, field};
use programmes::model::parameters::month_of;
use programmes::model::terms::moment_of_decision;
use programmes::value::Assessment;
use sea_orm::ConnectionTrait;
use serde::Serialize;

use crate::application::tell;
use crate::events::VoucherRevalued;
use crate::income_review::record;
use crate::letters::News;
use crate::model::decision::Circumstances;
use crate::model::income_review::{Dated, Event, History, Model as Review, State};
use crate::model::{Model as Voucher, Refusal, may_decide};
use crate::{Error, Vouchers, policy, store};

/// A decision from a day that has passed.
#[derive(Clone, Debug, Serialize)]
pub struct NewRetroactive {
    /// The voucher.
    pub voucher: VoucherId,
    /// The first civil day, the first of a month that has begun.
    pub from: NaiveDate,
    /// The situation as the officer has assessed it.
    pub assessment: Assessment,
    /// The resident has accepted expressly that without an income the value is the lowest (V4).
    pub accepts_without_income: bool,
    /// Why, at most 2 000 characters.
    pub grounds: String,
}

/// What a confirmed decision from a day that has passed changes.
#[derive(Clone, Debug)]
pub struct Revaluation {
    /// The voucher.
    pub voucher: VoucherId,
    /// Its city.
    pub city: CityId,
    /// The programme.
    pub programme: ProgrammeId,
    /// The first civil day.
    pub from: NaiveDate,
    /// The first civil day of what came after it already.
    pub until: Option<NaiveDate>,
    /// The situations before it.
    pub before: History,
    /// The situation from now on.
    pub after: Assessment,
    /// When it was decided: what is delivered later keeps its price.
    pub decided_at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// What a decision changes that an event names; none while it is not confirmed.
pub async fn revaluation(conn: &impl ConnectionTrait, id: IncomeReviewId) -> Result<Option<Revaluation>, db::Error> {
    Ok(store::income_review::find(conn, id).await?.and_then(|review| {
        Some(Revaluation {
            voucher: review.voucher_id,
            city: review.city_id,
            programme: review.programme_id,
            from: review.from_day?,
            until: review.until_day,
            before: review.before?,
            after: review.assessed?,
            decided_at: review.decided_at?,
            reason: review.grounds?,
        })
    }))
}

impl Vouchers {
    /// Proposes a decision from a day that has passed; nothing changes before another officer confirms it.
    ///
    /// # Errors
    /// `Field` for a day that is no first of a month in the time of the voucher, or later than the present month; `AlreadyExists`
    /// while another proposal waits; `Refused` for a voucher that is one sum, or of somebody near to the officer.
    pub async fn propose_retroactive(&self, actor: &Actor, new: NewRetroactive) -> Result<Review, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let grounds = field::text("grounds", &new.grounds, 2_000)?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_for_update(tx, &cities, new.voucher).await?;
                let voucher = found.ok_or(Error::NotFound)?;
                may_decide(identity::is_near(tx, officer, voucher.resident_id).await?)?;
                let city = cities::find(tx.conn(), voucher.city_id).await?.ok_or(Error::NotFound)?;
                let today = city.day_of(tx.now());
                let from = first_day(&voucher, new.from, today)?;
                let terms = programmes::published_terms(tx.conn(), voucher.programme_id).await?;
                let begun = terms
                    .into_iter()
                    .rfind(|terms| terms.valid_from <= from.max(voucher.valid_from));
                let rule = begun.ok_or(Error::NoTermsInForce)?.value_rule;
                let before = voucher.assessment_on(from).cloned();
                let before = before.filter(|_| !rule.is_paid_once()).ok_or(Refusal::State)?;
                let told = Circumstances {
                    assessment: Some(new.assessment.clone()),
                    accepts_without_income: new.accepts_without_income,
                    ..Circumstances::default()
                };
                let after = Assessment {
                    raise: before.raise,
                    ..told.check(&rule)?
                };
                let value = |assessment: &Assessment| rule.value(assessment, None, 1, moment_of_decision(from)).value;
                let review = Review {
                    id: tx.new_id(),
                    city_id: voucher.city_id,
                    programme_id: voucher.programme_id,
                    voucher_id: voucher.id,
                    resident_id: voucher.resident_id,
                    state: State::Proposed,
                    answer_until: today,
                    told: None,
                    accepts_without_income: new.accepts_without_income,
                    told_by: None,
                    proposed_by: Some(officer),
                    value_before: Some(value(&before)),
                    value_after: Some(value(&after)),
                    assessed: Some(after),
                    decided_by: None,
                    decided_at: None,
                    grounds: Some(grounds.clone()),
                    from_day: Some(from),
                    until_day: None,
                    before: None,
                    version: 1,
                    created_at: tx.now(),
                    updated_at: tx.now(),
                };
                if !store::income_review::insert_once(tx, review.clone()).await? {
                    return Err(Error::AlreadyExists);
                }
                record(tx, actor, Act::new("proposeRetroactiveIncome", review.id), &review).await?;
                Ok(review)
            })
            .await
    }

    /// Confirms what another officer proposed: visits of its days are valued by it, and what was delivered is corrected.
    ///
    /// # Errors
    /// `Refused` for the officer who proposed it or somebody near to the resident, when it is confirmed or taken back already,
    /// or was changed since `expected_version`; `KeyReused`.
    pub async fn confirm_retroactive(
        &self,
        actor: &Actor,
        key: &str,
        id: IncomeReviewId,
        expected_version: i32,
    ) -> Result<Review, Error> {
        let officer = policy::GRANT.signed_in(actor)?;
        let cities = policy::GRANT.cities(actor);
        let key = OnceKey::new(actor, key, "confirmRetroactiveIncome", &(id, expected_version))?;
        let seen = self.visible_reviews(actor, &[id]).await?.pop().ok_or(Error::NotFound)?;
        policy::GRANT.in_city(actor, seen.city_id)?;
        let readers = self.identity.readers_for(seen.resident_id).await?;
        self.db
            .write_once(key, async |tx: &Tx| {
                let scope = store::income_review::in_cities(&cities);
                let found = store::income_review::find_for_update(tx, scope, id).await?;
                let review = found.ok_or(Error::NotFound)?;
                let state = review.on(Event::Confirm, expected_version)?;
                review.confirm(officer)?;
                may_decide(identity::is_near(tx, officer, review.resident_id).await?)?;
                let found = store::find_for_update(tx, &[review.city_id], review.voucher_id).await?;
                let voucher = found.ok_or(Error::NotFound)?;
                let decided = review.from_day.zip(review.assessed.clone());
                let (from, assessment) = decided.ok_or(Refusal::State)?;
                let before = voucher.history();
                let dated = Dated {
                    from,
                    assessment,
                    review: Some(id),
                };
                let history = voucher.assessments.clone().unwrap_or_default().with(dated);
                store::income_review::set_history(tx, &voucher, history).await?;
                let changed = Review {
                    state,
                    decided_by: Some(officer),
                    decided_at: Some(tx.now()),
                    until_day: before.next_after(from.max(voucher.valid_from)),
                    before: Some(before),
                    ..review
                };
                let changed = store::income_review::update(tx, &changed).await?;
                jobs::publish(tx, &VoucherRevalued { review: id }).await?;
                tell(tx, &readers, News::IncomeDecided).await?;
                let act = Act::new("confirmRetroactiveIncome", id);
                record(tx, actor, act, &changed).await?;
                Ok(changed)
            })
            .await
    }

    /// Takes a proposal back.
    ///
    /// # Errors
    /// `Refused` when it is confirmed or taken back already or was changed since `expected_version`.
    pub async fn withdraw_retroactive(
        &self,
        actor: &Actor,
        id: IncomeReviewId,
        expected_version: i32,
    ) -> Result<Review, Error> {
        policy::GRANT.signed_in(actor)?;
        let scope = store::income_review::in_cities(&policy::GRANT.cities(actor));
        self.db
            .write(async |tx: &Tx| {
                let found = store::income_review::find_for_update(tx, scope.clone(), id).await?;
                let review = found.ok_or(Error::NotFound)?;
                let state = review.on(Event::Withdraw, expected_version)?;
                let review = store::income_review::update(tx, &Review { state, ..review }).await?;
                record(tx, actor, Act::new("withdrawRetroactiveIncome", id), &review).await?;
                Ok(review)
            })
            .await
    }
}

/// Checks the first civil day of a decision: the first of a month, from that of the voucher's first day to the present one.
fn first_day(voucher: &Voucher, from: NaiveDate, today: NaiveDate) -> Result<NaiveDate, FieldError> {
    let (earliest, latest) = (month_of(voucher.valid_from).0, month_of(today).0);
    let from = field::number("from", from, earliest, latest)?;
    if from.day() == 1 {
        Ok(from)
    } else {
        Err(FieldError::new("from", ErrorCode::InvalidFormat))
    }
}
