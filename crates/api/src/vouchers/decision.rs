//! Decisions in writing on applications for vouchers.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use kernel::{DecisionId, VoucherApplicationId};

use super::Voucher;
use super::application::VoucherApplication;
use super::rectification::{Rectification, RectificationsOf};
use crate::auth::auth;
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::decision_print;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::scalars::{Date, DateTime, Lang, id, show};

/// A decision on an application for a voucher, as it was given. It never changes.
#[derive(Clone)]
pub struct VoucherDecision(pub(crate) Arc<vouchers::Decision>);

impl From<vouchers::Decision> for VoucherDecision {
    fn from(decision: vouchers::Decision) -> Self {
        Self(Arc::new(decision))
    }
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::Outcome")]
pub enum VoucherDecisionOutcome {
    /// A voucher is granted.
    Granted,
    /// The application is rejected.
    Rejected,
    /// On a request for rectification: what the voucher pays is raised.
    Amended,
    /// On a request for rectification: the decision stays as it is.
    Upheld,
    /// The request for rectification came too late and is not examined.
    NotExamined,
}

/// Names the decisions on an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecisionsOn(pub(crate) VoucherApplicationId);

#[Object]
impl VoucherDecision {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that decided.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The application.
    async fn application(&self, ctx: &Context<'_>) -> Result<Option<VoucherApplication>, Failure> {
        ctx.loader().load_one(self.0.application_id).await
    }
    /// Whom it is about.
    async fn resident(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.resident_id).await
    }
    /// What was decided.
    async fn outcome(&self) -> VoucherDecisionOutcome {
        self.0.outcome.into()
    }
    /// The decision on which rectification was asked for; null for the first decision on the application.
    async fn previous(&self, ctx: &Context<'_>) -> Result<Option<VoucherDecision>, Failure> {
        match self.0.previous_id {
            Some(previous) => ctx.loader().load_one(previous).await,
            None => Ok(None),
        }
    }
    /// The requests for its rectification, oldest first; all but the last were taken back.
    async fn rectifications(&self, ctx: &Context<'_>) -> Result<Vec<Rectification>, Failure> {
        let requests = ctx.loader().load_one(RectificationsOf(self.0.id)).await?;
        Ok(requests.unwrap_or_default())
    }
    /// The voucher that was granted or raised.
    async fn voucher(&self, ctx: &Context<'_>) -> Result<Option<Voucher>, Failure> {
        match self.0.voucher_id {
            Some(voucher) => ctx.loader().load_one(voucher).await,
            None => Ok(None),
        }
    }
    /// Why.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }
    /// The rules applied.
    async fn rules_applied(&self) -> &str {
        &self.0.rules_applied
    }
    /// Who tells more.
    async fn contact(&self) -> &str {
        &self.0.contact
    }
    /// Days for a request for rectification, or for an appeal to a court against a decision on such a request.
    async fn appeal_days(&self) -> i32 {
        self.0.appeal_days
    }
    /// The last day of that time.
    async fn appeal_until(&self) -> Date {
        Date(self.0.appeal_until)
    }
    /// The language in which it was given.
    async fn lang(&self) -> Lang {
        self.0.lang.into()
    }
    /// The document as it was given, as a page of HTML.
    async fn html(&self) -> &str {
        &self.0.html
    }
    /// SHA-256 of that page in UTF-8, in hexadecimal.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }
    /// Where its PDF is on this server, for readers and for print: fetch it with the same `Authorization` and
    /// `X-Acting-For`. It is made when it is first fetched, and never changes.
    async fn pdf_path(&self) -> String {
        decision_print::path(self.0.id)
    }
    /// When it was decided.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.0.decided_at)
    }
}

/// Queries on decisions.
#[derive(Default)]
pub struct VoucherDecisionQuery;

#[Object]
impl VoucherDecisionQuery {
    /// The decisions about the caller, oldest first.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn my_voucher_decisions(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<VoucherDecision>, Failure> {
        let (actor, after) = (ctx.session().person().await?, after.as_deref());
        let vouchers = &ctx.app().vouchers;
        let rows = vouchers.own_decisions(&actor, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, vouchers.count_own_decisions(&actor)).await
    }

    /// A decision by its id; null when there is none or the caller may not see it. Looks at those about others are
    /// recorded.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn voucher_decision(&self, ctx: &Context<'_>, decision_id: ID) -> Result<Option<VoucherDecision>, Failure> {
        vouchers::policy::OWN.own(&ctx.session().person().await?)?;
        let decision: DecisionId = id("decisionId", &decision_id)?;
        ctx.loader().load_one(decision).await
    }
}

payload! {
    /// What a decision on an application answers.
    VoucherDecisionPayload { decision: VoucherDecision }
}
