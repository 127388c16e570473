//! What a programme pays on the days of a period.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use kernel::{BasisPoints, ProgrammeId};
use programmes::value::InForce;
use programmes::{Conditions, NewTerms, TermsContent};

use super::Programme;
use super::eligibility::{EligibilityRule, EligibilityRuleInput};
use super::parameters::{ProgrammeParameters, ProgrammeParametersInput};
use super::rule::ValueRule;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Cents, Date, Money, id, show};

/// What a programme pays on the days of a period. A booking uses the terms in force on the day of its visit and keeps
/// what they made.
#[derive(Clone)]
pub struct ProgrammeTerms(pub(crate) Arc<programmes::Terms>);

impl From<programmes::Terms> for ProgrammeTerms {
    fn from(terms: programmes::Terms) -> Self {
        Self(Arc::new(terms))
    }
}

/// How far terms have come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::TermsState")]
pub enum TermsState {
    /// One officer writes them.
    Draft,
    /// Another officer has published them: they hold on the days of their period.
    Published,
    /// They were taken back before their first day.
    Withdrawn,
}

/// Who pays what of a price the voucher is not worth.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::PriceMode")]
pub enum PriceMode {
    /// The resident; no price is above the ceiling.
    OwnShare,
    /// Nobody: the service is free of charge, and a price above the value is refused.
    ZeroCopay,
    /// The resident, however high the price is; the voucher pays at most the ceiling.
    NotToExceed,
}

/// Names the terms of a programme for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TermsOf(pub(crate) ProgrammeId);

#[Object]
impl ProgrammeTerms {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// The first day on which they are in force.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }
    /// The last day; until further notice when there is none.
    async fn valid_until(&self) -> Option<Date> {
        self.0.valid_until.map(Date)
    }
    /// How a resident's situation becomes the value of a voucher.
    async fn value_rule(&self) -> ValueRule {
        self.0.value_rule.clone().into()
    }
    /// Who pays what the value does not cover.
    async fn price_mode(&self) -> PriceMode {
        self.0.price_mode.into()
    }
    /// The highest price of a place that is allowed or paid, by the mode.
    async fn price_ceiling(&self) -> Money {
        Money(self.0.price_ceiling_cents)
    }
    /// Hours before a visit up to which cancelling costs nothing.
    async fn free_cancellation_hours(&self) -> i32 {
        self.0.free_cancellation_hours
    }
    /// What is paid of the voucher share after that, in basis points (10 000 = all).
    async fn late_fee_basis_points(&self) -> i32 {
        self.0.late_fee_bp.0
    }
    /// Days within which a resident may ask for rectification of a decision.
    async fn appeal_days(&self) -> i32 {
        self.0.appeal_days
    }
    /// Who may book how often, until when a delivery counts, and what else differs between programmes.
    async fn parameters(&self) -> ProgrammeParameters {
        (&self.0.parameters).into()
    }
    /// Whether minors from 15 on may book by themselves what costs them nothing; else their guardians book.
    async fn minors_book_free(&self) -> bool {
        self.0.conditions.minors_book_free
    }
    /// The rules of eligibility; all have to be met when a voucher is granted, when it is booked with and when the service
    /// is given.
    async fn eligibility(&self) -> Vec<EligibilityRule> {
        self.0.conditions.rules.iter().cloned().map(Into::into).collect()
    }
    /// How far they have come.
    async fn state(&self) -> TermsState {
        self.0.state.into()
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// The content of terms.
#[derive(InputObject)]
pub struct TermsInput {
    /// How a resident's situation becomes the value of a voucher.
    value_rule: ValueRule,
    /// Who pays what the value does not cover.
    #[graphql(default_with = "PriceMode::OwnShare")]
    price_mode: PriceMode,
    /// The highest price of a place that is allowed or paid, by the mode; at least a flat value.
    price_ceiling: Cents,
    /// Hours before a visit up to which cancelling costs nothing, 0 to 720.
    free_cancellation_hours: i32,
    /// What is paid of the voucher share after that, 0 to 10 000 basis points.
    late_fee_basis_points: i32,
    /// Days within which a resident may ask for rectification of a decision, 14 to 60: 14 by the Local Government Act,
    /// 30 in social welfare.
    #[graphql(default = 30)]
    appeal_days: i32,
    /// Who may book how often, until when a delivery counts, and what else differs between programmes.
    parameters: Option<ProgrammeParametersInput>,
    /// Whether minors from 15 on may book by themselves what costs them nothing.
    #[graphql(default)]
    minors_book_free: bool,
    /// The rules of eligibility, at most 20; all have to be met.
    #[graphql(default)]
    eligibility: Vec<EligibilityRuleInput>,
}

impl From<TermsInput> for TermsContent {
    fn from(input: TermsInput) -> Self {
        Self {
            value_rule: input.value_rule.into(),
            price_mode: input.price_mode.into(),
            price_ceiling: input.price_ceiling.0,
            free_cancellation_hours: input.free_cancellation_hours,
            late_fee: BasisPoints(input.late_fee_basis_points),
            appeal_days: input.appeal_days,
            parameters: input.parameters.map(Into::into).unwrap_or_default(),
            conditions: Conditions {
                minors_book_free: input.minors_book_free,
                rules: input.eligibility.into_iter().map(Into::into).collect(),
            },
        }
    }
}

/// Terms to draft for a later period of a published programme.
#[derive(InputObject)]
pub struct DraftProgrammeTermsInput {
    /// The programme.
    programme_id: ID,
    /// The first day on which they are to be in force.
    valid_from: Date,
    /// The last day; until further notice when it is left out.
    valid_until: Option<Date>,
    /// Their content.
    terms: TermsInput,
}

/// A draft of terms to change.
#[derive(InputObject)]
pub struct UpdateProgrammeTermsInput {
    /// The terms.
    terms_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The first day on which they are to be in force.
    valid_from: Date,
    /// The last day; until further notice when it is left out.
    valid_until: Option<Date>,
    /// Their new content, whole.
    terms: TermsInput,
}

/// A draft of terms to publish.
#[derive(InputObject)]
pub struct PublishProgrammeTermsInput {
    /// The terms.
    terms_id: ID,
    /// The version that was read.
    expected_version: i32,
}

/// Published terms to end.
#[derive(InputObject)]
pub struct EndProgrammeTermsInput {
    /// The terms.
    terms_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Their last day: today or later, and not later than it was.
    valid_until: Date,
}

/// Published terms to take back.
#[derive(InputObject)]
pub struct WithdrawProgrammeTermsInput {
    /// The terms.
    terms_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of terms answers.
    ProgrammeTermsPayload { terms: ProgrammeTerms }
}

fn new_terms(from: Date, until: Option<Date>, content: TermsInput) -> NewTerms {
    NewTerms {
        period: InForce {
            from: from.0,
            until: until.map(|day| day.0),
        },
        content: content.into(),
    }
}

/// Mutations on terms.
#[derive(Default)]
pub struct TermsMutation;

#[Object]
impl TermsMutation {
    /// Drafts terms of a published programme for a later period.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn draft_programme_terms(
        &self,
        ctx: &Context<'_>,
        input: DraftProgrammeTermsInput,
    ) -> Result<ProgrammeTermsPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            let new = new_terms(input.valid_from, input.valid_until, input.terms);
            Ok(ctx.app().programmes.draft_terms(actor, programme, new).await?)
        };
        ProgrammeTermsPayload::of(ctx, "draftProgrammeTerms", result.await).await
    }

    /// Changes a draft of terms; who changes it may not publish it.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn update_programme_terms(
        &self,
        ctx: &Context<'_>,
        input: UpdateProgrammeTermsInput,
    ) -> Result<ProgrammeTermsPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (terms, version) = (id("termsId", &input.terms_id)?, input.expected_version);
            let change = new_terms(input.valid_from, input.valid_until, input.terms);
            Ok(ctx.app().programmes.update_terms(actor, terms, version, change).await?)
        };
        ProgrammeTermsPayload::of(ctx, "updateProgrammeTerms", result.await).await
    }

    /// Publishes terms that another officer drafted. Their period shares no day with other published terms.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn publish_programme_terms(
        &self,
        ctx: &Context<'_>,
        input: PublishProgrammeTermsInput,
    ) -> Result<ProgrammeTermsPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let terms = id("termsId", &input.terms_id)?;
            Ok(ctx
                .app()
                .programmes
                .publish_terms(actor, terms, input.expected_version)
                .await?)
        };
        ProgrammeTermsPayload::of(ctx, "publishProgrammeTerms", result.await).await
    }

    /// Sets the last day of published terms; bookings that are made keep what they froze.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn end_programme_terms(
        &self,
        ctx: &Context<'_>,
        input: EndProgrammeTermsInput,
    ) -> Result<ProgrammeTermsPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let terms = id("termsId", &input.terms_id)?;
            Ok(ctx
                .app()
                .programmes
                .end_terms(actor, terms, input.expected_version, input.valid_until.0)
                .await?)
        };
        ProgrammeTermsPayload::of(ctx, "endProgrammeTerms", result.await).await
    }

    /// Takes back published terms before their first day, so that their days can get others.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn withdraw_programme_terms(
        &self,
        ctx: &Context<'_>,
        input: WithdrawProgrammeTermsInput,
    ) -> Result<ProgrammeTermsPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let terms = id("termsId", &input.terms_id)?;
            Ok(ctx
                .app()
                .programmes
                .withdraw_terms(actor, terms, input.expected_version)
                .await?)
        };
        ProgrammeTermsPayload::of(ctx, "withdrawProgrammeTerms", result.await).await
    }
}
