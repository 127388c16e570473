//! The waiting list of applications that the budget does not carry.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use kernel::VoucherApplicationId;
use vouchers::{NewGrant, NewPlace, Ruling};

use super::RaiseInput;
use super::application::VoucherApplicationPayload;
use super::decision::VoucherDecisionPayload;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::loaders::Batch;
use crate::scalars::{Cents, Date, Money, id};
use crate::values::AssessmentInput;

/// The place of an application on the waiting list of its programme.
#[derive(Clone, SimpleObject)]
pub struct VoucherWaiting {
    /// From 0 to 9, the most urgent; those of the same priority come in the order in which they were sent.
    priority: i32,
    /// Why it has this priority.
    priority_grounds: String,
    /// How many come first, and itself; null while it is offered.
    position: Option<i64>,
    /// What is to be granted; while it is offered, what is set aside.
    value: Money,
    /// The last day on which the resident may accept; null while nothing is offered.
    offered_until: Option<Date>,
}

impl From<vouchers::Waiting> for VoucherWaiting {
    fn from(waiting: vouchers::Waiting) -> Self {
        let vouchers::Waiting { place, position } = waiting;
        Self {
            priority: place.priority,
            priority_grounds: place.priority_grounds,
            position,
            value: Money(place.cents),
            offered_until: place.offered_until.map(Date),
        }
    }
}

/// Names the place of an application for the loader.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WaitingOf(pub(crate) VoucherApplicationId);

impl Loader<WaitingOf> for Batch {
    type Value = VoucherWaiting;
    type Error = Failure;

    async fn load(&self, keys: &[WaitingOf]) -> Result<HashMap<WaitingOf, VoucherWaiting>, Failure> {
        let applications: Vec<_> = keys.iter().map(|key| key.0).collect();
        let actor = self.0.actor().await?;
        let rows = self.0.app.vouchers.waiting(actor, &applications).await?;
        Ok(rows
            .into_iter()
            .map(|row| (WaitingOf(row.place.application_id), row.into()))
            .collect())
    }
}

/// An application to put on the waiting list.
#[derive(InputObject)]
pub struct WaitlistVoucherApplicationInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// From 0 to 9, the most urgent.
    priority: i32,
    /// Why it has this priority, at most 2 000 characters.
    priority_grounds: String,
    /// The grounds of the decision once the voucher is granted, at most 2 000 characters.
    grounds: String,
    /// The rules applied: statutes and the city's own, at most 2 000 characters.
    rules_applied: String,
    /// Who tells more: name, number or address, at most 300 characters.
    contact: String,
    /// The situation as the officer has assessed it; as the resident has told it when it is left out.
    assessment: Option<AssessmentInput>,
    /// What the voucher may pay in all, where the value rule values each visit.
    amount: Option<Cents>,
    /// What the voucher grants in a programme in visits or hours, in thousandths of a visit or in minutes.
    quantity: Option<i32>,
    /// A raise of the value for the sake of livelihood or social care.
    raise: Option<RaiseInput>,
    /// On what grounds the conditions of the programme are taken as met about which nothing is recorded, at most 2 000
    /// characters.
    eligibility_confirmed: Option<String>,
}

/// An offer to accept.
#[derive(InputObject)]
pub struct AcceptVoucherOfferInput {
    /// The application.
    application_id: ID,
    /// The version that was read.
    expected_version: i32,
    /// 16 to 64 characters of the caller's choice; the same key never grants twice.
    idempotency_key: String,
}

/// Mutations on the waiting list.
#[derive(Default)]
pub struct WaitingMutation;

#[Object]
impl WaitingMutation {
    /// Puts an application on the waiting list with what would be granted, or gives it another place there. As soon as the
    /// budget carries it, it is offered to the resident.
    #[graphql(directive = auth::apply(vouchers::policy::GRANT.to_string()))]
    async fn waitlist_voucher_application(
        &self,
        ctx: &Context<'_>,
        input: WaitlistVoucherApplicationInput,
    ) -> Result<VoucherApplicationPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().actor().await?, &ctx.app().vouchers);
            let assessed = input.assessment.as_ref();
            let new = NewPlace {
                priority: input.priority,
                priority_grounds: input.priority_grounds,
                grant: NewGrant {
                    application: id("applicationId", &input.application_id)?,
                    expected_version: input.expected_version,
                    ruling: Ruling {
                        grounds: input.grounds,
                        rules_applied: input.rules_applied,
                        contact: input.contact,
                    },
                    accepts_without_income: assessed.is_some_and(|assessed| assessed.accepts_without_income),
                    assessment: input.assessment.map(Into::into),
                    amount: input.amount.map(|cents| cents.0),
                    quantity: input.quantity,
                    raise: input.raise.map(Into::into),
                    eligibility_confirmed: input.eligibility_confirmed,
                },
            };
            Ok(vouchers.waitlist_application(actor, new).await?)
        };
        VoucherApplicationPayload::of(ctx, "waitlistVoucherApplication", result.await).await
    }

    /// Accepts a voucher that was offered from the waiting list: it is granted and the decision frozen. Declined is it by
    /// `withdrawVoucherApplication`.
    #[graphql(directive = auth::apply(vouchers::policy::OWN.to_string()))]
    async fn accept_voucher_offer(
        &self,
        ctx: &Context<'_>,
        input: AcceptVoucherOfferInput,
    ) -> Result<VoucherDecisionPayload> {
        let result = async {
            let (actor, vouchers) = (ctx.session().person().await?, &ctx.app().vouchers);
            let application = id("applicationId", &input.application_id)?;
            Ok(vouchers
                .accept_offer(&actor, &input.idempotency_key, application, input.expected_version)
                .await?)
        };
        VoucherDecisionPayload::of(ctx, "acceptVoucherOffer", result.await).await
    }
}
