//! What decisions from days that have passed change in the shares of deliveries.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, SimpleObject};

use crate::auth::auth;
use crate::connection::{Connection, connection, page};
use crate::context::ContextExt;
use crate::error::Failure;
use crate::loaders::{Batch, grouped};
use crate::scalars::{DateTime, Money, id, show};

/// What the city owes of a delivery is another sum than before: the settlement turns it into a line, and the resident owes so
/// much less of her own share, or more.
#[derive(Clone, SimpleObject)]
pub struct ShareCorrection {
    /// The delivery.
    delivery_id: ID,
    /// What the city owed of it, with all corrections before.
    old_share: Money,
    /// What it owes.
    new_share: Money,
    /// The one less the other; below zero where the city owes less.
    difference: Money,
    /// Why, in the words of the decision.
    reason: String,
    /// When it was written.
    created_at: DateTime,
}

impl From<bookings::Correction> for ShareCorrection {
    fn from(row: bookings::Correction) -> Self {
        Self {
            delivery_id: show(row.delivery_id),
            old_share: Money(row.old_cents),
            new_share: Money(row.new_cents),
            difference: Money(row.difference_cents),
            reason: row.reason,
            created_at: DateTime(row.created_at),
        }
    }
}

/// Names the corrections of a voucher for the loader.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CorrectionsOf(pub(crate) Arc<vouchers::Voucher>);

impl Loader<CorrectionsOf> for Batch {
    type Value = Vec<ShareCorrection>;
    type Error = Failure;

    async fn load(&self, keys: &[CorrectionsOf]) -> Result<HashMap<CorrectionsOf, Vec<ShareCorrection>>, Failure> {
        let vouchers: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let rows = self.0.app.bookings.corrections_of(&vouchers).await?;
        let mut rows = grouped(rows.into_iter().map(|row| (row.voucher_id, row.into())));
        let of = |key: &CorrectionsOf| (key.clone(), rows.remove(&key.0.id).unwrap_or_default());
        Ok(keys.iter().map(of).collect())
    }
}

/// Queries on corrections.
#[derive(Default)]
pub struct CorrectionQuery;

#[Object]
impl CorrectionQuery {
    /// What was corrected in a city, oldest first, without whose it was.
    #[graphql(directive = auth::apply(bookings::policy::OVERSEE.to_string()))]
    async fn share_corrections(
        &self,
        ctx: &Context<'_>,
        city_id: ID,
        first: i32,
        after: Option<String>,
    ) -> Result<Connection<ShareCorrection>, Failure> {
        let (city, after) = (id("cityId", &city_id)?, after.as_deref());
        let (actor, bookings) = (ctx.session().actor().await?, &ctx.app().bookings);
        let rows = bookings.corrections(actor, city, page(first, after)?).await?;
        let count = bookings.count_corrections(actor, city);
        connection(ctx, after, rows, |row| row.id, count).await
    }
}
