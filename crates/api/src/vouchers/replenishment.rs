//! What came to a voucher after its grant.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::SimpleObject;
use async_graphql::dataloader::Loader;

use crate::error::Failure;
use crate::loaders::{Batch, grouped};
use crate::programmes::Quantity;
use crate::scalars::{Date, Money};

/// A month for which a voucher was to be filled anew.
#[derive(Clone, SimpleObject)]
pub struct VoucherReplenishment {
    /// The first day.
    starts_on: Date,
    /// The last day.
    ends_on: Date,
    /// What was to come.
    due: Money,
    /// What came: all of it, or nothing where the budget did not cover it.
    came: Money,
    /// What was left of the time before and returned to the programme.
    returned: Money,
    /// What was to come in visits or hours; none in euros.
    units_due: Option<Quantity>,
    /// What came of that.
    units_came: Option<Quantity>,
    /// What was left of the time before and returned to the programme.
    units_returned: Option<Quantity>,
}

impl VoucherReplenishment {
    fn of(row: &vouchers::VoucherReplenishment, unit: programmes::Unit) -> Self {
        Self {
            starts_on: Date(row.starts_on),
            ends_on: Date(row.ends_on),
            due: Money(row.due_cents),
            came: Money(row.came_cents),
            returned: Money(row.returned_cents),
            units_due: Quantity::of(unit, row.due_quantity),
            units_came: Quantity::of(unit, row.came_quantity),
            units_returned: Quantity::of(unit, row.returned_quantity),
        }
    }
}

/// Names the replenishments of a voucher for the loader.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReplenishmentsOf(pub(crate) Arc<vouchers::Voucher>);

impl Loader<ReplenishmentsOf> for Batch {
    type Value = Vec<VoucherReplenishment>;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[ReplenishmentsOf],
    ) -> Result<HashMap<ReplenishmentsOf, Vec<VoucherReplenishment>>, Failure> {
        let vouchers: Vec<_> = keys.iter().map(|key| key.0.as_ref()).collect();
        let rows = self.0.app.vouchers.replenishments(&vouchers).await?;
        let rows = grouped(rows.into_iter().map(|row| (row.voucher_id, row)));
        let of = |key: &ReplenishmentsOf| {
            let of_voucher = rows.get(&key.0.id).into_iter().flatten();
            let shown = of_voucher.map(|row| VoucherReplenishment::of(row, key.0.unit));
            (key.clone(), shown.collect())
        };
        Ok(keys.iter().map(of).collect())
    }
}
