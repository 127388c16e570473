//! The tests of Palvelutori as a whole, in one program. Each context has its own file.

mod application;
mod architecture;
mod authorization;
mod bookings;
mod cities;
mod crates_on_postgres;
mod identity;
mod inputs;
mod offers;
mod operations;
mod postgres;
mod programmes;
mod providers;
mod schema;
mod settlement;
mod story;
mod town;
