//! Rules of eligibility, and whether somebody meets them.

use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Result, SimpleObject};
use programmes::eligibility::{Finding, Range, Rule};

use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::scalars::id;
use crate::texts::eligibility::sentence;

/// What a rule of eligibility reads.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum EligibilityKind {
    /// The age of the resident on the day, in full years.
    Age,
    /// Her home municipality on the day.
    HomeMunicipality,
    /// How many persons live in her household.
    Household,
    /// Whether officers have recorded her in a segment of the city for the day.
    Segment,
}

/// A rule of eligibility; all rules of the terms have to be met.
#[derive(SimpleObject)]
pub struct EligibilityRule {
    /// What it reads.
    kind: EligibilityKind,
    /// The least age or household; open when it is none.
    from: Option<i32>,
    /// The greatest; open when it is none.
    to: Option<i32>,
    /// The municipality codes of which one has to be the home's.
    municipalities: Vec<String>,
    /// The segment.
    segment: Option<String>,
}

impl From<Rule> for EligibilityRule {
    fn from(rule: Rule) -> Self {
        let open = Self {
            kind: EligibilityKind::Age,
            from: None,
            to: None,
            municipalities: Vec::new(),
            segment: None,
        };
        let ranged = |kind, range: Range| Self {
            kind,
            from: range.from,
            to: range.to,
            municipalities: Vec::new(),
            segment: None,
        };
        match rule {
            Rule::Age(range) => ranged(EligibilityKind::Age, range),
            Rule::Household(range) => ranged(EligibilityKind::Household, range),
            Rule::Home { municipalities } => Self {
                kind: EligibilityKind::HomeMunicipality,
                municipalities,
                ..open
            },
            Rule::Segment { name } => Self {
                kind: EligibilityKind::Segment,
                segment: Some(name),
                ..open
            },
        }
    }
}

/// From a least to a greatest number, both included; at least one of them.
#[derive(InputObject)]
pub struct EligibilityRangeInput {
    /// The least.
    from: Option<i32>,
    /// The greatest.
    to: Option<i32>,
}

impl From<EligibilityRangeInput> for Range {
    fn from(input: EligibilityRangeInput) -> Self {
        Self {
            from: input.from,
            to: input.to,
        }
    }
}

/// A rule of eligibility to write into terms.
#[derive(OneofObject)]
pub enum EligibilityRuleInput {
    /// The age on the day, in full years, 0 to 150.
    Age(EligibilityRangeInput),
    /// Municipality codes of three digits of which one has to be the home's on the day.
    HomeMunicipality(Vec<String>),
    /// Persons in the household, 0 to 50.
    Household(EligibilityRangeInput),
    /// A segment of the city, as officers record it, at most 60 characters.
    Segment(String),
}

impl From<EligibilityRuleInput> for Rule {
    fn from(input: EligibilityRuleInput) -> Self {
        match input {
            EligibilityRuleInput::Age(range) => Self::Age(range.into()),
            EligibilityRuleInput::Household(range) => Self::Household(range.into()),
            EligibilityRuleInput::HomeMunicipality(municipalities) => Self::Home { municipalities },
            EligibilityRuleInput::Segment(name) => Self::Segment {
                name: name.trim().to_owned(),
            },
        }
    }
}

/// Whether a rule is met, as far as it is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::eligibility::Outcome")]
pub enum EligibilityOutcome {
    /// It is met.
    #[graphql(name = "RULE_MET")]
    Met,
    /// It is not.
    #[graphql(name = "RULE_NOT_MET")]
    NotMet,
    /// Nothing is recorded by which it could be decided.
    #[graphql(name = "RULE_UNKNOWN")]
    Unknown,
}

/// A rule and whether somebody meets it.
#[derive(SimpleObject)]
pub struct EligibilityFinding {
    /// The rule.
    rule: EligibilityRule,
    /// Whether it is met.
    outcome: EligibilityOutcome,
    /// Both as a sentence in the language of the request.
    text: String,
}

fn findings(ctx: &Context<'_>, found: Vec<Finding>) -> Vec<EligibilityFinding> {
    let shown = |finding: Finding| EligibilityFinding {
        text: sentence(&finding, ctx.session().lang),
        outcome: finding.outcome.into(),
        rule: finding.rule.into(),
    };
    found.into_iter().map(shown).collect()
}

/// Queries on eligibility.
#[derive(Default)]
pub struct EligibilityQuery;

#[Object]
impl EligibilityQuery {
    /// Which rules of a programme a resident meets, today or on its first day, by what is recorded; the look is audited.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn why_eligible(
        &self,
        ctx: &Context<'_>,
        programme_id: ID,
        #[graphql(desc = "The verified address of the resident, or the id of one without an account.")]
        resident: String,
    ) -> Result<Vec<EligibilityFinding>, Failure> {
        let actor = ctx.session().actor().await?;
        let programme = id("programmeId", &programme_id)?;
        let found = ctx.app().vouchers.why_eligible(actor, programme, &resident).await?;
        Ok(findings(ctx, found))
    }

    /// Which rules of a programme the caller, or whom she acts for, meets, likewise.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn my_eligibility(&self, ctx: &Context<'_>, programme_id: ID) -> Result<Vec<EligibilityFinding>, Failure> {
        let actor = ctx.session().person().await?;
        let programme = id("programmeId", &programme_id)?;
        let found = ctx.app().vouchers.own_eligibility(&actor, programme).await?;
        Ok(findings(ctx, found))
    }
}
