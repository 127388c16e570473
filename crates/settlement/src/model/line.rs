//! A line of a statement.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::{BasisPoints, Cents, CityId, CompanyId, DeliveryId, LineId, RunId, StatementId};
use sea_orm::entity::prelude::*;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// It pays a delivery for the first time; each delivery has at most one that is not void.
    Original,
    /// It takes an original line back (hyvitys).
    Refund,
    /// It changes the amount of an original line (oikaisu).
    Correction,
}

/// One delivery on a statement. Once its run is confirmed, it never changes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_line")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LineId,
    /// The statement.
    pub statement_id: StatementId,
    /// The run.
    pub run_id: RunId,
    /// The city that pays.
    pub city_id: CityId,
    /// The company that is paid.
    pub company_id: CompanyId,
    /// The delivery it pays.
    pub delivery_id: DeliveryId,
    /// What it is.
    pub kind: Kind,
    /// The line that a refund or correction is about.
    pub original_line_id: Option<LineId>,
    /// The civil day of the visit.
    pub day: NaiveDate,
    /// The price agreed, in cents.
    pub price_cents: Cents,
    /// What the city pays, in cents.
    pub voucher_share_cents: Cents,
    /// What the resident paid the company herself (omavastuu), in cents.
    pub own_share_cents: Cents,
    /// The VAT class of the service, such as `GENERAL`.
    pub vat_class: String,
    /// The VAT rate on the day of the visit, in basis points.
    pub vat_bp: BasisPoints,
    /// The company's own reference.
    pub claim_reference: Option<String>,
    /// When the run was cancelled; the delivery is free for another run then.
    pub voided_at: Option<DateTime<Utc>>,
}

/// A line refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
