//! Vouchers by the number that their residents tell.

use async_graphql::{Context, ID, Object, SimpleObject};
use bookings::PresentedVoucher as Presented;
use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};
use vouchers::Number;

use super::VoucherState;
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::Failure;
use crate::programmes::{Programme, Quantity};
use crate::scalars::{Date, Money, id};

/// A number as an SVG image of a QR code that is still read with a crease (level M, 15 %). Every number fits into one.
pub(super) fn qr(number: &Number) -> Option<String> {
    let code = QrCode::with_error_correction_level(number.to_string(), EcLevel::M).ok()?;
    Some(code.render::<Color<'_>>().min_dimensions(200, 200).build())
}

/// What a company learns of a voucher whose number a resident tells it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PresentedVoucher {
    /// The given name of its resident.
    resident_given_name: String,
    /// How far it has come.
    state: VoucherState,
    /// The first day of use.
    valid_from: Date,
    /// The last day of use.
    valid_until: Date,
    /// What may be spent.
    available: Money,
    /// The visits or hours that may be spent; none in euros.
    units_left: Option<Quantity>,
    #[graphql(skip)]
    programme: kernel::ProgrammeId,
}

#[async_graphql::ComplexObject]
impl PresentedVoucher {
    /// The programme.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Option<Programme>, Failure> {
        ctx.loader().load_one(self.programme).await
    }
}

impl From<Presented> for PresentedVoucher {
    fn from(presented: Presented) -> Self {
        Self {
            resident_given_name: presented.given_name,
            state: presented.voucher.state.into(),
            valid_from: Date(presented.voucher.valid_from),
            valid_until: Date(presented.voucher.valid_until),
            available: Money(presented.left.cents),
            units_left: Quantity::of(presented.voucher.unit, presented.left.quantity),
            programme: presented.voucher.programme_id,
        }
    }
}

/// Queries by number.
#[derive(Default)]
pub struct NumberQuery;

#[Object]
impl NumberQuery {
    /// The voucher of a number, for a company that is approved in its programme; null when there is none. The look is
    /// recorded, and looks are limited in number.
    #[graphql(directive = auth::apply(bookings::policy::DELIVER.to_string()))]
    async fn voucher_by_number(
        &self,
        ctx: &Context<'_>,
        company_id: ID,
        number: String,
    ) -> Result<Option<PresentedVoucher>, Failure> {
        let actor = ctx.session().actor().await?;
        let company = id("companyId", &company_id)?;
        let found = ctx.app().bookings.voucher_by_number(actor, company, &number).await?;
        Ok(found.map(PresentedVoucher::from))
    }
}
