//! Which city a refused mutation concerns, so that its auditors see the refusal.

use async_graphql::{Context, ID, Value};
use kernel::{BookingId, CityId, MemberId, StaffMemberId, TypedId, VoucherApplicationId, VoucherId};

use crate::app::App;
use crate::context::ContextExt;
use crate::node;

/// What a refusal was about.
pub(crate) struct Concern {
    /// The city.
    pub(crate) city: CityId,
    /// The id of the record that the input names.
    pub(crate) subject: String,
}

impl Concern {
    /// A city named by its id, if there is one.
    pub(crate) async fn of_city(app: &App, id: &str) -> Option<Self> {
        let city = app.cities.find(id.parse().ok()?).await.ok()??.id;
        let subject = id.to_owned();
        Some(Self { city, subject })
    }
}

/// What the input of a mutation names: its `cityId`, else the first record in it that belongs to a city and that the
/// caller may see. A record that is hidden from her leads to no city.
pub(crate) async fn of_input(ctx: &Context<'_>) -> Option<Concern> {
    let arguments = ctx.field().arguments().ok()?;
    let (_, Value::Object(input)) = arguments.into_iter().find(|(name, _)| name == "input")? else {
        return None;
    };
    let mut ids: Vec<_> = input.into_iter().filter(|(name, _)| name.ends_with("Id")).collect();
    ids.sort_by_key(|(name, _)| name != "cityId");
    for (_, value) in ids {
        let Value::String(subject) = value else { continue };
        if let Some(city) = city_of(ctx, &subject).await {
            return Some(Concern { city, subject });
        }
    }
    None
}

async fn city_of(ctx: &Context<'_>, id: &str) -> Option<CityId> {
    let app = ctx.app();
    let (kind, _) = id.split_once('_')?;
    match kind {
        StaffMemberId::PREFIX => {
            let actor = ctx.session().actor().await.ok()?;
            let member = app.cities.staff_member(actor, id.parse().ok()?).await.ok()??;
            Some(member.city_id)
        }
        MemberId::PREFIX => {
            let actor = ctx.session().actor().await.ok()?;
            let claim = app.providers.claim(actor, id.parse().ok()?).await.ok()??;
            claim.claim_city_id
        }
        // Nothing of these three is shown: `node` would record a look at them.
        VoucherId::PREFIX => {
            let actor = ctx.session().actor().await.ok()?;
            app.vouchers.city_of(actor, id.parse().ok()?).await.ok()?
        }
        VoucherApplicationId::PREFIX => {
            let actor = ctx.session().actor().await.ok()?;
            app.vouchers.city_of_application(actor, id.parse().ok()?).await.ok()?
        }
        BookingId::PREFIX => {
            let actor = ctx.session().actor().await.ok()?;
            app.bookings.city_of(actor, id.parse().ok()?).await.ok()?
        }
        _ => node::find(ctx, &ID::from(id)).await.ok()??.city_id(),
    }
}
