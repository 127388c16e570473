//! Voucher programmes.

mod budget;
mod canvas;
mod eligibility;
mod parameters;
mod rule;
mod rulebook;
mod terms;
mod unit;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use kernel::BasisPoints;
use programmes::{NewProgramme, ProgrammeChange};

use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::{self, Cents, Date, Lang, LocalizedText, LocalizedTextInput, id, show};
pub use budget::{Budget, BudgetMutation, BudgetQuery, BudgetsOf};
pub use canvas::{CanvasMutation, CanvasQuery};
pub use eligibility::EligibilityQuery;
use rulebook::RulebooksOf;
pub use rulebook::{Rulebook, RulebookMutation, RulebookQuery};
use terms::TermsInput;
pub use terms::{ProgrammeTerms, TermsMutation, TermsOf};
use unit::{Organiser, OrganiserInput};
pub use unit::{ProgrammeUnit, Quantity};

/// A voucher programme of a city.
#[derive(Clone)]
pub struct Programme(pub(crate) Arc<programmes::Programme>);

impl From<programmes::Programme> for Programme {
    fn from(programme: programmes::Programme) -> Self {
        Self(Arc::new(programme))
    }
}

/// How far a programme has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::State")]
pub enum ProgrammeState {
    /// One officer writes it.
    Draft,
    /// Another officer has published it.
    Published,
    /// No new approvals or vouchers.
    Closed,
}

#[Object]
impl Programme {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that grants and pays.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// Its name in one language.
    async fn name(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.name.get(scalars::lang(lang, ctx.session().lang))
    }
    /// Its name in all languages.
    async fn names(&self) -> LocalizedText {
        self.0.name.clone().into()
    }
    /// What residents get, in one language.
    async fn description(&self, ctx: &Context<'_>, lang: Option<Lang>) -> &str {
        self.0.description.get(scalars::lang(lang, ctx.session().lang))
    }
    /// A code of the national service classification.
    async fn service_class(&self) -> &str {
        &self.0.service_class
    }
    /// In what its vouchers are granted.
    async fn unit(&self) -> ProgrammeUnit {
        self.0.unit.into()
    }
    /// The unit of the city that is responsible for it.
    async fn organiser(&self) -> Option<Organiser> {
        self.0.organiser.clone().map(Organiser)
    }
    /// For whom it is, in one language; what is decided by facts stands in `eligibility` of its terms.
    async fn target_group(&self, ctx: &Context<'_>, lang: Option<Lang>) -> Option<&str> {
        let lang = scalars::lang(lang, ctx.session().lang);
        self.0.target_group.as_ref().map(|text| text.get(lang))
    }
    /// For whom it is, in all languages.
    async fn target_groups(&self) -> Option<LocalizedText> {
        self.0.target_group.clone().map(Into::into)
    }
    /// What it pays, by period in the order of days; drafts are shown to its staff only.
    async fn terms(&self, ctx: &Context<'_>) -> Result<Vec<ProgrammeTerms>, Failure> {
        Ok(ctx.loader().load_one(TermsOf(self.0.id)).await?.unwrap_or_default())
    }
    /// The versions of its rulebook, oldest first; drafts are shown to its staff only.
    async fn rulebooks(&self, ctx: &Context<'_>) -> Result<Vec<Rulebook>, Failure> {
        Ok(ctx.loader().load_one(RulebooksOf(self.0.id)).await?.unwrap_or_default())
    }
    /// The first day of use.
    async fn valid_from(&self) -> Date {
        Date(self.0.valid_from)
    }
    /// The last day of use.
    async fn valid_until(&self) -> Date {
        Date(self.0.valid_until)
    }
    /// How far it has come.
    async fn state(&self) -> ProgrammeState {
        self.0.state.into()
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
    /// Its budgets, for staff of the city only; empty for everybody else.
    #[graphql(directive = auth::apply(programmes::policy::SEE_DRAFTS.to_string()))]
    async fn budgets(&self, ctx: &Context<'_>) -> Result<Vec<Budget>, Failure> {
        Ok(ctx.loader().load_one(BudgetsOf(self.0.id)).await?.unwrap_or_default())
    }
}

/// Queries on programmes.
#[derive(Default)]
pub struct ProgrammeQuery;

#[Object]
impl ProgrammeQuery {
    /// The programmes of a city, oldest first; drafts are shown to its staff only.
    #[graphql(directive = auth::apply(programmes::policy::LIST.to_string()))]
    async fn programmes(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Programme>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx.app().programmes.page(actor, city, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, ctx.app().programmes.count(actor, city)).await
    }
}

/// The content of a programme.
#[derive(InputObject)]
pub struct ProgrammeContentInput {
    /// Its name, at most 200 characters a language.
    name: LocalizedTextInput,
    /// What residents get, at most 5 000 characters a language.
    description: LocalizedTextInput,
    /// A code of the national service classification, such as `P25`.
    service_class: String,
    /// In what its vouchers are granted; it stays as it is published.
    #[graphql(default_with = "ProgrammeUnit::Eur")]
    unit: ProgrammeUnit,
    /// The unit of the city that is responsible for it.
    organiser: Option<OrganiserInput>,
    /// For whom it is, at most 2 000 characters a language.
    target_group: Option<LocalizedTextInput>,
    /// The first day of use.
    valid_from: Date,
    /// The last day of use, at most four calendar years after that of the first; later years get budgets of their own.
    valid_until: Date,
    /// The budget of the first year of use.
    budget: Cents,
    /// How much of it may be promised, 10 000 to 15 000 basis points: 10 000 promises no more than there is.
    #[graphql(default = 10_000)]
    overcommit_basis_points: i32,
    /// What it pays from the first day of use until further notice.
    terms: TermsInput,
}

impl From<ProgrammeContentInput> for ProgrammeChange {
    fn from(input: ProgrammeContentInput) -> Self {
        Self {
            name: input.name.into(),
            description: input.description.into(),
            service_class: input.service_class,
            unit: input.unit.into(),
            organiser: input.organiser.map(Into::into),
            target_group: input.target_group.map(Into::into),
            valid_from: input.valid_from.0,
            valid_until: input.valid_until.0,
            budget: input.budget.0,
            overcommit: BasisPoints(input.overcommit_basis_points),
            terms: input.terms.into(),
        }
    }
}

/// A programme to draft.
#[derive(InputObject)]
pub struct CreateProgrammeInput {
    /// The city.
    city_id: ID,
    /// Its content.
    content: ProgrammeContentInput,
}

/// A draft to change.
#[derive(InputObject)]
pub struct UpdateProgrammeInput {
    /// The programme.
    programme_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Its new content, whole.
    content: ProgrammeContentInput,
}

/// A draft to publish.
#[derive(InputObject)]
pub struct PublishProgrammeInput {
    /// The programme.
    programme_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice; the same key never moves the budget twice.
    idempotency_key: String,
}

/// A programme to close.
#[derive(InputObject)]
pub struct CloseProgrammeInput {
    /// The programme.
    programme_id: ID,
    /// The version that was read.
    expected_version: i32,
}

payload! {
    /// What a change of a programme answers.
    ProgrammePayload { programme: Programme }
}

/// The fields of a programme stand in the content of its inputs.
fn in_content(failure: Failure) -> Failure {
    failure.inside("content", &["cityId", "programmeId", "expectedVersion"])
}

/// Mutations on programmes.
#[derive(Default)]
pub struct ProgrammeMutation;

#[Object]
impl ProgrammeMutation {
    /// Drafts a programme with the budget of its year.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn create_programme(&self, ctx: &Context<'_>, input: CreateProgrammeInput) -> Result<ProgrammePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewProgramme {
                city: id("cityId", &input.city_id)?,
                content: input.content.into(),
            };
            Ok(ctx.app().programmes.create(actor, new).await?)
        };
        let result: Result<_, Failure> = result.await;
        ProgrammePayload::of(ctx, "createProgramme", result.map_err(in_content)).await
    }

    /// Changes a draft; who changes it may not publish it.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn update_programme(&self, ctx: &Context<'_>, input: UpdateProgrammeInput) -> Result<ProgrammePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            let content = input.content.into();
            Ok(ctx
                .app()
                .programmes
                .update(actor, programme, input.expected_version, content)
                .await?)
        };
        let result: Result<_, Failure> = result.await;
        ProgrammePayload::of(ctx, "updateProgramme", result.map_err(in_content)).await
    }

    /// Publishes a draft of another officer; its budget may be granted from now on.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn publish_programme(&self, ctx: &Context<'_>, input: PublishProgrammeInput) -> Result<ProgrammePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            Ok(ctx
                .app()
                .programmes
                .publish(actor, &input.idempotency_key, programme, input.expected_version)
                .await?)
        };
        ProgrammePayload::of(ctx, "publishProgramme", result.await).await
    }

    /// Closes a programme to new approvals and vouchers.
    #[graphql(directive = auth::apply(programmes::policy::MANAGE.to_string()))]
    async fn close_programme(&self, ctx: &Context<'_>, input: CloseProgrammeInput) -> Result<ProgrammePayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let programme = id("programmeId", &input.programme_id)?;
            Ok(ctx
                .app()
                .programmes
                .close(actor, programme, input.expected_version)
                .await?)
        };
        ProgrammePayload::of(ctx, "closeProgramme", result.await).await
    }
}
