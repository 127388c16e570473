//! The value rules of the demo and the circumstances in which its residents are granted vouchers.

use kernel::Cents;
use programmes::Unit;
use programmes::value::flat::{Flat, Per};
use programmes::value::home_care::IncomeTested;
use programmes::value::{Assessment, ValueRule};
use vouchers::Circumstances;

use super::data::Worth;

impl Worth {
    /// The rule of the programme.
    pub(super) fn rule(self) -> ValueRule {
        match self {
            Self::Flat(value) => ValueRule::Flat(Flat {
                value,
                per: Per::Voucher,
                coefficients: None,
            }),
            Self::HomeCare(_) => ValueRule::IncomeTested(IncomeTested::of_2014()),
        }
    }

    /// In what its vouchers are granted.
    pub(super) fn unit(self) -> Unit {
        match self {
            Self::Flat(_) => Unit::Eur,
            Self::HomeCare(_) => Unit::Hour,
        }
    }

    /// A person alone with 1 400 euros a month: 22.12 euros an hour.
    pub(super) fn circumstances(self) -> Circumstances {
        match self {
            Self::Flat(_) => Circumstances::default(),
            Self::HomeCare(minutes) => Circumstances {
                assessment: Some(Assessment {
                    monthly_income: Some(Cents(140_000)),
                    ..Assessment::default()
                }),
                quantity: Some(minutes),
                ..Circumstances::default()
            },
        }
    }
}
