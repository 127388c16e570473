//! Many vouchers from one list.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::{MassGrantId, PersonId};
use vouchers::policy;

use super::Voucher;
use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{ErrorCode, Failure, payload};
use crate::people::Person;
use crate::programmes::Programme;
use crate::scalars::{DateTime, Money, id, show};

/// A list from which many vouchers are granted. It is sent in as a file: `POST /mass-grants/{programmeId}`.
#[derive(Clone)]
pub struct MassGrant(pub(crate) Arc<vouchers::MassGrant>);

impl From<vouchers::MassGrant> for MassGrant {
    fn from(list: vouchers::MassGrant) -> Self {
        Self(Arc::new(list))
    }
}

/// How far a list has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::MassGrantState")]
pub enum MassGrantState {
    /// Its rows are read and whole; nothing is granted.
    Draft,
    /// It was given up before it was confirmed.
    Cancelled,
    /// Another officer has confirmed it; its rows are being granted.
    Granting,
    /// Every row is granted or refused.
    Done,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::MassGrantRowState")]
pub enum MassGrantRowState {
    /// It is not its turn yet.
    Waiting,
    /// Its voucher is granted.
    Granted,
    /// No voucher was granted; the code says why.
    Refused,
}

/// How many rows of a list have come how far.
#[derive(Clone, SimpleObject)]
pub struct MassGrantProgress {
    /// It is not their turn yet.
    waiting: i32,
    /// Their vouchers are granted.
    granted: i32,
    /// No voucher was granted.
    refused: i32,
}

impl From<vouchers::Progress> for MassGrantProgress {
    fn from(progress: vouchers::Progress) -> Self {
        let rows = |rows: i64| i32::try_from(rows).unwrap_or(i32::MAX);
        Self {
            waiting: rows(progress.waiting),
            granted: rows(progress.granted),
            refused: rows(progress.refused),
        }
    }
}

/// Names the progress of a list for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgressOf(pub(crate) MassGrantId);

/// A row of a list.
pub struct MassGrantRow(vouchers::MassGrantRow);

#[Object]
impl MassGrantRow {
    /// Its line in the file, the header being the first.
    async fn line(&self) -> i32 {
        self.0.line
    }
    /// The city's own key of the grant.
    async fn key(&self) -> &str {
        &self.0.key
    }
    /// The address of the resident.
    async fn email(&self) -> &str {
        &self.0.email
    }
    /// What the voucher may pay in all, where the file says it.
    async fn amount(&self) -> Option<Money> {
        self.0.amount_cents.map(Money)
    }
    /// What the voucher grants in thousandths of a visit or in minutes, where the file says it.
    async fn quantity(&self) -> Option<i32> {
        self.0.quantity
    }
    /// What became of it.
    async fn state(&self) -> MassGrantRowState {
        self.0.state.into()
    }
    /// Why it was refused.
    async fn code(&self) -> Option<ErrorCode> {
        self.0.refused_with().map(Into::into)
    }
    /// The voucher that was granted from it; the look at it is recorded.
    async fn voucher(&self, ctx: &Context<'_>) -> Result<Option<Voucher>, Failure> {
        match self.0.voucher() {
            Some(voucher) => ctx.loader().load_one(voucher).await,
            None => Ok(None),
        }
    }
}

async fn person(ctx: &Context<'_>, id: Option<PersonId>) -> Result<Option<Person>, Failure> {
    match id {
        Some(id) => ctx.loader().load_one(id).await,
        None => Ok(None),
    }
}

#[Object]
impl MassGrant {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// How far it has come.
    async fn state(&self) -> MassGrantState {
        self.0.state.into()
    }
    /// How many rows it has.
    async fn total(&self) -> i32 {
        self.0.total
    }
    /// How many of them have come how far.
    async fn progress(&self, ctx: &Context<'_>) -> Result<Option<MassGrantProgress>, Failure> {
        ctx.loader().load_one(ProgressOf(self.0.id)).await
    }
    /// The SHA-256 of the file in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }
    /// The officer who sent it in.
    async fn drafted_by(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        person(ctx, Some(self.0.drafted_by)).await
    }
    /// When.
    async fn drafted_at(&self) -> DateTime {
        DateTime(self.0.drafted_at)
    }
    /// The officer who confirmed it.
    async fn confirmed_by(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        person(ctx, self.0.confirmed_by).await
    }
    /// Its rows in the order of the file: the first ones after the line `afterLine`; the look is recorded.
    async fn rows(
        &self,
        ctx: &Context<'_>,
        state: Option<MassGrantRowState>,
        first: i32,
        #[graphql(default = 0)] after_line: i32,
    ) -> Result<Vec<MassGrantRow>, Failure> {
        let first = u64::from(kernel::field::number("first", first, 1, 100)?.unsigned_abs());
        let (actor, state) = (ctx.session().actor().await?, state.map(Into::into));
        let vouchers = &ctx.app().vouchers;
        let rows = vouchers
            .mass_grant_rows(actor, self.0.id, state, after_line, first)
            .await?;
        Ok(rows.into_iter().map(MassGrantRow).collect())
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on lists.
#[derive(Default)]
pub struct MassGrantQuery;

#[Object]
impl MassGrantQuery {
    /// The lists of a programme, oldest first.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn mass_grants(
        &self,
        ctx: &Context<'_>,
        programme_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<MassGrant>, Failure> {
        let (programme, after) = (id("programmeId", &programme_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let vouchers = &ctx.app().vouchers;
        let rows = vouchers.mass_grants(actor, programme, page(first, after)?).await?;
        let count = vouchers.count_mass_grants(actor, programme);
        connection(ctx, after, rows, |row| row.id, count).await
    }

    /// A list; null when there is none or the caller may not see it.
    #[graphql(directive = auth::apply(policy::SEE.to_string()))]
    async fn mass_grant(&self, ctx: &Context<'_>, mass_grant_id: ID) -> Result<Option<MassGrant>, Failure> {
        let list: MassGrantId = id("massGrantId", &mass_grant_id)?;
        ctx.loader().load_one(list).await
    }
}

/// A list to confirm.
#[derive(InputObject)]
pub struct ConfirmMassGrantInput {
    /// The list.
    mass_grant_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

/// A list to give up.
#[derive(InputObject)]
pub struct CancelMassGrantInput {
    /// The list.
    mass_grant_id: ID,
    /// The version that was read.
    expected_version: i32,
}

/// A list whose rows that the budget did not cover are to be tried again.
#[derive(InputObject)]
pub struct ResumeMassGrantInput {
    /// The list.
    mass_grant_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

payload! {
    /// What a change of a list answers.
    MassGrantPayload { mass_grant: MassGrant }
}

/// Mutations on lists.
#[derive(Default)]
pub struct MassGrantMutation;

#[Object]
impl MassGrantMutation {
    /// Confirms a list that another officer sent in; its rows are granted one after another.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn confirm_mass_grant(&self, ctx: &Context<'_>, input: ConfirmMassGrantInput) -> Result<MassGrantPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (list, version) = (id("massGrantId", &input.mass_grant_id)?, input.expected_version);
            let (vouchers, key) = (&ctx.app().vouchers, &input.idempotency_key);
            Ok(vouchers.confirm_mass_grant(actor, key, list, version).await?)
        };
        MassGrantPayload::of(ctx, "confirmMassGrant", result.await).await
    }

    /// Gives up a list that was not confirmed.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn cancel_mass_grant(&self, ctx: &Context<'_>, input: CancelMassGrantInput) -> Result<MassGrantPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (list, version) = (id("massGrantId", &input.mass_grant_id)?, input.expected_version);
            Ok(ctx.app().vouchers.cancel_mass_grant(actor, list, version).await?)
        };
        MassGrantPayload::of(ctx, "cancelMassGrant", result.await).await
    }

    /// Tries the rows of a list again that the budget did not cover.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn resume_mass_grant(&self, ctx: &Context<'_>, input: ResumeMassGrantInput) -> Result<MassGrantPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (list, version) = (id("massGrantId", &input.mass_grant_id)?, input.expected_version);
            let (vouchers, key) = (&ctx.app().vouchers, &input.idempotency_key);
            Ok(vouchers.resume_mass_grant(actor, key, list, version).await?)
        };
        MassGrantPayload::of(ctx, "resumeMassGrant", result.await).await
    }
}
