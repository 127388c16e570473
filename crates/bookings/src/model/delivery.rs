//! The stored delivery.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use db::Tx;
use kernel::{BasisPoints, BookingId, Cents, CityId, CompanyId, DeliveryId, PersonId, ProgrammeId, VisitId};
use sea_orm::entity::prelude::*;
use vouchers::Worth;

use super::booking::Model as Booking;
use super::visit::Model as Visit;

/// What a delivery pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// The service was given.
    Service,
    /// The resident cancelled too late; the programme's late fee is due.
    LateCancellation,
}

/// A fact that the city owes a company for (tapahtuma). It keeps its own copies of everything a settlement needs and
/// is never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeliveryId,
    /// The city that pays.
    pub city_id: CityId,
    /// The company that is paid.
    pub company_id: CompanyId,
    /// The programme it is charged to.
    pub programme_id: ProgrammeId,
    /// The booking.
    pub booking_id: BookingId,
    /// The visit; one delivery each.
    #[sea_orm(unique)]
    pub visit_id: VisitId,
    /// What it pays for.
    pub kind: Kind,
    /// The civil day of the visit in the city's zone.
    pub day: NaiveDate,
    /// The price agreed, in cents; `voucher_share + own_share` for a service.
    pub price_cents: Cents,
    /// What the city owes, in cents.
    pub voucher_share_cents: Cents,
    /// What the resident pays the company herself (omavastuu), in cents.
    pub own_share_cents: Cents,
    /// What was used of the voucher in its unit, in thousandths of a visit or in minutes; zero in euros.
    pub quantity: i64,
    /// The VAT class of the service, such as `GENERAL`.
    pub vat_class: String,
    /// The VAT rate on the day of the visit, in basis points.
    pub vat_bp: BasisPoints,
    /// Who recorded it: a member of the company, or the resident who cancelled late.
    pub recorded_by: PersonId,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The company's own reference, shown back on its statement.
    pub claim_reference: Option<String>,
}

/// A delivery refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What it took of the voucher.
    pub(crate) fn worth(&self) -> Worth {
        Worth {
            cents: self.voucher_share_cents,
            quantity: self.quantity,
        }
    }

    /// The delivery of a visit as it was agreed, in the zone of its city, recorded now by the resident unless the
    /// caller says otherwise.
    pub(crate) fn of(tx: &Tx, booking: &Booking, visit: &Visit, kind: Kind, zone: Tz) -> Self {
        Self {
            id: tx.new_id(),
            city_id: booking.city_id,
            company_id: booking.company_id,
            programme_id: booking.programme_id,
            booking_id: booking.id,
            visit_id: visit.id,
            kind,
            day: kernel::civil_day(visit.starts_at, zone),
            price_cents: visit.price_cents,
            voucher_share_cents: visit.voucher_share_cents,
            own_share_cents: visit.own_share_cents,
            quantity: visit.quantity,
            vat_class: booking.vat_class.clone(),
            vat_bp: booking.vat_bp,
            recorded_by: booking.resident_id,
            recorded_at: tx.now(),
            claim_reference: None,
        }
    }
}
