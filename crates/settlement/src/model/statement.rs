//! What a city owes one company in one run.

use chrono::NaiveDate;
use kernel::{Cents, CityId, CompanyId, RunId, StatementId};
use sea_orm::entity::prelude::*;

use crate::bank::reference::{CreditorReference, NationalReference, ReferenceError};

/// A statement for one company (tilitys). It replaces the company's invoice.
///
/// `total = lines + brought forward`, and the total is above zero. Name, business id and account number are copies of
/// what was true when the run was made; a change of account takes effect with the next run.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StatementId,
    /// The run.
    pub run_id: RunId,
    /// The city that pays.
    pub city_id: CityId,
    /// The company that is paid.
    pub company_id: CompanyId,
    /// The first day of the run's month.
    pub period_from: NaiveDate,
    /// The last day of the run's month.
    pub period_until: NaiveDate,
    /// The civil year of the city in which it was made; numbers start anew each year.
    pub year: i32,
    /// Its number in the city and year, from 1 without a gap.
    pub number: i32,
    /// The company's name.
    pub company_name: String,
    /// The company's business id (Y-tunnus).
    pub business_id: String,
    /// The account that is paid (IBAN).
    pub iban: String,
    /// The creditor reference on the payment (RF-viite, ISO 11649), built from year and number.
    pub reference: String,
    /// The sum of its lines, in cents.
    pub lines_cents: Cents,
    /// Payments of earlier runs that the bank rejected or returned and that are paid again with this one, in cents.
    pub brought_forward_cents: Cents,
    /// What is paid, in cents.
    pub total_cents: Cents,
}

/// Other records refer to a statement by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The reference on the payment of a statement.
pub fn reference(year: i32, number: i32) -> Result<CreditorReference, ReferenceError> {
    let national = NationalReference::from_body(&format!("{year}{number:05}"))?;
    Ok(CreditorReference::from(&national))
}

/// The last number given in a city and year.
pub mod counter {
    use kernel::CityId;
    use sea_orm::entity::prelude::*;

    /// The last number of a statement in a city and year. Its lock also keeps the runs of a city apart while they are
    /// made.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "statement_counter")]
    pub struct Model {
        /// The city.
        #[sea_orm(primary_key, auto_increment = false)]
        pub city_id: CityId,
        /// The civil year.
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        /// The last number.
        pub last: i32,
    }

    /// A counter refers to its city by id.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Companies that a run had to leave out.
pub mod set_aside {
    use kernel::{Cents, CityId, CompanyId, RunId};
    use sea_orm::entity::prelude::*;

    /// Why a company was left out of a run.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
    #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
    pub enum Reason {
        /// Its account number is missing or wrong.
        NoValidIban,
        /// Nothing above zero is to be paid.
        NothingToPay,
        /// More than one SEPA payment carries.
        AmountTooLarge,
    }

    /// A company that a run left out. Its deliveries belong to no statement, so the next run takes them.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "settlement_set_aside")]
    pub struct Model {
        /// The run.
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: RunId,
        /// The company.
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: CompanyId,
        /// The city.
        pub city_id: CityId,
        /// The company's name at that time.
        pub company_name: String,
        /// What it would have been paid, in cents.
        pub total_cents: Cents,
        /// Why it was left out.
        pub reason: Reason,
    }

    /// It refers to its run by id.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn the_reference_carries_year_and_number() {
        assert_eq!(reference(2025, 1).unwrap().as_str(), "RF862025000012");
        assert!(reference(2026, 123_456).unwrap().as_str().contains("2026123456"));
    }
}
