//! The value rules of the demo and the circumstances in which its residents are granted vouchers.

use kernel::{BasisPoints, Cents};
use programmes::value::flat::{Flat, Per};
use programmes::value::home_care::{IncomeRow, IncomeTested};
use programmes::value::households::ExtraPerson;
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
            Self::HomeCare(_) => ValueRule::IncomeTested(home_care()),
        }
    }

    /// A person alone with 1 400 euros a month: 22.12 euros an hour.
    pub(super) fn circumstances(self) -> Circumstances {
        match self {
            Self::Flat(_) => Circumstances::default(),
            Self::HomeCare(amount) => Circumstances {
                assessment: Some(Assessment {
                    monthly_income: Some(Cents(140_000)),
                    ..Assessment::default()
                }),
                amount: Some(amount),
                ..Circumstances::default()
            },
        }
    }
}

/// The table of 2014 and 2015 for temporary home care.
fn home_care() -> IncomeTested {
    let rows = [
        (56_300, 3_500),
        (103_900, 2_200),
        (162_800, 1_800),
        (201_400, 1_500),
        (243_800, 1_300),
        (279_900, 1_100),
    ];
    let households = rows.into_iter().zip(1..).map(|((limit, rate), household)| IncomeRow {
        household,
        limit: Cents(limit),
        rate: BasisPoints(rate),
    });
    IncomeTested {
        vmax: Cents(2_700),
        floor: Cents(700),
        households: households.collect(),
        extra_person: ExtraPerson {
            limit: Cents(34_200),
            rate: BasisPoints(100),
        },
        round_up_to: Cents(1),
        coefficients: None,
    }
}
