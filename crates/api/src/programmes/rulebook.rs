//! The rules that providers of a programme commit themselves to.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::{ProgrammeId, RulebookId};
use programmes::RulebookContent;

use super::Programme;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::loaders::{Batch, grouped};
use crate::scalars::{self, Date, DateTime, Lang, LocalizedText, LocalizedTextInput, id, show};

/// A version of the rulebook of a programme. A published one never changes.
#[derive(Clone)]
pub struct Rulebook(pub(crate) Arc<programmes::Rulebook>);

impl From<programmes::Rulebook> for Rulebook {
    fn from(rulebook: programmes::Rulebook) -> Self {
        Self(Arc::new(rulebook))
    }
}

/// How far a version of a rulebook has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::RulebookState")]
pub enum RulebookState {
    /// One officer writes it.
    Draft,
    /// Another officer has published it.
    Published,
}

/// Names the rulebooks of a programme for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RulebooksOf(pub(crate) ProgrammeId);

impl Loader<RulebookId> for Batch {
    type Value = Rulebook;
    type Error = Failure;

    async fn load(&self, keys: &[RulebookId]) -> Result<HashMap<RulebookId, Rulebook>, Failure> {
        let rows = self
            .0
            .app
            .programmes
            .rulebooks_by_ids(self.0.actor().await?, keys)
            .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
    }
}

impl Loader<RulebooksOf> for Batch {
    type Value = Vec<Rulebook>;
    type Error = Failure;

    async fn load(&self, keys: &[RulebooksOf]) -> Result<HashMap<RulebooksOf, Vec<Rulebook>>, Failure> {
        let programmes: Vec<_> = keys.iter().map(|key| key.0).collect();
        let rows = self
            .0
            .app
            .programmes
            .rulebooks_of(self.0.actor().await?, &programmes)
            .await?;
        Ok(grouped(
            rows.into_iter().map(|row| (RulebooksOf(row.programme_id), row.into())),
        ))
    }
}

#[Object]
impl Rulebook {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// 1 for the first published version, one more for each that follows; null for a draft.
    async fn number(&self) -> Option<i32> {
        self.0.number
    }
    /// What holds in every programme of the city, in one language.
    async fn general(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.general.get(scalars::lang(lang, ctx.session().lang))
    }
    /// What holds in every programme of the city, in all languages.
    async fn generals(&self) -> LocalizedText {
        self.0.general.clone().into()
    }
    /// What holds in this programme, in one language.
    async fn service(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.service.get(scalars::lang(lang, ctx.session().lang))
    }
    /// What holds in this programme, in all languages.
    async fn services(&self) -> LocalizedText {
        self.0.service.clone().into()
    }
    /// The last day on which a company may take new bookings without having accepted it.
    async fn accept_by(&self) -> Date {
        Date(self.0.accept_by)
    }
    /// How far it has come.
    async fn state(&self) -> RulebookState {
        self.0.state.into()
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// That a company has accepted a version of a rulebook.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct RulebookAcceptance {
    /// The number of the version.
    number: i32,
    /// When a signatory accepted it.
    accepted_at: DateTime,
    #[graphql(skip)]
    row: Arc<providers::Acceptance>,
}

impl From<providers::Acceptance> for RulebookAcceptance {
    fn from(row: providers::Acceptance) -> Self {
        Self {
            number: row.number,
            accepted_at: DateTime(row.accepted_at),
            row: Arc::new(row),
        }
    }
}

#[ComplexObject]
impl RulebookAcceptance {
    /// The version.
    async fn rulebook(&self, ctx: &Context<'_>) -> Result<Option<Rulebook>, Failure> {
        ctx.loader().load_one(self.row.rulebook_id).await
    }
}

/// The content of a rulebook.
#[derive(InputObject)]
pub struct RulebookInput {
    /// What holds in every programme of the city, at most 30 000 characters a language.
    general: LocalizedTextInput,
    /// What holds in this programme, at most 30 000 characters a language.
    service: LocalizedTextInput,
    /// The last day on which a company may take new bookings without having accepted it.
    accept_by: Date,
}

impl From<RulebookInput> for RulebookContent {
    fn from(input: RulebookInput) -> Self {
        Self {
            general: input.general.into(),
            service: input.service.into(),
            accept_by: input.accept_by.0,
        }
    }
}

/// A rulebook to draft.
#[derive(InputObject)]
pub struct DraftRulebookInput {
    /// The programme.
    programme_id: ID,
    /// Its content.
    content: RulebookInput,
}

/// A draft of a rulebook to change.
#[derive(InputObject)]
pub struct UpdateRulebookInput {
    /// The rulebook.
    rulebook_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Its new content, whole.
    content: RulebookInput,
}

/// A draft of a rulebook to publish.
#[derive(InputObject)]
pub struct PublishRulebookInput {
    /// The rulebook.
    rulebook_id: ID,
    /// The version that was read.
    expected_version: i32,
}

/// A rulebook that a company accepts.
#[derive(InputObject)]
pub struct AcceptRulebookInput {
    /// The company.
    company_id: ID,
    /// The rulebook.
    rulebook_id: ID,
}

payload! {
    /// What a change of a rulebook answers.
    RulebookPayload { rulebook: Rulebook }
}

payload! {
    /// What accepting a rulebook answers.
    RulebookAcceptancePayload { acceptance: RulebookAcceptance }
}

/// The fields of a rulebook stand in the content of its inputs.
fn in_content(failure: Failure) -> Failure {
    failure.inside("content", &["programmeId", "rulebookId", "expectedVersion"])
}

/// Queries on rulebooks.
#[derive(Default)]
pub struct RulebookQuery;

#[Object]
impl RulebookQuery {
    /// The rulebooks that a company has accepted, newest version first, for its signatories and managers; at most 100.
    #[graphql(directive = auth::apply(providers::policy::SEE_APPLICATIONS.to_string()))]
    async fn rulebook_acceptances(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
    ) -> Result<Vec<RulebookAcceptance>, Failure> {
        let company = id("companyId", &company_id)?;
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().providers.acceptances(actor, company).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// Mutations on rulebooks.
#[derive(Default)]
pub struct RulebookMutation;

#[Object]
impl RulebookMutation {
    /// Drafts the next version of the rulebook of a published programme.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn draft_rulebook(&self, ctx: &Context<'_>, input: DraftRulebookInput) -> Result<RulebookPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            let content = input.content.into();
            Ok(ctx.app().programmes.draft_rulebook(actor, programme, content).await?)
        };
        let result: Result<_, Failure> = result.await;
        RulebookPayload::of(ctx, "draftRulebook", result.map_err(in_content)).await
    }

    /// Changes a draft of a rulebook; who changes it may not publish it.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn update_rulebook(&self, ctx: &Context<'_>, input: UpdateRulebookInput) -> Result<RulebookPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (rulebook, version) = (id("rulebookId", &input.rulebook_id)?, input.expected_version);
            let content = input.content.into();
            Ok(ctx
                .app()
                .programmes
                .update_rulebook(actor, rulebook, version, content)
                .await?)
        };
        let result: Result<_, Failure> = result.await;
        RulebookPayload::of(ctx, "updateRulebook", result.map_err(in_content)).await
    }

    /// Publishes a draft of another officer as the next version. Companies that have not accepted it take no new
    /// bookings after its day; they are told by mail.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn publish_rulebook(&self, ctx: &Context<'_>, input: PublishRulebookInput) -> Result<RulebookPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let rulebook = id("rulebookId", &input.rulebook_id)?;
            Ok(ctx
                .app()
                .programmes
                .publish_rulebook(actor, rulebook, input.expected_version)
                .await?)
        };
        RulebookPayload::of(ctx, "publishRulebook", result.await).await
    }

    /// Accepts a version of a rulebook for a company; again is the same as once.
    #[graphql(directive = auth::apply(providers::policy::APPLY.to_string()))]
    async fn accept_rulebook(
        &self,
        ctx: &Context<'_>,
        input: AcceptRulebookInput,
    ) -> Result<RulebookAcceptancePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (company, rulebook) = (
                id("companyId", &input.company_id)?,
                id("rulebookId", &input.rulebook_id)?,
            );
            Ok(ctx.app().providers.accept_rulebook(actor, company, rulebook).await?)
        };
        RulebookAcceptancePayload::of(ctx, "acceptRulebook", result.await).await
    }
}
