//! The tests of Palvelutori as a whole, in one program. Each context has its own file.

#![expect(clippy::unwrap_used, reason = "a step that fails shall fail the test")]

mod acting;
mod application;
mod architecture;
mod authorization;
mod bad_input;
mod bookings;
mod canvas;
mod cities;
mod crates_on_postgres;
mod ddl;
mod demo;
mod duties;
mod faults;
mod generated;
mod identity;
mod inputs;
mod ledger;
mod mass_grants;
mod offers;
mod open_data;
mod operations;
mod overcommit;
mod parameters;
mod postgres;
mod programmes;
mod providers;
mod raw;
mod reads;
mod recurring;
mod refusals;
mod rulebooks;
mod schema;
mod settlement;
mod statements;
mod story;
mod sweep;
mod terms;
mod town;
mod types;
mod values;
mod voucher_life;
mod vouchers;
