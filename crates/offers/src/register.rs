//! The public register of approved providers with their services and prices (A13), which cities owe everybody on the
//! internet (Act on service vouchers, section 4).

use chrono::NaiveDate;
use cities::City;
use kernel::{Actor, Cents, CompanyId, LocalizedText, OfferId, ProgrammeId};
use providers::CompanyKind;
use sea_orm::{Condition, FromQueryResult};

use crate::model::offer::Model as Offer;
use crate::store::register as store;
use crate::{Error, Offers};

/// How many services of one approval a list of approvals shows at the most; the catalogue has the others.
pub const MAX_SERVICES: i64 = 100;

/// The register of one city on one civil day.
///
/// Approvals are those of the day, a past one as it stood at its end. There is no history of prices: services and
/// prices are those of the catalogue on [`Self::today`].
#[derive(Clone, Debug)]
pub struct Register {
    /// The city.
    pub city: City,
    /// The civil day on which the providers are approved.
    pub day: NaiveDate,
    /// The civil day of the services and prices.
    pub today: NaiveDate,
    approved: Condition,
}

/// One service of one provider in one programme, or an approval without a service in the catalogue.
#[derive(Clone, Debug, FromQueryResult)]
pub struct RegisterRow {
    /// The provider.
    pub company_id: CompanyId,
    /// Its business id (Y-tunnus).
    pub business_id: String,
    /// Its name.
    pub company: String,
    /// What kind of provider it is.
    pub kind: CompanyKind,
    /// The programme it is approved in.
    pub programme_id: ProgrammeId,
    /// The name of the programme.
    pub programme: LocalizedText,
    /// The first civil day of the approval.
    pub approved_from: NaiveDate,
    /// Its last civil day.
    pub approved_until: NaiveDate,
    /// The offer; none where the provider lists none in the programme.
    pub offer_id: Option<OfferId>,
    /// The name of the offer.
    pub service: Option<LocalizedText>,
    /// The price of one unit with VAT, in cents.
    pub price: Option<Cents>,
}

impl Offers {
    /// Opens the register of a city on a civil day, today where there is none.
    ///
    /// # Errors
    /// `Field` for a day outside the years 2000 to 2200.
    pub fn register(&self, city: City, day: Option<NaiveDate>) -> Result<Register, Error> {
        let now = self.db.clock().now();
        let today = city.day_of(now);
        let day = day.unwrap_or(today);
        let approved = providers::approvals::in_force(&city, None, day, now)?;
        Ok(Register {
            city,
            day,
            today,
            approved,
        })
    }

    /// A text that differs as soon as something differs that the register could show.
    pub async fn register_edition(&self, register: &Register) -> Result<String, Error> {
        let changes = store::changes(self.db.read(), register.city.id).await?;
        Ok(format!(
            "{changes:?} {} {:?} {} {}",
            register.city.code, register.city.name, register.day, register.today
        ))
    }

    /// At most `first` rows after the row `after`, those of one provider together, providers in the order in which they
    /// were registered: an order that nobody can buy.
    pub async fn register_rows(
        &self,
        register: &Register,
        after: Option<&RegisterRow>,
        first: u64,
    ) -> Result<Vec<RegisterRow>, Error> {
        let approved = register.approved.clone();
        Ok(store::rows(self.db.read(), approved, register.today, after, first).await?)
    }

    /// What the catalogue shows today of each company in each programme: the oldest [`MAX_SERVICES`] offers, by id.
    pub async fn services_of(&self, approved: &[(CompanyId, ProgrammeId)]) -> Result<Vec<Offer>, Error> {
        let public = self.visible_to(&Actor::nobody("")).await?;
        Ok(store::of_approved(self.db.read(), public, approved, MAX_SERVICES).await?)
    }
}
