//! Reviews of incomes.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::IncomeReviewId;
use vouchers::{Circumstances, NewAssessment, NewRetroactive, policy};

use super::Voucher;
use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::loaders::Batch;
use crate::scalars::{Cents, Date, DateTime, Money, id, show};
use crate::values::AssessmentInput;

/// A review of the income of the resident of a voucher.
#[derive(Clone)]
pub struct IncomeReview(pub(crate) Arc<vouchers::IncomeReview>);

impl From<vouchers::IncomeReview> for IncomeReview {
    fn from(review: vouchers::IncomeReview) -> Self {
        Self(Arc::new(review))
    }
}

/// How far a review of an income has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::IncomeReviewState")]
pub enum IncomeReviewState {
    /// The resident is asked for her income.
    Asked,
    /// She has not told it in time: an officer has a task.
    Overdue,
    /// She has told it.
    Answered,
    /// An officer has decided.
    Decided,
    /// The voucher ended before that.
    Ended,
    /// An officer proposes a decision from a day that has passed.
    Proposed,
    /// Such a proposal was taken back.
    Withdrawn,
}

/// What can be done with a review of an income.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::IncomeReviewEvent")]
pub enum IncomeReviewAction {
    /// The resident tells her income, or tells it anew.
    Report,
    /// An officer decides.
    Decide,
    /// Another officer confirms a decision from a day that has passed.
    Confirm,
    /// An officer takes such a proposal back.
    Withdraw,
}

/// The situation by which visits are valued from a day on, until the next one.
#[derive(SimpleObject)]
pub struct VoucherAssessment {
    /// The first day.
    from: Date,
    /// The gross income of the household in a month; null where it was not told.
    monthly_income: Option<Cents>,
    /// The persons of the household.
    household_size: i32,
}

impl VoucherAssessment {
    /// The situations of a voucher in the order of days, that of the grant first.
    pub(super) fn of(voucher: &vouchers::Voucher) -> Vec<Self> {
        voucher
            .assessments()
            .map(|(from, assessment)| Self {
                from: Date(from),
                monthly_income: assessment.monthly_income.map(Cents),
                household_size: assessment.household_size,
            })
            .collect()
    }
}

#[Object]
impl IncomeReview {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The voucher; the look at it is recorded.
    async fn voucher(&self, ctx: &Context<'_>) -> Result<Option<Voucher>, Failure> {
        ctx.loader().load_one(self.0.voucher_id).await
    }
    /// How far it has come.
    async fn state(&self) -> IncomeReviewState {
        self.0.state.into()
    }
    /// What the caller may do with it now.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<IncomeReviewAction>, Failure> {
        let actions = self.0.allowed_actions(ctx.session().actor().await?);
        Ok(actions.into_iter().map(IncomeReviewAction::from).collect())
    }
    /// The last day on which an answer is in time.
    async fn answer_until(&self) -> Date {
        Date(self.0.answer_until)
    }
    /// The gross income of the household in a month, as the resident has told it.
    async fn monthly_income(&self) -> Option<Cents> {
        let told = self.0.told.as_ref();
        told.and_then(|told| told.monthly_income).map(Cents)
    }
    /// The persons of the household, as the resident has told them.
    async fn household_size(&self) -> Option<i32> {
        self.0.told.as_ref().map(|told| told.household_size)
    }
    /// The gross income of the household in a month by which visits are valued, as it was decided or is proposed.
    async fn assessed_income(&self) -> Option<Cents> {
        let assessed = self.0.assessed.as_ref();
        assessed.and_then(|assessed| assessed.monthly_income).map(Cents)
    }
    /// Why it was decided so.
    async fn grounds(&self) -> Option<&str> {
        self.0.grounds.as_deref()
    }
    /// The first day of the new value: the first of the month after the decision, or of a month that has begun.
    async fn from_day(&self) -> Option<Date> {
        self.0.from_day.map(Date)
    }
    /// What a unit was worth on that day before the decision.
    async fn value_before(&self) -> Option<Money> {
        self.0.value_before.map(Money)
    }
    /// What it is worth by the decision.
    async fn value_after(&self) -> Option<Money> {
        self.0.value_after.map(Money)
    }
    /// When it was decided.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }
    /// When the resident was asked.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

impl Loader<IncomeReviewId> for Batch {
    type Value = IncomeReview;
    type Error = Failure;

    async fn load(&self, keys: &[IncomeReviewId]) -> Result<HashMap<IncomeReviewId, IncomeReview>, Failure> {
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.income_reviews_by_ids(actor, keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

/// Queries on reviews of incomes.
#[derive(Default)]
pub struct IncomeReviewQuery;

#[Object]
impl IncomeReviewQuery {
    /// The reviews of the caller's income, oldest first.
    #[graphql(directive = auth::apply(policy::OWN.to_string()))]
    async fn my_income_reviews(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<IncomeReview>, Failure> {
        let (actor, after) = (ctx.session().person().await?, after.as_deref());
        let vouchers = &ctx.app().vouchers;
        let rows = vouchers.own_income_reviews(&actor, page(first, after)?).await?;
        let count = vouchers.count_own_income_reviews(&actor);
        connection(ctx, after, rows, |row| row.id, count).await
    }

    /// The reviews of incomes of a city, oldest first; the look is recorded.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn income_reviews(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        state: Option<IncomeReviewState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<IncomeReview>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let (vouchers, state) = (&ctx.app().vouchers, state.map(Into::into));
        let rows = vouchers.income_reviews(actor, city, state, page(first, after)?).await?;
        let count = vouchers.count_income_reviews(actor, city, state);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

/// An income to tell.
#[derive(InputObject)]
pub struct ReportIncomeInput {
    /// The review.
    review_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The resident's situation.
    assessment: AssessmentInput,
}

/// An income to decide on.
#[derive(InputObject)]
pub struct DecideIncomeInput {
    /// The review.
    review_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Why, at most 2 000 characters.
    grounds: String,
    /// The situation as the officer has assessed it; as the resident has told it when it is left out.
    assessment: Option<AssessmentInput>,
}

/// A decision from a day that has passed, to propose.
#[derive(InputObject)]
pub struct ProposeRetroactiveIncomeInput {
    /// The voucher.
    voucher_id: ID,
    /// The first day: the first of a month that has begun.
    from: Date,
    /// The situation as the officer has assessed it.
    assessment: AssessmentInput,
    /// Why, at most 2 000 characters.
    grounds: String,
}

/// A proposed decision to confirm.
#[derive(InputObject)]
pub struct ConfirmRetroactiveIncomeInput {
    /// The review.
    review_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

/// A proposed decision to take back.
#[derive(InputObject)]
pub struct WithdrawRetroactiveIncomeInput {
    /// The review.
    review_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of a review of an income answers.
    IncomeReviewPayload { review: IncomeReview }
}

/// Mutations on reviews of incomes.
#[derive(Default)]
pub struct IncomeReviewMutation;

#[Object]
impl IncomeReviewMutation {
    /// Tells the caller's income when it is asked for, or tells it anew.
    #[graphql(directive = auth::apply(policy::OWN.to_string()))]
    async fn report_income(&self, ctx: &Context<'_>, input: ReportIncomeInput) -> Result<IncomeReviewPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            let (review, version) = (id("reviewId", &input.review_id)?, input.expected_version);
            let told = Circumstances {
                accepts_without_income: input.assessment.accepts_without_income,
                assessment: Some(input.assessment.into()),
                ..Circumstances::default()
            };
            Ok(vouchers.report_income(&actor, review, version, told).await?)
        };
        IncomeReviewPayload::of(ctx, "reportIncome", result.await).await
    }

    /// Decides on an income: visits from the first of the next month on are valued by it. Bookings that are made keep their
    /// price.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn decide_income(&self, ctx: &Context<'_>, input: DecideIncomeInput) -> Result<IncomeReviewPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let assessed = input.assessment.as_ref();
            let new = NewAssessment {
                review: id("reviewId", &input.review_id)?,
                expected_version: input.expected_version,
                grounds: input.grounds,
                accepts_without_income: assessed.is_some_and(|assessed| assessed.accepts_without_income),
                assessment: input.assessment.map(Into::into),
            };
            Ok(vouchers.decide_income(actor, new).await?)
        };
        IncomeReviewPayload::of(ctx, "decideIncome", result.await).await
    }

    /// Proposes a decision on an income from a day that has passed; nothing changes before another officer confirms it.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn propose_retroactive_income(
        &self,
        ctx: &Context<'_>,
        input: ProposeRetroactiveIncomeInput,
    ) -> Result<IncomeReviewPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let new = NewRetroactive {
                voucher: id("voucherId", &input.voucher_id)?,
                from: input.from.0,
                accepts_without_income: input.assessment.accepts_without_income,
                assessment: input.assessment.into(),
                grounds: input.grounds,
            };
            Ok(vouchers.propose_retroactive(actor, new).await?)
        };
        IncomeReviewPayload::of(ctx, "proposeRetroactiveIncome", result.await).await
    }

    /// Confirms what another officer proposed: visits of its days are valued by it, and what was delivered is corrected.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn confirm_retroactive_income(
        &self,
        ctx: &Context<'_>,
        input: ConfirmRetroactiveIncomeInput,
    ) -> Result<IncomeReviewPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let (review, version) = (id("reviewId", &input.review_id)?, input.expected_version);
            let key = &input.idempotency_key;
            Ok(vouchers.confirm_retroactive(actor, key, review, version).await?)
        };
        IncomeReviewPayload::of(ctx, "confirmRetroactiveIncome", result.await).await
    }

    /// Takes a proposed decision back.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn withdraw_retroactive_income(
        &self,
        ctx: &Context<'_>,
        input: WithdrawRetroactiveIncomeInput,
    ) -> Result<IncomeReviewPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let (review, version) = (id("reviewId", &input.review_id)?, input.expected_version);
            Ok(vouchers.withdraw_retroactive(actor, review, version).await?)
        };
        IncomeReviewPayload::of(ctx, "withdrawRetroactiveIncome", result.await).await
    }
}
