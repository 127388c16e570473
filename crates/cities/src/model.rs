//! The stored records and the pure decisions on them.

pub mod city;
pub mod staff;
