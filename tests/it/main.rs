//! The tests of Palvelutori as a whole, in one program. Each context has its own file.

mod application;
mod architecture;
mod bookings;
mod cities;
mod identity;
mod offers;
mod operations;
mod postgres;
mod programmes;
mod providers;
mod schema;
mod settlement;
