use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::ApplicationId;
use providers::NewApplication;

use super::approval::{Approval, ApprovalOf};
use super::checklist::{ChecklistItem, ChecklistOf};
use super::company::Company;
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::programmes::Programme;
use crate::scalars::{DateTime, id, show};

/// A company's application to a programme.
#[derive(Clone)]
pub struct Application(pub(crate) Arc<providers::Application>);

impl From<providers::Application> for Application {
    fn from(application: providers::Application) -> Self {
        Self(Arc::new(application))
    }
}

/// How far an application has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::ApplicationState")]
pub enum ApplicationState {
    /// The company prepares it; the city does not see it.
    Draft,
    /// A signatory has submitted it.
    Submitted,
    /// The city wants to know more.
    InfoRequested,
    /// The company has answered.
    InfoProvided,
    /// The city has said yes.
    Approved,
    /// The city has said no.
    Rejected,
    /// The company has taken it back.
    Withdrawn,
}

/// What can be done with an application.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::ApplicationEvent")]
pub enum ApplicationAction {
    /// A signatory submits the draft.
    Submit,
    /// The city asks a question.
    RequestInformation,
    /// The company answers it.
    ProvideInformation,
    /// The city approves.
    Approve,
    /// The city rejects.
    Reject,
    /// The company withdraws.
    Withdraw,
}

/// What a message is.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "providers::MessageKind")]
pub enum ApplicationMessageKind {
    /// The city asks.
    Question,
    /// The company answers.
    Answer,
    /// The grounds of the city's decision.
    Decision,
}

/// What a city and a company wrote to each other about an application.
#[derive(Clone, SimpleObject)]
pub struct ApplicationMessage {
    /// What it is.
    kind: ApplicationMessageKind,
    /// Its text.
    text: String,
    /// When.
    at: DateTime,
}

impl From<providers::Message> for ApplicationMessage {
    fn from(message: providers::Message) -> Self {
        Self {
            kind: message.kind.into(),
            text: message.text,
            at: DateTime(message.at),
        }
    }
}

/// Names the messages of an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessagesOf(pub(crate) ApplicationId);

#[Object]
impl Application {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that decides.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// The company.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>, Failure> {
        ctx.loader().load_one(self.0.company_id).await
    }
    /// How far it has come.
    async fn state(&self) -> ApplicationState {
        self.0.state.into()
    }
    /// What the caller may do with it now.
    async fn allowed_actions(&self, ctx: &Context<'_>) -> Result<Vec<ApplicationAction>, Failure> {
        let actor = ctx.session().actor().await?;
        Ok(self
            .0
            .allowed_actions(actor)
            .into_iter()
            .map(ApplicationAction::from)
            .collect())
    }
    /// What the company says for itself.
    async fn statement(&self) -> &str {
        &self.0.statement
    }
    /// Questions, answers and the decision, oldest first.
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<ApplicationMessage>, Failure> {
        Ok(ctx.loader().load_one(MessagesOf(self.0.id)).await?.unwrap_or_default())
    }
    /// What the programme asks for and what the company and the city say to it.
    async fn checklist(&self, ctx: &Context<'_>) -> Result<Vec<ChecklistItem>, Failure> {
        let checklist = ctx.loader().load_one(ChecklistOf(self.0.id)).await?;
        Ok(checklist.unwrap_or_default())
    }
    /// The approval that followed from it.
    async fn approval(&self, ctx: &Context<'_>) -> Result<Option<Approval>, Failure> {
        ctx.loader().load_one(ApprovalOf(self.0.id)).await
    }
    /// When it was submitted; of a draft, when it was begun.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// When it changed last.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on applications.
#[derive(Default)]
pub struct ApplicationQuery;

#[Object]
impl ApplicationQuery {
    /// The applications to a city, oldest first; all or those in one state.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn applications(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        state: Option<ApplicationState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Application>, Failure> {
        let (city, state, after) = (id("cityId", &city_id)?, state.map(Into::into), after.as_deref());
        let actor = ctx.session().actor().await?;
        let providers = &ctx.app().providers;
        let rows = providers
            .applications_of_city(actor, city, state, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            providers.count_applications_of_city(actor, city, state),
        )
        .await
    }

    /// The applications of a company, oldest first.
    #[graphql(directive = auth::apply(providers::policy::SEE_APPLICATIONS.to_string()))]
    async fn company_applications(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Application>, Failure> {
        let (company, after) = (id("companyId", &company_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let providers = &ctx.app().providers;
        let rows = providers
            .applications_of_company(actor, company, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            providers.count_applications_of_company(actor, company),
        )
        .await
    }

    /// An application by its id; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(providers::policy::SEE_APPLICATION.to_string()))]
    async fn application(&self, ctx: &Context<'_>, application_id: ID) -> Result<Option<Application>, Failure> {
        providers::policy::SEE_APPLICATION.signed_in(ctx.session().actor().await?)?;
        let application: ApplicationId = id("applicationId", &application_id)?;
        ctx.loader().load_one(application).await
    }
}

/// An application to submit.
#[derive(InputObject)]
pub struct ApplyToProgrammeInput {
    /// The programme.
    programme_id: ID,
    /// The company that applies.
    company_id: ID,
    /// What it says for itself, at most 5 000 characters.
    statement: String,
}

/// A question to the company.
#[derive(InputObject)]
pub struct RequestInformationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The question, at most 5 000 characters.
    question: String,
}

/// An answer to the city.
#[derive(InputObject)]
pub struct ProvideInformationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The answer, at most 5 000 characters.
    answer: String,
}

/// An application to reject.
#[derive(InputObject)]
pub struct RejectApplicationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// The grounds of the decision, at most 5 000 characters.
    grounds: String,
}

/// An application to take back.
#[derive(InputObject)]
pub struct WithdrawApplicationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of an application answers.
    ApplicationPayload { application: Application }
}

/// Mutations on applications.
#[derive(Default)]
pub struct ApplicationMutation;

#[Object]
impl ApplicationMutation {
    /// Submits a company's application to a published programme, without a draft before it.
    #[graphql(directive = auth::apply(providers::policy::APPLY.to_string()))]
    async fn apply_to_programme(&self, ctx: &Context<'_>, input: ApplyToProgrammeInput) -> Result<ApplicationPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewApplication {
                programme: id("programmeId", &input.programme_id)?,
                company: id("companyId", &input.company_id)?,
                statement: input.statement,
            };
            Ok(ctx.app().providers.apply_to_programme(actor, new).await?)
        };
        ApplicationPayload::of(ctx, "applyToProgramme", result.await).await
    }

    /// Asks the company for more information.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn request_information(
        &self,
        ctx: &Context<'_>,
        input: RequestInformationInput,
    ) -> Result<ApplicationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            Ok(providers
                .request_information(actor, application, input.expected_version, &input.question)
                .await?)
        };
        ApplicationPayload::of(ctx, "requestInformation", result.await).await
    }

    /// Answers the city's question.
    #[graphql(directive = auth::apply(providers::policy::APPLY.to_string()))]
    async fn provide_information(
        &self,
        ctx: &Context<'_>,
        input: ProvideInformationInput,
    ) -> Result<ApplicationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            Ok(providers
                .provide_information(actor, application, input.expected_version, &input.answer)
                .await?)
        };
        ApplicationPayload::of(ctx, "provideInformation", result.await).await
    }

    /// Rejects an application.
    #[graphql(directive = auth::apply(providers::policy::REVIEW.to_string()))]
    async fn reject_application(&self, ctx: &Context<'_>, input: RejectApplicationInput) -> Result<ApplicationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            Ok(providers
                .reject_application(actor, application, input.expected_version, &input.grounds)
                .await?)
        };
        ApplicationPayload::of(ctx, "rejectApplication", result.await).await
    }

    /// Takes an open application back.
    #[graphql(directive = auth::apply(providers::policy::APPLY.to_string()))]
    async fn withdraw_application(
        &self,
        ctx: &Context<'_>,
        input: WithdrawApplicationInput,
    ) -> Result<ApplicationPayload> {
        let result = async {
            let (actor, providers) = (ctx.session().actor().await?, &ctx.app().providers);
            let application = id("applicationId", &input.application_id)?;
            Ok(providers
                .withdraw_application(actor, application, input.expected_version)
                .await?)
        };
        ApplicationPayload::of(ctx, "withdrawApplication", result.await).await
    }
}
