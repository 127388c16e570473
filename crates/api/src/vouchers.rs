//! Residents' vouchers, the applications for them and the decisions on those.

mod application;
mod attachment;
mod consent;
mod decision;
mod income_review;
mod loaders;

mod life;
mod mass_grant;
mod number;
mod rectification;
mod replenishment;
mod tasks;
mod waiting;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use kernel::VoucherId;
use vouchers::{Circumstances, NewVoucher};

use crate::auth::auth;
use crate::bookings::{CorrectionsOf, ShareCorrection};
use crate::cities::City;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::people::Person;
use crate::programmes::{Programme, Quantity};
use crate::scalars::{self, Cents, Date, DateTime, Lang, Money, id, show};
use crate::values::{AssessmentInput, ValueLine, lines};

pub use application::{VoucherApplication, VoucherApplicationMutation, VoucherApplicationQuery};
pub use attachment::AttachmentMutation;
pub use consent::ConsentMutation;
pub use decision::{VoucherDecision, VoucherDecisionQuery};
use income_review::VoucherAssessment;
pub use income_review::{IncomeReview, IncomeReviewMutation, IncomeReviewQuery};
pub use life::LifeMutation;
pub use mass_grant::{MassGrant, MassGrantMutation, MassGrantProgress, MassGrantQuery, ProgressOf};
pub use number::NumberQuery;
pub use rectification::{Rectification, RectificationMutation, RectificationQuery};
use replenishment::{ReplenishmentsOf, VoucherReplenishment};
pub use tasks::{OfficerTask, TaskMutation, TaskQuery};
pub use waiting::WaitingMutation;

/// A service voucher: what a city granted a resident. Personal, never cash.
#[derive(Clone)]
pub struct Voucher(pub(crate) Arc<vouchers::Voucher>);

impl From<vouchers::Voucher> for Voucher {
    fn from(voucher: vouchers::Voucher) -> Self {
        Self(Arc::new(voucher))
    }
}

/// How far a voucher has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "vouchers::State")]
pub enum VoucherState {
    /// It can be used on the days it is valid.
    Active,
    /// Its last day has passed.
    Expired,
    /// An officer took it back.
    Revoked,
    /// Its resident refused it before it was used.
    Declined,
    /// An officer has suspended it: no new bookings, those that are made go on.
    Suspended,
}

/// What of a voucher is left.
#[derive(Clone, SimpleObject)]
pub struct VoucherBalance {
    /// What may be spent.
    available: Money,
    /// What open bookings hold.
    reserved: Money,
    /// The visits or hours that may be spent; none in euros.
    units_left: Option<Quantity>,
    /// The visits or hours that open bookings hold.
    units_reserved: Option<Quantity>,
    /// The visits or hours that were used.
    units_used: Option<Quantity>,
}

impl VoucherBalance {
    pub(crate) fn of(balance: vouchers::Balance, unit: programmes::Unit) -> Self {
        Self {
            available: Money(balance.available),
            reserved: Money(balance.reserved),
            units_left: Quantity::of(unit, balance.units.left),
            units_reserved: Quantity::of(unit, balance.units.booked),
            units_used: Quantity::of(unit, balance.units.used),
        }
    }
}

/// Names the balance of a voucher for the loader.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BalanceOf(pub(crate) Arc<vouchers::Voucher>);

/// Names a voucher of the caller with what may be spent of it, for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OwnPurse(pub(crate) VoucherId);

#[Object]
impl Voucher {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        show(self.0.id)
    }
    /// The city that granted it.
    async fn city(&self, ctx: &Context<'_>) -> Result<Option<City>, Failure> {
        ctx.loader().load_one(self.0.city_id).await
    }
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.0.programme_id).await
    }
    /// Whose it is.
    async fn resident(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.resident_id).await
    }
    /// What it may pay in all: its value where the rule makes one sum, else the amount up to which it pays the value of
    /// each visit.
    async fn value(&self) -> Money {
        Money(self.0.value_cents)
    }
    /// The visits or hours that it was granted in all; none in euros.
    async fn units_granted(&self) -> Option<Quantity> {
        Quantity::of(self.0.unit, self.0.quantity)
    }
    /// How the value of a unit came about when it was granted, for an hour on a weekday where time counts. Empty in
    /// vouchers from before there were rules.
    async fn value_explanation(&self, ctx: &Context<'_>, lang: Option<Lang>) -> Vec<ValueLine> {
        let lang = scalars::lang(lang, ctx.session().lang);
        let valuation = self.0.valuation.as_ref();
        valuation.map_or_else(Vec::new, |valuation| lines(&valuation.lines, lang))
    }
    /// The situations by which visits are valued, in the order of days; empty where the value is one sum.
    async fn assessments(&self) -> Vec<VoucherAssessment> {
        VoucherAssessment::of(&self.0)
    }
    /// What decisions from days that have passed changed in the city's shares of what was delivered, oldest first.
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<ShareCorrection>, Failure> {
        let of = CorrectionsOf(Arc::clone(&self.0));
        Ok(ctx.loader().load_one(of).await?.unwrap_or_default())
    }
    /// Why the value was raised, where it was.
    async fn raise_reason(&self) -> Option<&str> {
        self.0.raise_reason.as_deref()
    }
    /// What of it is left.
    async fn balance(&self, ctx: &Context<'_>) -> Result<Option<VoucherBalance>, Failure> {
        ctx.loader().load_one(BalanceOf(Arc::clone(&self.0))).await
    }
    /// What came after its grant, in the order of months, where the programme fills vouchers anew.
    async fn replenishments(&self, ctx: &Context<'_>) -> Result<Vec<VoucherReplenishment>, Failure> {
        let of = ReplenishmentsOf(Arc::clone(&self.0));
        Ok(ctx.loader().load_one(of).await?.unwrap_or_default())
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
    async fn state(&self) -> VoucherState {
        self.0.state.into()
    }
    /// The grounds of the decision.
    async fn grounds(&self) -> &str {
        &self.0.grounds
    }
    /// What its resident tells a company: 16 characters in groups of four. Vouchers from before there were numbers get one
    /// within an hour.
    async fn number(&self) -> Option<String> {
        self.0.number.as_ref().map(ToString::to_string)
    }
    /// The number as a QR code, an SVG image.
    async fn number_qr(&self) -> Option<String> {
        self.0.number.as_ref().and_then(number::qr)
    }
    /// When it was granted.
    async fn granted_at(&self) -> DateTime {
        DateTime(self.0.granted_at)
    }
    /// Counts the changes; goes into `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// Queries on vouchers.
#[derive(Default)]
pub struct VoucherQuery;

#[Object]
impl VoucherQuery {
    /// The vouchers of the caller, oldest first.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn my_vouchers(
        &self,
        ctx: &Context<'_>,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Voucher>, Failure> {
        let (actor, after) = (ctx.session().person().await?, after.as_deref());
        let rows = ctx.app().vouchers.own(&actor, page(first, after)?).await?;
        connection(ctx, after, rows, |row| row.id, ctx.app().vouchers.count_own(&actor)).await
    }

    /// The vouchers of a programme, oldest first; the look is recorded.
    #[graphql(directive = auth::apply(vouchers::policy::SEE.to_string()))]
    async fn programme_vouchers(
        &self,
        ctx: &Context<'_>,
        programme_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<Voucher>, Failure> {
        let (programme, after) = (id("programmeId", &programme_id)?, after.as_deref());
        let actor = ctx.session().actor().await?;
        let rows = ctx
            .app()
            .vouchers
            .of_programme(actor, programme, page(first, after)?)
            .await?;
        connection(
            ctx,
            after,
            rows,
            |row| row.id,
            ctx.app().vouchers.count_of_programme(actor, programme),
        )
        .await
    }
}

/// A voucher to grant.
#[derive(InputObject)]
pub struct GrantVoucherInput {
    /// The city that grants it.
    city_id: ID,
    /// The programme, which says what it is worth and when it is valid.
    programme_id: ID,
    /// The verified address of the resident, or the id of a person without an account, such as a child.
    resident_email: String,
    /// The grounds of the decision, at most 2 000 characters.
    grounds: String,
    /// The situation of the resident, where the value rule reads it.
    assessment: Option<AssessmentInput>,
    /// What the voucher may pay in all, where the value rule values each visit; in visits or hours it follows from
    /// `quantity`.
    amount: Option<Cents>,
    /// What it grants in a programme in visits or hours: thousandths of a visit, or minutes; 1 to 1 000 000.
    quantity: Option<i32>,
    /// A raise of the value for the sake of livelihood or social care.
    raise: Option<RaiseInput>,
    /// On what grounds rules of eligibility are taken as met about which nothing is recorded, at most 2 000 characters.
    eligibility_confirmed: Option<String>,
    /// 16 to 64 characters of the caller's choice; the same key never grants twice.
    idempotency_key: String,
}

/// A raise of the value of a unit (Act 569/2009, 8 §).
#[derive(InputObject)]
pub struct RaiseInput {
    /// By how much.
    cents: Cents,
    /// Why, at most 2 000 characters.
    reason: String,
}

impl From<RaiseInput> for vouchers::Raise {
    fn from(input: RaiseInput) -> Self {
        Self {
            cents: input.cents.0,
            reason: input.reason,
        }
    }
}

/// A voucher to take back.
#[derive(InputObject)]
pub struct RevokeVoucherInput {
    /// The voucher.
    voucher_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// Why, at most 2 000 characters.
    reason: String,
    /// 16 to 64 characters of the caller's choice.
    idempotency_key: String,
}

payload! {
    /// What a change of a voucher answers.
    VoucherPayload { voucher: Voucher }
}

/// Mutations on vouchers.
#[derive(Default)]
pub struct VoucherMutation;

#[Object]
impl VoucherMutation {
    /// Grants a voucher; what it may pay leaves the programme's budget at once.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn grant_voucher(&self, ctx: &Context<'_>, input: GrantVoucherInput) -> Result<VoucherPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let new = NewVoucher {
                city: id("cityId", &input.city_id)?,
                programme: id("programmeId", &input.programme_id)?,
                resident_email: input.resident_email,
                grounds: input.grounds,
                circumstances: Circumstances {
                    accepts_without_income: input
                        .assessment
                        .as_ref()
                        .is_some_and(|told| told.accepts_without_income),
                    assessment: input.assessment.map(Into::into),
                    amount: input.amount.map(|cents| cents.0),
                    quantity: input.quantity,
                    raise: input.raise.map(Into::into),
                },
                eligibility_confirmed: input.eligibility_confirmed,
            };
            Ok(ctx.app().vouchers.grant(actor, &input.idempotency_key, new).await?)
        };
        VoucherPayload::of(ctx, "grantVoucher", result.await).await
    }

    /// Takes a voucher back; what no booking holds returns to the programme at once.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn revoke_voucher(&self, ctx: &Context<'_>, input: RevokeVoucherInput) -> Result<VoucherPayload> {
        let result = async {
            let actor = ctx.session().actor().await?;
            let voucher = id("voucherId", &input.voucher_id)?;
            Ok(ctx
                .app()
                .vouchers
                .revoke(
                    actor,
                    &input.idempotency_key,
                    voucher,
                    input.expected_version,
                    &input.reason,
                )
                .await?)
        };
        VoucherPayload::of(ctx, "revokeVoucher", result.await).await
    }
}
