//! The life of a booking.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How far a booking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// The resident asks; places and money are held.
    Requested,
    /// The provider has agreed.
    Confirmed,
    /// The provider has refused; everything went back.
    Declined,
    /// The resident cancelled before the deadline, or lost her right to the day by moving away; everything went back.
    CancelledByClient,
    /// The resident cancelled after the deadline; the late fee is due.
    CancelledLate,
    /// The provider cancelled; everything went back.
    CancelledByProvider,
    /// The service was given.
    Delivered,
}

/// What happens to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum Event {
    /// The provider agrees.
    Confirm,
    /// The provider refuses.
    Decline,
    /// The resident cancels up to the deadline.
    CancelInTime,
    /// The resident cancels after the deadline.
    CancelLate,
    /// The provider cancels.
    CancelByProvider,
    /// The provider records the delivery.
    Deliver,
    /// Nobody has acted in time: the provider did not answer before the visit, or recorded nothing long after it.
    Lapse,
    /// The voucher ends before the visit, because the resident moves away.
    LoseEntitlement,
}

impl State {
    /// The whole life of a booking in one table; the allowed actions are read from it too.
    pub fn on(self, event: Event) -> Option<Self> {
        use {Event as E, State as S};
        match (self, event) {
            (S::Requested, E::Confirm) => Some(S::Confirmed),
            (S::Requested, E::Decline | E::Lapse) => Some(S::Declined),
            // Whoever has no answer yet owes nothing, however late it is.
            (S::Requested, E::CancelInTime | E::CancelLate) | (S::Confirmed, E::CancelInTime) => {
                Some(S::CancelledByClient)
            }
            (S::Confirmed, E::CancelLate) => Some(S::CancelledLate),
            (S::Requested | S::Confirmed, E::CancelByProvider) | (S::Confirmed, E::Lapse) => {
                Some(S::CancelledByProvider)
            }
            (S::Requested | S::Confirmed, E::LoseEntitlement) => Some(S::CancelledByClient),
            (S::Confirmed, E::Deliver) => Some(S::Delivered),
            _ => None,
        }
    }

    /// True while places and money are held for it.
    pub fn holds(self) -> bool {
        matches!(self, Self::Requested | Self::Confirmed)
    }
}
