//! What programmes ask their providers for, and the checklists in which companies meet it.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::ApplicationId;
use providers::{Evidence, Review, SetRequirement};

use super::application::ApplicationPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{Date, DateTime, id};

/// A condition of approval.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::Requirement")]
pub enum Requirement {
    /// The company is in the prepayment register (ennakkoperintärekisteri).
    PrepaymentRegister,
    /// It is registered for value added tax.
    VatRegister,
    /// It has no tax debt.
    TaxDebt,
    /// It has liability insurance.
    LiabilityInsurance,
    /// It has patient insurance.
    PatientInsurance,
    /// It has the licence of its trade or a SOTERI number.
    ServiceLicence,
    /// It has the other permits of its sector.
    SectorPermit,
    /// Whoever works with children has shown an extract of the criminal record; nothing of it is stored (Act 504/2002).
    CriminalRecord,
}

/// How a requirement is proved.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::Proof")]
pub enum Proof {
    /// The service reads it from the public register of companies; where there is none, the company attests it.
    Computed,
    /// The company says so.
    Attested,
    /// The company names a document.
    Evidenced,
}

/// What the city thinks of a line of a checklist.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::Verdict")]
pub enum Verdict {
    /// It has not been looked at since the company completed it.
    Open,
    /// The requirement is met.
    Accepted,
    /// It is not met.
    Refused,
}

/// What a programme asks its providers for.
#[derive(Clone, SimpleObject)]
pub struct ProgrammeRequirement {
    /// What is asked for.
    requirement: Requirement,
    /// How it is proved.
    proof: Proof,
    /// Whether new applications have it in their checklist.
    demanded: bool,
    /// Counts the changes; goes into `expectedVersion`.
    version: i32,
}

impl From<providers::ProgrammeRequirement> for ProgrammeRequirement {
    fn from(asked: providers::ProgrammeRequirement) -> Self {
        Self {
            requirement: asked.requirement.into(),
            proof: asked.proof.into(),
            demanded: asked.demanded,
            version: asked.version,
        }
    }
}

/// One line of the checklist of an application.
#[derive(Clone, SimpleObject)]
pub struct ChecklistItem {
    /// What is asked for.
    requirement: Requirement,
    /// How it is proved.
    proof: Proof,
    /// The document or reference that the company names.
    evidence: Option<String>,
    /// The last day on which it holds; null when it has no end.
    valid_until: Option<Date>,
    /// When the company completed it.
    provided_at: Option<DateTime>,
    /// What the city thinks of it.
    verdict: Verdict,
    /// Why.
    note: Option<String>,
    /// When the city judged it.
    judged_at: Option<DateTime>,
    /// Counts the changes of the line; goes into `expectedVersion`.
    version: i32,
}

impl From<providers::ChecklistItem> for ChecklistItem {
    fn from(item: providers::ChecklistItem) -> Self {
        Self {
            requirement: item.requirement.into(),
            proof: item.proof.into(),
            evidence: item.evidence,
            valid_until: item.valid_until.map(Date),
            provided_at: item.provided_at.map(DateTime),
            verdict: item.verdict.into(),
            note: item.note,
            judged_at: item.judged_at.map(DateTime),
            version: item.version,
        }
    }
}

/// Names the checklist of an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChecklistOf(pub(crate) ApplicationId);

/// Queries on requirements.
#[derive(Default)]
pub struct ChecklistQuery;

#[Object]
impl ChecklistQuery {
    /// What a programme asks its providers for, also what it asks for no more.
    #[graphql(directive = auth::apply(providers::policy::SEE_REQUIREMENTS.to_string()))]
    async fn programme_requirements(
        &self,
        ctx: &Context<'_>,
        programme_id: ID,
    ) -> Result<Vec<ProgrammeRequirement>, Failure> {
        let programme = id("programmeId", &programme_id)?;
        let actor = ctx.session().actor().await?;
        let asked = ctx.app().providers.requirements(actor, programme).await?;
        Ok(asked.into_iter().map(Into::into).collect())
    }
}

/// A requirement to set.
#[derive(InputObject)]
pub struct SetProgrammeRequirementInput {
    /// The programme.
    programme_id: ID,
    /// The version that was read; none for a requirement that was never set.
    expected_version: Option<i32>,
    /// What is asked for.
    requirement: Requirement,
    /// How it is proved.
    proof: Proof,
    /// Whether new applications have it in their checklist.
    demanded: bool,
}

/// A line of a checklist that the company completes.
#[derive(InputObject)]
pub struct ProvideEvidenceInput {
    /// The application.
    application_id: ID,
    /// The line.
    requirement: Requirement,
    /// The version of the line that was read.
    expected_version: i32,
    /// The document or reference, at most 1 000 characters. Not for an extract of the criminal record, of which nothing
    /// is stored.
    evidence: Option<String>,
    /// The last day on which it holds.
    valid_until: Option<Date>,
}

/// A line of a checklist that the city judges.
#[derive(InputObject)]
pub struct ReviewRequirementInput {
    /// The application.
    application_id: ID,
    /// The line.
    requirement: Requirement,
    /// The version of the line that was read.
    expected_version: i32,
    /// Whether the requirement is met.
    accepted: bool,
    /// Why, at most 1 000 characters; required with a refusal. Not for an extract of the criminal record, of which
    /// nothing is stored.
    note: Option<String>,
}

payload! {
    /// What a change of a requirement answers.
    ProgrammeRequirementPayload { requirement: ProgrammeRequirement }
}

/// Mutations on requirements and checklists.
#[derive(Default)]
pub struct ChecklistMutation;

#[Object]
impl ChecklistMutation {
    /// Asks the providers of a programme for a requirement, in another way or no more. Applications that are with the
    /// city keep their checklists.
    #[graphql(directive = auth::apply(providers::policy::SET_REQUIREMENTS.to_string()))]
    async fn set_programme_requirement(
        &self,
        ctx: &Context<'_>,
        input: SetProgrammeRequirementInput,
    ) -> Result<ProgrammeRequirementPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let set = SetRequirement {
                programme: id("programmeId", &input.programme_id)?,
                requirement: input.requirement.into(),
                proof: input.proof.into(),
                demanded: input.demanded,
                expected_version: input.expected_version,
            };
            Ok(ctx.app().providers.set_requirement(actor, set).await?)
        };
        ProgrammeRequirementPayload::of(ctx, "setProgrammeRequirement", result.await).await
    }

    /// Completes a line of the checklist of the caller's company, also after the approval; the city judges it anew.
    #[graphql(directive = auth::apply(providers::policy::COMPLETE.to_string()))]
    async fn provide_evidence(&self, ctx: &Context<'_>, input: ProvideEvidenceInput) -> Result<ApplicationPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let given = Evidence {
                application: id("applicationId", &input.application_id)?,
                requirement: input.requirement.into(),
                expected_version: input.expected_version,
                evidence: input.evidence,
                valid_until: input.valid_until.map(|day| day.0),
            };
            Ok(ctx.app().providers.provide_evidence(actor, given).await?)
        };
        ApplicationPayload::of(ctx, "provideEvidence", result.await).await
    }

    /// Accepts or refuses a line of a checklist.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn review_requirement(&self, ctx: &Context<'_>, input: ReviewRequirementInput) -> Result<ApplicationPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let review = Review {
                application: id("applicationId", &input.application_id)?,
                requirement: input.requirement.into(),
                expected_version: input.expected_version,
                accepted: input.accepted,
                note: input.note,
            };
            Ok(ctx.app().providers.review_requirement(actor, review).await?)
        };
        ApplicationPayload::of(ctx, "reviewRequirement", result.await).await
    }
}
