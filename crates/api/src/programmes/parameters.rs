//! What terms say besides values and prices.

use async_graphql::{Enum, InputObject, SimpleObject};
use kernel::BasisPoints;
use programmes::{Limits, Parameters};

/// Whether vouchers are filled anew, and what becomes of what was left.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::Replenishment")]
pub enum Replenishment {
    /// They are granted once.
    None,
    /// Each month by as much as they were granted; what is left of the month before returns to the programme.
    Monthly,
    /// Each month by as much as they were granted; what is left stays.
    MonthlyCarryingOver,
}

/// How the service of an offer is produced and paid for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "programmes::FinancingMode")]
pub enum FinancingMode {
    /// The city produces it.
    Own,
    /// The city buys it.
    Purchased,
    /// A voucher pays for it.
    Voucher,
    /// The producer has a licence of the city.
    Licence,
    /// The resident pays all of it.
    SelfPaid,
}

/// The parameters of terms. A booking uses those of the day of its visit and keeps what later steps need.
#[derive(Clone, SimpleObject)]
pub struct ProgrammeParameters {
    /// How many days after a voucher's last day a visit of its time may still be recorded.
    grace_days: i32,
    /// How many visits one person may have from Monday to Sunday; any number when there is none. A visit counts once,
    /// however many places or hours it takes.
    visits_per_week: Option<i32>,
    /// How many visits one person may have in a calendar month; any number when there is none.
    visits_per_month: Option<i32>,
    /// How many visits one voucher pays for; any number when there is none.
    visits_per_voucher: Option<i32>,
    /// Whether a person may book at a time for which she holds another open booking.
    overlap_allowed: bool,
    /// To which step the minutes of a visit are rounded up before they are valued; 0 leaves them as they are.
    rounding_minutes: i32,
    /// What is paid of the voucher share when nobody comes, in basis points (10 000 = all).
    no_show_basis_points: i32,
    /// Whether the resident owes the same part of her own share when she cancels late or does not come.
    own_share_due: bool,
    /// Whose services the programme pays for.
    financing_modes: Vec<FinancingMode>,
    /// Whether vouchers are filled anew.
    replenishment: Replenishment,
    /// Whether a voucher for a child takes the consent of every guardian.
    all_guardians: bool,
    /// How many days a resident has to answer an offer from the waiting list.
    offer_days: i32,
    /// How many months after the grant, and after each review, incomes are asked for anew; never when there is none.
    income_review_months: Option<i32>,
    /// How many days a resident has to tell her income then.
    income_answer_days: i32,
}

impl From<&Parameters> for ProgrammeParameters {
    fn from(parameters: &Parameters) -> Self {
        Self {
            grace_days: parameters.grace_days,
            visits_per_week: parameters.limits.week,
            visits_per_month: parameters.limits.month,
            visits_per_voucher: parameters.limits.voucher,
            overlap_allowed: parameters.may_overlap,
            rounding_minutes: parameters.rounding_minutes,
            no_show_basis_points: parameters.no_show.0,
            own_share_due: parameters.own_share_due,
            financing_modes: parameters.financing.iter().copied().map(Into::into).collect(),
            replenishment: parameters.replenishment.into(),
            all_guardians: parameters.all_guardians,
            offer_days: parameters.offer_days,
            income_review_months: parameters.income_review_months,
            income_answer_days: parameters.income_answer_days,
        }
    }
}

/// The parameters of terms; whatever is left out limits nothing.
#[derive(InputObject)]
pub struct ProgrammeParametersInput {
    /// How many days after a voucher's last day a visit of its time may still be recorded, 0 to 30.
    #[graphql(default = 30)]
    grace_days: i32,
    /// How many visits one person may have from Monday to Sunday, 1 to 1 000.
    visits_per_week: Option<i32>,
    /// How many visits one person may have in a calendar month, 1 to 1 000.
    visits_per_month: Option<i32>,
    /// How many visits one voucher pays for, 1 to 1 000.
    visits_per_voucher: Option<i32>,
    /// Whether a person may book at a time for which she holds another open booking.
    #[graphql(default = true)]
    overlap_allowed: bool,
    /// To which step the minutes of a visit are rounded up before they are valued: 0 (not at all), 15 or 30.
    #[graphql(default = 0)]
    rounding_minutes: i32,
    /// What is paid of the voucher share when nobody comes, 0 to 10 000 basis points.
    #[graphql(default = 0)]
    no_show_basis_points: i32,
    /// Whether the resident owes the same part of her own share when she cancels late or does not come.
    #[graphql(default = false)]
    own_share_due: bool,
    /// Whose services the programme pays for: at least one mode, each once.
    #[graphql(default_with = "vec![FinancingMode::Voucher]")]
    financing_modes: Vec<FinancingMode>,
    /// Whether vouchers are filled anew.
    #[graphql(default_with = "Replenishment::None")]
    replenishment: Replenishment,
    /// Whether a voucher for a child takes the consent of every guardian.
    #[graphql(default = false)]
    all_guardians: bool,
    /// How many days a resident has to answer an offer from the waiting list, 3 to 60.
    #[graphql(default = 14)]
    offer_days: i32,
    /// How many months after the grant, and after each review, incomes are asked for anew, 1 to 24; never when it is left
    /// out.
    income_review_months: Option<i32>,
    /// How many days a resident has to tell her income then, 7 to 90.
    #[graphql(default = 30)]
    income_answer_days: i32,
}

impl From<ProgrammeParametersInput> for Parameters {
    fn from(input: ProgrammeParametersInput) -> Self {
        Self {
            grace_days: input.grace_days,
            limits: Limits {
                week: input.visits_per_week,
                month: input.visits_per_month,
                voucher: input.visits_per_voucher,
            },
            may_overlap: input.overlap_allowed,
            rounding_minutes: input.rounding_minutes,
            no_show: BasisPoints(input.no_show_basis_points),
            own_share_due: input.own_share_due,
            financing: input.financing_modes.into_iter().map(Into::into).collect(),
            replenishment: input.replenishment.into(),
            all_guardians: input.all_guardians,
            offer_days: input.offer_days,
            income_review_months: input.income_review_months,
            income_answer_days: input.income_answer_days,
        }
    }
}
