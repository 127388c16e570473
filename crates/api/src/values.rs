//! What a voucher is worth: the situation it is decided on, the explanation, and the public calculator.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use chrono::Duration;
use kernel::{BasisPoints, Lang};
use programmes::value::assessment::{Alteration, Child};
use programmes::value::{Assessment, Line};
use programmes::{Estimate, Question};

use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::programmes::Quantity;
use crate::scalars::{Cents, Date, DateTime, Money, id};
use programmes::value::sentences as explanation;

/// A step in the calculation of a value.
#[derive(SimpleObject)]
pub struct ValueLine {
    /// Its sentence, for programs, such as `INCOME_REDUCTION`; the last line is `VALUE`.
    key: String,
    /// The sentence in the language asked for.
    text: String,
    /// The amount that it is about; negative where it lowers the value or a fee.
    cents: Cents,
    /// The values that the sentence names beside the amount.
    params: Vec<ValueParam>,
}

/// A value that a line names.
#[derive(SimpleObject)]
pub struct ValueParam {
    /// What it is, such as `income`.
    name: &'static str,
    /// The value as the sentence writes it.
    value: String,
}

/// Lines in a language.
pub(crate) fn lines(lines: &[Line], lang: Lang) -> Vec<ValueLine> {
    let params = |line: &Line| {
        let named = line.params.iter().map(|param| explanation::param(param, lang));
        named.map(|(name, value)| ValueParam { name, value }).collect()
    };
    lines
        .iter()
        .map(|line| ValueLine {
            key: explanation::key(line.key),
            text: explanation::sentence(line, lang),
            cents: Cents(line.cents),
            params: params(line),
        })
        .collect()
}

/// The situation of a resident. Which fields are read depends on the value rule of the programme.
#[derive(InputObject)]
pub struct AssessmentInput {
    /// The persons of the household, 1 to 50; in early education the family, the child included.
    #[graphql(default = 1)]
    household_size: i32,
    /// The gross income of the household in a month; left out when it is not given.
    monthly_income: Option<Cents>,
    /// The resident accepts expressly that the value is the lowest without an income.
    #[graphql(default = false)]
    pub(crate) accepts_without_income: bool,
    /// The hours of care granted in a month, 1 to 744.
    #[graphql(default = 1)]
    hours_per_month: i32,
    /// The child of an early-education voucher.
    child: Option<ChildInput>,
}

/// The child of an early-education voucher.
#[derive(InputObject)]
pub struct ChildInput {
    /// The day of birth.
    born: Date,
    /// Its place among the family's children in early education, from the youngest.
    #[graphql(default = 1)]
    ordinal: i32,
    /// The key of its service option in the rule.
    option: String,
    /// The coefficient of its need for assistance in basis points.
    #[graphql(default = 10_000)]
    assistance: i32,
    /// What changes the family's fee, in the order in which it was decided.
    #[graphql(default)]
    alterations: Vec<AlterationInput>,
}

/// A change of a family's fee; discounts and reliefs are negative.
#[derive(OneofObject)]
pub enum AlterationInput {
    /// By a sum.
    Amount(Cents),
    /// By a share of the fee as it stands, in basis points from -10 000 to 10 000.
    Share(i32),
}

impl From<AssessmentInput> for Assessment {
    fn from(input: AssessmentInput) -> Self {
        Self {
            household_size: input.household_size,
            monthly_income: input.monthly_income.map(|cents| cents.0),
            hours_per_month: input.hours_per_month,
            child: input.child.map(Into::into),
            raise: kernel::Cents::ZERO,
        }
    }
}

impl From<ChildInput> for Child {
    fn from(input: ChildInput) -> Self {
        Self {
            born: input.born.0,
            ordinal: input.ordinal,
            option: input.option,
            assistance: BasisPoints(input.assistance),
            alterations: input.alterations.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<AlterationInput> for Alteration {
    fn from(input: AlterationInput) -> Self {
        match input {
            AlterationInput::Amount(cents) => Self::Amount(cents.0),
            AlterationInput::Share(rate) => Self::Share(BasisPoints(rate)),
        }
    }
}

/// What is asked of the calculator.
#[derive(InputObject)]
pub struct WhatWouldIPayInput {
    /// The programme.
    programme_id: ID,
    /// The price of one place.
    price: Cents,
    /// How many places, pieces or months, 1 to 100.
    #[graphql(default = 1)]
    units: i32,
    /// When the visit begins; an hour on a weekday when it is left out.
    starts_at: Option<DateTime>,
    /// When it ends; an hour later when it is left out.
    ends_at: Option<DateTime>,
    /// What the asker tells about herself. Nothing of it is kept.
    assessment: Option<AssessmentInput>,
}

/// What a voucher would be worth and what would be left to pay.
#[derive(SimpleObject)]
pub struct WhatWouldIPay {
    /// What the voucher would be worth.
    value: Money,
    /// What it would pay of the price.
    voucher_share: Money,
    /// What the resident would pay the company herself.
    own_share: Money,
    /// What would be taken of a voucher in visits or hours; none in euros.
    quantity: Option<Quantity>,
    /// How the value came about.
    value_explanation: Vec<ValueLine>,
}

impl WhatWouldIPay {
    fn of(estimate: &Estimate, lang: Lang) -> Self {
        Self {
            value: Money(estimate.valuation.value),
            voucher_share: Money(estimate.shares.voucher_share),
            own_share: Money(estimate.shares.own_share),
            quantity: Quantity::of(estimate.unit, estimate.quantity),
            value_explanation: lines(&estimate.valuation.lines, lang),
        }
    }
}

/// The public calculator.
#[derive(Default)]
pub struct ValueQuery;

#[Object]
impl ValueQuery {
    /// What a voucher of a programme would be worth and what would be left to pay, by the terms in force on the day of
    /// the visit. Open to everybody; nothing is stored.
    #[graphql(directive = auth::apply(programmes::policy::LIST.to_string()))]
    async fn what_would_i_pay(&self, ctx: &Context<'_>, input: WhatWouldIPayInput) -> Result<WhatWouldIPay, Failure> {
        let visit = input.starts_at.map(|starts_at| {
            let DateTime(starts_at) = starts_at;
            let in_an_hour = || starts_at.checked_add_signed(Duration::hours(1)).unwrap_or(starts_at);
            (starts_at, input.ends_at.map_or_else(in_an_hour, |ends_at| ends_at.0))
        });
        let question = Question {
            programme: id("programmeId", &input.programme_id)?,
            price: input.price.0,
            units: input.units,
            visit,
            assessment: input.assessment.map(Into::into).unwrap_or_default(),
        };
        let estimate = ctx.app().programmes.would_pay(&question).await?;
        Ok(WhatWouldIPay::of(&estimate, ctx.session().lang))
    }
}
