//! The stored records and the decisions on them: no I/O, no clock.

pub(crate) mod age;
pub(crate) mod email;
pub mod home;
pub(crate) mod mail_link;
pub(crate) mod password;
pub mod person;
pub(crate) mod person_of_city;
pub(crate) mod personal_code;
pub(crate) mod population_record;
pub(crate) mod rate_limit;
pub(crate) mod refresh_token;
pub mod relation;
pub(crate) mod segment;
pub(crate) mod session;
