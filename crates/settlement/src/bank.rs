//! The files a city and its bank exchange: payment orders out, answers in.
//!
//! Everything here is pure: values in, bytes out, or the other way round. Orders are ISO 20022 `pain.001.001.09`;
//! answers are `pain.002.001.10` (what the bank thinks of a file) and `camt.054.001.08` (what it booked).

mod amount;
pub mod answer;
mod camt054;
pub mod charset;
pub mod pain001;
mod pain002;
pub mod reference;
mod xml;
