//! The audit record: who did what, on whose behalf, about whom, why, when and from which request; and who read
//! personal data.
//!
//! Rows are written in the transaction of the act and never changed. They hold opaque ids only, so a person can be
//! erased without touching them. A job seals them in batches ([`seal`]), so that a row removed or altered in the
//! database file shows up offline.
//!
//! How to record an act: `audit::record(tx, actor, Act::new("cancelBooking", id).in_city(city)).await?`.
//! How to record a look: `audit::record_reads`, after the rows are read and before they are shown, with `Act::about_each`
//! for a list of persons.

mod record;
pub mod seal;

pub use record::{Act, Column, Entity, Model, count_of_city, page_of_city, record, record_reads};
