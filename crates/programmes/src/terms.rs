use audit::Act;
use chrono::{Datelike, NaiveDate};
use db::Tx;
use kernel::{Actor, BasisPoints, Cents, CityId, FieldError, PersonId, ProgrammeId, TermsId, field};
use sea_orm::ConnectionTrait;

use crate::conditions::Conditions;
use crate::model::Model as Programme;
use crate::model::parameters::{Parameters, Replenishment};
use crate::model::terms::{LAST_DAY, Model as Terms, PriceMode, State};
use crate::value::{InForce, ValueRule};
use crate::{Error, Programmes, eligibility, policy, store};

/// What an officer writes into terms. Wrong fields are named as in `terms` of an input.
#[derive(Clone, Debug)]
pub struct TermsContent {
    /// How a resident's situation becomes the value of a voucher.
    pub value_rule: ValueRule,
    /// Who pays what the value does not cover.
    pub price_mode: PriceMode,
    /// The highest price of a place that is allowed or paid, in cents; at least a flat value.
    pub price_ceiling: Cents,
    /// Hours before a visit up to which cancelling costs nothing, 0 to 720.
    pub free_cancellation_hours: i32,
    /// What is paid of the voucher share after that, 0 to 10 000 basis points.
    pub late_fee: BasisPoints,
    /// Days for a request for rectification, 14 to 60.
    pub appeal_days: i32,
    /// Who may book how often, until when a delivery counts, and what else differs between programmes.
    pub parameters: Parameters,
    /// What is asked of residents.
    pub conditions: Conditions,
}

/// Terms to draft for a later period.
#[derive(Clone, Debug)]
pub struct NewTerms {
    /// The days on which they are to be in force.
    pub period: InForce,
    /// Their content.
    pub content: TermsContent,
}

impl TermsContent {
    /// Checks every field; the rules stand beside the fields.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        self.value_rule.check().map_err(|invalid| Error::Rule {
            kind: self.value_rule.kind(),
            invalid,
        })?;
        let mut least = Cents(1);
        if let ValueRule::Flat(flat) = &self.value_rule {
            field::cents("terms.valueRule.flat.value", flat.value, least, Cents::MAX_INPUT)?;
            least = flat.value;
        }
        field::cents("terms.priceCeiling", self.price_ceiling, least, Cents::MAX_INPUT)?;
        field::number("terms.freeCancellationHours", self.free_cancellation_hours, 0, 720)?;
        field::number("terms.lateFeeBasisPoints", self.late_fee.0, 0, 10_000)?;
        field::number("terms.appealDays", self.appeal_days, 14, 60)?;
        self.parameters.checked()?;
        eligibility::check(&self.conditions.rules)?;
        Ok(self)
    }

    /// What the binary before this one reads as the value of a voucher.
    pub(crate) fn flat_value(&self) -> Cents {
        match &self.value_rule {
            ValueRule::Flat(flat) if self.value_rule.is_paid_once() => flat.value,
            _ => Cents(1),
        }
    }

    /// A draft of `officer` for a programme.
    pub(crate) fn draft(&self, tx: &Tx, programme: &Programme, period: InForce, officer: PersonId) -> Terms {
        Terms {
            id: tx.new_id(),
            city_id: programme.city_id,
            programme_id: programme.id,
            valid_from: period.from,
            valid_until: period.until,
            value_rule: self.value_rule.clone(),
            price_mode: self.price_mode,
            price_ceiling_cents: self.price_ceiling,
            free_cancellation_hours: self.free_cancellation_hours,
            late_fee_bp: self.late_fee,
            appeal_days: self.appeal_days,
            parameters: self.parameters.clone(),
            conditions: self.conditions.clone(),
            state: State::Draft,
            drafted_by: officer,
            published_by: None,
            version: 1,
            created_at: tx.now(),
        }
    }

    /// The draft with this content, written by `officer`.
    pub(crate) fn over(&self, draft: &Terms, period: InForce, officer: PersonId) -> Terms {
        Terms {
            valid_from: period.from,
            valid_until: period.until,
            value_rule: self.value_rule.clone(),
            price_mode: self.price_mode,
            price_ceiling_cents: self.price_ceiling,
            free_cancellation_hours: self.free_cancellation_hours,
            late_fee_bp: self.late_fee,
            appeal_days: self.appeal_days,
            parameters: self.parameters.clone(),
            conditions: self.conditions.clone(),
            drafted_by: officer,
            ..draft.clone()
        }
    }
}

impl NewTerms {
    fn checked(self) -> Result<Self, Error> {
        let from = self.period.from;
        field::number("validFrom", from.year(), 2000, 2200)?;
        if let Some(until) = self.period.until {
            last_day(until, from)?;
        }
        Ok(Self {
            content: self.content.checked()?,
            ..self
        })
    }
}

/// Checks that a period ends on or after its first day, in a year that every calendar holds.
fn last_day(until: NaiveDate, from: NaiveDate) -> Result<NaiveDate, FieldError> {
    field::number("validUntil", until, from, LAST_DAY)
}

impl Programmes {
    /// Drafts terms of a published programme for a later period. Nothing is in force before another officer publishes
    /// them, so the period may still overlap others.
    ///
    /// # Errors
    /// `State` when the programme is a draft, which carries its first terms itself, or closed; `Rule` for a parameter
    /// of the value rule, `Terms` when that pays something else than the unit of the programme counts.
    pub async fn draft_terms(&self, actor: &Actor, programme: ProgrammeId, new: NewTerms) -> Result<Terms, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let new = new.checked()?;
        self.db
            .write(async |tx: &Tx| {
                let found = store::find_for_update(tx, &cities, programme).await?;
                let programme = found.ok_or(Error::NotFound)?;
                programme.take_terms()?;
                programme.unit.takes(&new.content.value_rule)?;
                let terms = new.content.draft(tx, &programme, new.period, officer);
                store::terms::insert(tx, terms.clone()).await?;
                let act = Act::new("draftProgrammeTerms", terms.id).in_city(programme.city_id);
                audit::record(tx, actor, act).await?;
                Ok(terms)
            })
            .await
    }

    /// Changes a draft of terms for a later period; who changes it may not publish it.
    ///
    /// # Errors
    /// `Stale` when somebody changed it since `expected_version`, `Terms` when it is published.
    pub async fn update_terms(
        &self,
        actor: &Actor,
        id: TermsId,
        expected_version: i32,
        change: NewTerms,
    ) -> Result<Terms, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        let change = change.checked()?;
        self.db
            .write(async |tx: &Tx| {
                let (programme, draft) = lock(tx, &cities, id).await?;
                programme.take_terms()?;
                programme.unit.takes(&change.content.value_rule)?;
                draft.change(expected_version)?;
                let act = Act::new("updateProgrammeTerms", id).in_city(draft.city_id);
                audit::record(tx, actor, act).await?;
                let changed = change.content.over(&draft, change.period, officer);
                Ok(store::terms::update(tx, changed).await?)
            })
            .await
    }

    /// Publishes a draft of terms that another officer wrote. The periods of published terms are compared under the
    /// lock of their programme, so that two at once cannot both get the same day.
    ///
    /// # Errors
    /// `FourEyes` for the officer who drafted them, `Stale`, and `Terms` when a day of the period has passed, is covered
    /// by other terms or they are published already.
    pub async fn publish_terms(&self, actor: &Actor, id: TermsId, expected_version: i32) -> Result<Terms, Error> {
        let officer = policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let (programme, draft) = lock(tx, &cities, id).await?;
                programme.take_terms()?;
                let today = self.today(tx, draft.city_id).await?;
                let others = published_terms(tx.conn(), programme.id).await?;
                draft.publish(officer, expected_version, today, &others)?;
                let act = Act::new("publishProgrammeTerms", id).in_city(draft.city_id);
                audit::record(tx, actor, act).await?;
                Ok(store::terms::publish(tx, &draft, officer).await?)
            })
            .await
    }

    /// Makes `until` the last day of published terms: today or later, and not later than it was; whoever wants to prolong
    /// them drafts the next ones. Bookings that are made keep what they froze.
    ///
    /// # Errors
    /// `Stale`, and `Terms` for a day that has passed, lies before the first or behind the last.
    pub async fn end_terms(
        &self,
        actor: &Actor,
        id: TermsId,
        expected_version: i32,
        until: NaiveDate,
    ) -> Result<Terms, Error> {
        policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let (_, terms) = lock(tx, &cities, id).await?;
                let today = self.today(tx, terms.city_id).await?;
                terms.end(expected_version, until, today)?;
                let act = Act::new("endProgrammeTerms", id).in_city(terms.city_id);
                audit::record(tx, actor, act).await?;
                let ended = Terms {
                    valid_until: Some(until),
                    ..terms
                };
                Ok(store::terms::update(tx, ended).await?)
            })
            .await
    }

    /// Takes back published terms before their first day, so that their days can get others.
    ///
    /// # Errors
    /// `Stale`, and `Terms` once their first day has begun or for a draft.
    pub async fn withdraw_terms(&self, actor: &Actor, id: TermsId, expected_version: i32) -> Result<Terms, Error> {
        policy::MANAGE.signed_in(actor)?;
        let cities = policy::MANAGE.cities(actor);
        self.db
            .write(async |tx: &Tx| {
                let (_, terms) = lock(tx, &cities, id).await?;
                let today = self.today(tx, terms.city_id).await?;
                let state = terms.withdraw(expected_version, today)?;
                let act = Act::new("withdrawProgrammeTerms", id).in_city(terms.city_id);
                audit::record(tx, actor, act).await?;
                Ok(store::terms::update(tx, Terms { state, ..terms }).await?)
            })
            .await
    }

    /// The terms among `ids` that the actor may see, in no order: published ones are public, drafts are for the city's
    /// staff.
    pub async fn terms_by_ids(&self, actor: &Actor, ids: &[TermsId]) -> Result<Vec<Terms>, Error> {
        let scope = store::terms::visible(&policy::SEE_DRAFTS.cities(actor));
        Ok(store::terms::by_ids(self.db.read(), scope, ids).await?)
    }

    /// The terms of programmes that the actor may see, in the order of their periods.
    pub async fn terms_of(&self, actor: &Actor, programmes: &[ProgrammeId]) -> Result<Vec<Terms>, Error> {
        let scope = store::terms::visible(&policy::SEE_DRAFTS.cities(actor));
        Ok(store::terms::of_programmes(self.db.read(), scope, programmes).await?)
    }

    /// The civil day in a city, after the locks are held.
    async fn today(&self, tx: &Tx, city: CityId) -> Result<NaiveDate, Error> {
        let city = cities::find(tx.conn(), city).await?.ok_or(Error::NotFound)?;
        Ok(city.day_of(tx.now()))
    }
}

/// Terms of one of `cities` with their programme, both locked, the programme first.
async fn lock(tx: &Tx, cities: &[CityId], id: TermsId) -> Result<(Programme, Terms), Error> {
    let seen = store::terms::find(tx.conn(), cities, id)
        .await?
        .ok_or(Error::NotFound)?;
    let programme = store::find_for_update(tx, cities, seen.programme_id).await?;
    let terms = store::terms::find_for_update(tx, cities, id).await?;
    programme.zip(terms).ok_or(Error::NotFound)
}

/// The published terms of a programme in the order of their periods; for contexts that grant, list or book.
pub async fn published_terms(conn: &impl ConnectionTrait, programme: ProgrammeId) -> Result<Vec<Terms>, db::Error> {
    store::terms::of_programmes(conn, store::terms::visible(&[]), &[programme]).await
}

/// The published terms of a city's programmes that are in force on the civil day `today` and have incomes reviewed; for the
/// job that asks for them.
pub async fn reviewing_terms(
    conn: &impl ConnectionTrait,
    city: CityId,
    today: NaiveDate,
) -> Result<Vec<Terms>, db::Error> {
    let mut terms = store::terms::in_force(conn, city, today).await?;
    terms.retain(|terms| terms.parameters.income_review_months.is_some() && terms.value_rule.reads_income());
    Ok(terms)
}

/// The published terms of a city's programmes that are in force on the civil day `today` and fill vouchers anew; for the job
/// that does.
pub async fn replenishing_terms(
    conn: &impl ConnectionTrait,
    city: CityId,
    today: NaiveDate,
) -> Result<Vec<Terms>, db::Error> {
    let mut terms = store::terms::in_force(conn, city, today).await?;
    terms.retain(|terms| terms.parameters.replenishment != Replenishment::None);
    Ok(terms)
}
