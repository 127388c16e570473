//! Drafts of applications.

use async_graphql::{Context, ID, InputObject, Object, Result};
use providers::NewApplication;

use super::application::ApplicationPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::scalars::id;

/// An application to prepare.
#[derive(InputObject)]
pub struct PrepareApplicationInput {
    /// The programme.
    programme_id: ID,
    /// The company that is to apply.
    company_id: ID,
    /// What it says for itself, at most 5 000 characters.
    statement: String,
}

/// A draft to change.
#[derive(InputObject)]
pub struct UpdateApplicationDraftInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// What the company says for itself, at most 5 000 characters.
    statement: String,
}

/// A draft to submit.
#[derive(InputObject)]
pub struct SubmitApplicationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
}

/// Mutations on drafts.
#[derive(Default)]
pub struct DraftMutation;

#[Object]
impl DraftMutation {
    /// Begins a company's application to a published programme as a draft, which only the company sees.
    #[graphql(directive = auth::apply(providers::policy::PREPARE.to_string()))]
    async fn prepare_application(
        &self,
        ctx: &Context<'_>,
        input: PrepareApplicationInput,
    ) -> Result<ApplicationPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewApplication {
                programme: id("programmeId", &input.programme_id)?,
                company: id("companyId", &input.company_id)?,
                statement: input.statement,
            };
            Ok(ctx.app().providers.prepare_application(actor, new).await?)
        };
        ApplicationPayload::of(ctx, "prepareApplication", result.await).await
    }

    /// Writes another statement into a draft.
    #[graphql(directive = auth::apply(providers::policy::PREPARE.to_string()))]
    async fn update_application_draft(
        &self,
        ctx: &Context<'_>,
        input: UpdateApplicationDraftInput,
    ) -> Result<ApplicationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            Ok(providers
                .update_draft(actor, application, input.expected_version, &input.statement)
                .await?)
        };
        ApplicationPayload::of(ctx, "updateApplicationDraft", result.await).await
    }

    /// Submits a draft to the city.
    #[graphql(directive = auth::apply(providers::policy::APPLY.to_string()))]
    async fn submit_application(&self, ctx: &Context<'_>, input: SubmitApplicationInput) -> Result<ApplicationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            Ok(providers
                .submit_application(actor, application, input.expected_version)
                .await?)
        };
        ApplicationPayload::of(ctx, "submitApplication", result.await).await
    }
}
