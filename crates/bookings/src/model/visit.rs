//! A visit of a booking.

use chrono::{DateTime, Utc};
use kernel::{BookingId, Cents, CityId, OccurrenceId, VisitId};
use sea_orm::entity::prelude::*;

/// One visit of a booking: an occurrence with the places taken in it and its part of the money. A booking has one or
/// more.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "visit")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VisitId,
    /// The city.
    pub city_id: CityId,
    /// The booking.
    pub booking_id: BookingId,
    /// The occurrence whose places it takes.
    pub occurrence_id: OccurrenceId,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// How many places.
    pub units: i32,
    /// Its part of the price, in cents.
    pub price_cents: Cents,
    /// What the voucher pays of it, in cents.
    pub voucher_share_cents: Cents,
    /// What the resident pays of it, in cents.
    pub own_share_cents: Cents,
    /// What it takes of the voucher in its unit, in thousandths of a visit or in minutes; zero in euros.
    pub quantity: i64,
}

/// A visit refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
