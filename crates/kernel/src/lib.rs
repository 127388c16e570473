//! The words every context shares: typed ids, money, time, texts, tables, pages, error codes and the actor.
//!
//! No I/O happens here. Clock, ids and randomness are values that the server makes once and hands on, so tests can
//! stop time and repeat every id.
//!
//! How to add an id: one line in [`id`]. How to add an error code: a variant in [`ErrorCode`] and its three
//! sentences in the API's texts; the compiler names every place.

mod actor;
pub mod csv;
mod error;
pub mod field;
pub mod id;
mod ids;
mod money;
mod page;
mod policy;
mod text;
mod time;

pub use actor::{Acting, Actor, CompanyRole, StaffRole, Theme, Who};
pub use error::{Coded, ErrorCode, FieldError, ITEM};
pub use id::*;
pub use ids::Ids;
pub use money::{BasisPoints, Cents};
pub use page::{Page, PageRequest};
pub use policy::{Denied, Own, Requires};
pub use text::{Lang, LocalizedText, fold};
pub use time::{Clock, MockClock, SystemClock, civil_day, start_of_day};
