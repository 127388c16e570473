//! The schema of the database, built once by sea-query for SQLite and PostgreSQL alike.
//!
//! One file for each context. A released migration is never edited: see this folder's README.

#![expect(
    elided_lifetimes_in_paths,
    reason = "MigrationTrait spells its methods with elided lifetimes"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a migration is a list of definitions, read from top to bottom"
)]

use sea_orm_migration::prelude::*;

mod m0001_keys;
mod m0002_ledger;
mod m0003_audit;
mod m0004_jobs;
mod m0005_mail;
mod m0006_identity;
mod m0007_cities;
mod m0008_programmes;
mod m0009_providers;
mod m0010_vouchers;
mod m0011_offers;
mod m0012_bookings;
mod m0013_settlement;
mod m0014_programme_terms;
mod m0015_register;
mod m0016_provider_duties;
mod m0018_voucher_applications;
mod m0020_voucher_life;
mod m0021_mass_grants;
mod m0022_population;
mod m0023_mandates;
mod m0024_rulebooks;
mod m0025_terms_withdrawn;
mod m0026_sanctions;
mod m0027_resignations;
mod m0030_terms_parameters;
mod m0031_budget_years;
mod m0032_replenishments;
mod m0033_programme_canvas;
mod m0035_conditions;
mod m0036_register;
mod m0037_segments;
mod m0038_attachments;
mod m0039_account_changes;
mod m0040_renewals;
mod m0041_approvals_elsewhere;
mod m0043_waiting_list;
mod m0044_income_reviews;
mod m0045_refills;
mod m0046_corrections;
mod m0047_units;
mod m0051_segment_periods;
mod m0052_application_consents;
mod m0053_booking_conditions;
mod table;

/// Runs every migration that the database has not seen.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_keys::Migration),
            Box::new(m0002_ledger::Migration),
            Box::new(m0003_audit::Migration),
            Box::new(m0004_jobs::Migration),
            Box::new(m0005_mail::Migration),
            Box::new(m0006_identity::Migration),
            Box::new(m0007_cities::Migration),
            Box::new(m0008_programmes::Migration),
            Box::new(m0009_providers::Migration),
            Box::new(m0010_vouchers::Migration),
            Box::new(m0011_offers::Migration),
            Box::new(m0012_bookings::Migration),
            Box::new(m0013_settlement::Migration),
            Box::new(m0014_programme_terms::Migration),
            Box::new(m0015_register::Migration),
            Box::new(m0016_provider_duties::Migration),
            Box::new(m0018_voucher_applications::Migration),
            Box::new(m0020_voucher_life::Migration),
            Box::new(m0021_mass_grants::Migration),
            Box::new(m0022_population::Migration),
            Box::new(m0023_mandates::Migration),
            Box::new(m0024_rulebooks::Migration),
            Box::new(m0025_terms_withdrawn::Migration),
            Box::new(m0026_sanctions::Migration),
            Box::new(m0027_resignations::Migration),
            Box::new(m0030_terms_parameters::Migration),
            Box::new(m0031_budget_years::Migration),
            Box::new(m0032_replenishments::Migration),
            Box::new(m0033_programme_canvas::Migration),
            Box::new(m0035_conditions::Migration),
            Box::new(m0036_register::Migration),
            Box::new(m0037_segments::Migration),
            Box::new(m0038_attachments::Migration),
            Box::new(m0039_account_changes::Migration),
            Box::new(m0040_renewals::Migration),
            Box::new(m0041_approvals_elsewhere::Migration),
            Box::new(m0043_waiting_list::Migration),
            Box::new(m0044_income_reviews::Migration),
            Box::new(m0045_refills::Migration),
            Box::new(m0046_corrections::Migration),
            Box::new(m0047_units::Migration),
            Box::new(m0051_segment_periods::Migration),
            Box::new(m0052_application_consents::Migration),
            Box::new(m0053_booking_conditions::Migration),
        ]
    }
}
