//! What officers have to see to.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use vouchers::policy;

use super::Voucher;
use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::scalars::{DateTime, id, show};

/// Something that the officers of a city have to see to.
#[derive(Clone)]
pub struct OfficerTask(pub(crate) Arc<vouchers::Task>);

impl From<vouchers::Task> for OfficerTask {
    fn from(task: vouchers::Task) -> Self {
        Self(Arc::new(task))
    }
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::TaskKind")]
pub enum OfficerTaskKind {
    /// A resident has refused a voucher: the city has to arrange the service otherwise.
    ArrangeOtherwise,
    /// The budget did not cover what a voucher was to be filled with for a month.
    ReplenishmentRefused,
    /// A resident has not told her income in time.
    IncomeNotTold,
}

/// How far a task has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::TaskState")]
pub enum OfficerTaskState {
    /// Somebody has to see to it.
    Open,
    /// Somebody has.
    Closed,
}

#[Object]
impl OfficerTask {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// What is to be done.
    async fn kind(&self) -> OfficerTaskKind {
        self.0.kind.into()
    }
    /// The voucher it is about; the look at it is recorded.
    async fn voucher(&self, ctx: &Context<'_>) -> Result<Option<Voucher>, Failure> {
        ctx.loader().load_one(self.0.voucher_id).await
    }
    /// How far it has come.
    async fn state(&self) -> OfficerTaskState {
        self.0.state.into()
    }
    /// When it came.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
    /// The officer who closed it.
    async fn closed_by(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        match self.0.closed_by {
            Some(officer) => ctx.loader().load_one(officer).await,
            None => Ok(None),
        }
    }
    /// When.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
    /// What was done.
    async fn outcome(&self) -> Option<&str> {
        self.0.outcome.as_deref()
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on tasks.
#[derive(Default)]
pub struct TaskQuery;

#[Object]
impl TaskQuery {
    /// The tasks of a city's officers, oldest first.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn officer_tasks(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        state: Option<OfficerTaskState>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<OfficerTask>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let (vouchers, state) = (&ctx.app().vouchers, state.map(Into::into));
        let rows = vouchers.tasks(actor, city, state, page(first, after)?).await?;
        let count = vouchers.count_tasks(actor, city, state);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}

/// A task to close.
#[derive(InputObject)]
pub struct CloseOfficerTaskInput {
    /// The task.
    task_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// What was done, at most 2 000 characters.
    outcome: String,
}

payload! {
    /// What a change of a task answers.
    OfficerTaskPayload { task: OfficerTask }
}

/// Mutations on tasks.
#[derive(Default)]
pub struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Closes a task with what was done.
    #[graphql(directive = auth::apply(policy::GRANT.to_string()))]
    async fn close_officer_task(&self, ctx: &Context<'_>, input: CloseOfficerTaskInput) -> Result<OfficerTaskPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let (task, version) = (id("taskId", &input.task_id)?, input.expected_version);
            let vouchers = &ctx.app().vouchers;
            Ok(vouchers.close_task(actor, task, version, &input.outcome).await?)
        };
        OfficerTaskPayload::of(ctx, "closeOfficerTask", result.await).await
    }
}
