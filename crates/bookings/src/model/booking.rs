//! A booking.

mod state;

use chrono::{DateTime, Duration, Utc};
use kernel::{
    Actor, BasisPoints, BookingId, BudgetId, Cents, CityId, CompanyId, OfferId, PersonId, ProgrammeId, VoucherId,
};
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

pub use state::{Event, State};

use crate::policy;
use programmes::{Conditions, Unit};
use vouchers::Worth;
use vouchers::spend::Spent;

/// What a caller may do to a booking, as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum Action {
    /// `confirmBooking`.
    Confirm,
    /// `declineBooking`.
    Decline,
    /// `cancelBooking`.
    Cancel,
    /// `cancelBookingAsProvider`.
    CancelAsProvider,
    /// `recordDelivery`.
    RecordDelivery,
}

/// For how long after the end of a booking its provider still sees who the client was [X7].
const CLIENT_VISIBLE: Duration = Duration::days(30);

/// How long after the last visit a delivery may be recorded; then the booking lapses and everything goes back.
pub const RECORDING: Duration = Duration::days(30);

/// How many wrong codes lock a booking until the resident renews the code.
pub const WRONG_CODES: i32 = 5;

/// Places taken by a resident in an occurrence of an offer, over one or more visits (varaus).
///
/// `price = voucher_share + own_share`; the three are sums over the visits and frozen when the booking is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BookingId,
    /// The city whose voucher pays.
    pub city_id: CityId,
    /// The company that delivers.
    pub company_id: CompanyId,
    /// The programme it is charged to.
    pub programme_id: ProgrammeId,
    /// The offer.
    pub offer_id: OfferId,
    /// Whose booking it is.
    pub resident_id: PersonId,
    /// The voucher that pays.
    pub voucher_id: VoucherId,
    /// How far it has come.
    pub state: State,
    /// The price agreed, in cents.
    pub price_cents: Cents,
    /// What the voucher pays, in cents.
    pub voucher_share_cents: Cents,
    /// What the resident pays the company herself (omavastuu), in cents.
    pub own_share_cents: Cents,
    /// In what its voucher was granted.
    #[serde(default)]
    pub unit: Unit,
    /// What it takes of the voucher in that unit, in thousandths of a visit or in minutes; zero in euros.
    #[serde(default)]
    pub quantity: i64,
    /// The VAT class of the service.
    pub vat_class: String,
    /// The VAT rate on the day of the visit, in basis points.
    pub vat_bp: BasisPoints,
    /// When the first visit begins.
    pub starts_at: DateTime<Utc>,
    /// When the last visit ends.
    pub ends_at: DateTime<Utc>,
    /// Until when cancelling costs nothing.
    pub free_cancellation_until: DateTime<Utc>,
    /// What the provider is paid of the voucher share after the deadline, in basis points (10 000 = all).
    pub late_fee_bp: BasisPoints,
    /// What the provider is paid of the voucher share when nobody comes, in basis points.
    #[serde(default)]
    pub no_show_bp: BasisPoints,
    /// Whether the resident owes the same part of her own share as the city owes of the voucher share, when she cancels
    /// late or does not come.
    #[serde(default)]
    pub own_share_due: bool,
    /// From when on its delivery cannot be recorded any more; none where the binary before booked.
    #[serde(default)]
    pub record_before: Option<DateTime<Utc>>,
    /// The budget of the year of its visit, which it is charged to; none where the binary before booked: that of the voucher.
    #[serde(default)]
    pub budget_id: Option<BudgetId>,
    /// The budget that funded the voucher when it was booked; none where the binary before booked.
    #[serde(default)]
    pub funding_id: Option<BudgetId>,
    /// What the terms of its day asked of residents when it was made; none in bookings from before that was kept, for which
    /// the terms of their day speak.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// The one-time code that the resident shows at the visit: six digits.
    pub code: String,
    /// How many wrong codes were tried since it was made or renewed.
    pub wrong_codes: i32,
    /// Why the provider declined or cancelled it, in its words.
    pub reason: Option<String>,
    /// When the booking was made.
    pub created_at: DateTime<Utc>,
    /// When its state changed last.
    pub changed_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: i32,
}

/// A booking refers to other records by id.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a cancellation does to the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// The state afterwards.
    pub state: State,
    /// Goes back to the voucher.
    pub released: Worth,
    /// Is owed to the company, and what of the voucher's units counts as used.
    pub kept: Worth,
}

/// Why a provider can neither confirm nor record a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The state does not allow it.
    State(State),
    /// Nobody answers or records her own booking, or that of somebody near to her.
    FourEyes,
    /// The visit has begun, or it is too long ago.
    TooLate,
    /// The visit has not begun.
    TooEarly,
    /// The code is wrong.
    WrongCode,
    /// Too many wrong codes.
    CodeLocked,
}

impl Model {
    /// Decides what cancelling at `now` means: free until the deadline, then the programme's late fee, rounded half up
    /// to a cent, if the provider `can_deliver`. `None` when the state allows no cancellation, or the visit of a
    /// confirmed booking has begun: then it is the provider's to record or to cancel.
    ///
    /// Where a late fee is due, the visits or minutes count as used, whole, as rulebooks have it: a visit that is cancelled
    /// too late is charged like one that was given. They are no money, so no part of one is left to the resident; where
    /// cancelling late costs nothing, they go back with the money.
    pub fn cancel(&self, now: DateTime<Utc>, can_deliver: bool) -> Option<Cancellation> {
        if self.state == State::Confirmed && now >= self.starts_at {
            return None;
        }
        let in_time = now <= self.free_cancellation_until || !can_deliver;
        let event = if in_time {
            Event::CancelInTime
        } else {
            Event::CancelLate
        };
        let state = self.state.on(event)?;
        let fee = match state {
            State::CancelledLate => self.voucher_share_cents.share(self.late_fee_bp),
            _ => Cents::ZERO,
        };
        let kept = Worth {
            cents: fee,
            quantity: if fee.is_positive() { self.quantity } else { 0 },
        };
        let released = self.worth() - kept;
        Some(Cancellation { state, released, kept })
    }

    /// Decides whether the provider's member `who` may agree at `now`; answers until when cancelling is free then.
    /// Whoever agrees after the deadline has passed leaves the resident free until the visit.
    pub fn confirm(&self, who: PersonId, now: DateTime<Utc>) -> Result<(State, DateTime<Utc>), NoAnswer> {
        let state = self.state.on(Event::Confirm).ok_or(NoAnswer::State(self.state))?;
        if who == self.resident_id {
            return Err(NoAnswer::FourEyes);
        }
        if now >= self.starts_at {
            return Err(NoAnswer::TooLate);
        }
        let deadline = self.free_cancellation_until;
        Ok((state, if now <= deadline { deadline } else { self.starts_at }))
    }

    /// Decides whether the provider's member `who` may refuse or cancel it, whichever `event` says. Her own she cancels as
    /// its resident: then the deadline and the late fee count.
    pub fn give_up(&self, who: PersonId, event: Event) -> Result<State, NoAnswer> {
        let state = self.state.on(event).ok_or(NoAnswer::State(self.state))?;
        if who == self.resident_id {
            return Err(NoAnswer::FourEyes);
        }
        Ok(state)
    }

    /// Decides whether `who` may record the delivery at `now` with `code`.
    pub fn deliver(&self, who: PersonId, code: &str, now: DateTime<Utc>) -> Result<State, NoAnswer> {
        let state = self.recordable(who, now)?;
        if self.code == code {
            Ok(state)
        } else {
            Err(NoAnswer::WrongCode)
        }
    }

    /// Decides whether `who` may record the delivery at `now` with the right code.
    fn recordable(&self, who: PersonId, now: DateTime<Utc>) -> Result<State, NoAnswer> {
        let state = self.state.on(Event::Deliver).ok_or(NoAnswer::State(self.state))?;
        if who == self.resident_id {
            return Err(NoAnswer::FourEyes);
        }
        if now < self.starts_at {
            return Err(NoAnswer::TooEarly);
        }
        if self.is_past_recording(now) {
            return Err(NoAnswer::TooLate);
        }
        if self.wrong_codes >= WRONG_CODES {
            return Err(NoAnswer::CodeLocked);
        }
        Ok(state)
    }

    /// True when it is too late to record the delivery.
    fn is_past_recording(&self, now: DateTime<Utc>) -> bool {
        self.record_before.is_some_and(|end| now >= end) || now > self.ends_at + RECORDING
    }

    /// What the resident owes the company of her own share when the city owes `rate` of the voucher share for a visit
    /// that did not take place, in cents.
    pub fn own_share_of_absence(&self, rate: BasisPoints) -> Cents {
        if self.own_share_due {
            self.own_share_cents.share(rate)
        } else {
            Cents::ZERO
        }
    }

    /// What it takes of its voucher.
    pub fn worth(&self) -> Worth {
        Worth {
            cents: self.voucher_share_cents,
            quantity: self.quantity,
        }
    }

    /// What this much of it was charged to.
    pub fn spent(&self, worth: Worth) -> Spent {
        Spent {
            worth,
            booking: self.id,
            budget: self.budget_id,
            funding: self.funding_id,
        }
    }

    /// Decides whether its resident may have a new one-time code; the error is the state in which nobody asks for one.
    pub fn renew_code(&self) -> Result<(), State> {
        if self.state.holds() { Ok(()) } else { Err(self.state) }
    }

    /// Decides whether it has lapsed at `now`: unanswered when the visit begins, or unrecorded long after it.
    pub fn lapse(&self, now: DateTime<Utc>) -> Option<State> {
        let over = match self.state {
            State::Requested => now >= self.starts_at,
            State::Confirmed => self.is_past_recording(now),
            _ => false,
        };
        over.then(|| self.state.on(Event::Lapse)).flatten()
    }

    /// Decides whether it ends at `now` because its voucher's last day ended at `until`, the first instant after it; not
    /// once the visit has begun, which is then the provider's to record.
    pub fn lose_entitlement(&self, until: DateTime<Utc>, now: DateTime<Utc>) -> Option<State> {
        let over = self.starts_at >= until && now < self.starts_at;
        over.then(|| self.state.on(Event::LoseEntitlement)).flatten()
    }

    /// True while the provider may see who the client is: as long as the booking is open and some days after.
    pub fn shows_client(&self, now: DateTime<Utc>) -> bool {
        self.state.holds() || now <= self.changed_at + CLIENT_VISIBLE
    }

    /// What its resident may do now.
    pub fn actions_of_resident(&self, now: DateTime<Utc>) -> Vec<Action> {
        Action::iter()
            .filter(|action| *action == Action::Cancel && self.cancel(now, true).is_some())
            .collect()
    }

    /// What `actor` may do at `now` in the name of its provider, by the decisions that the use cases make. Whether an
    /// approval covers the day and whether the member may act for the resident is not asked.
    pub fn actions_of_provider(&self, actor: &Actor, now: DateTime<Utc>) -> Vec<Action> {
        let allowed = |action: &Action| {
            let rule = match action {
                Action::Confirm | Action::Decline | Action::CancelAsProvider => policy::MANAGE,
                Action::RecordDelivery => policy::DELIVER,
                Action::Cancel => return false,
            };
            rule.in_company(actor, self.company_id).is_ok_and(|who| match action {
                Action::Confirm => self.confirm(who, now).is_ok(),
                Action::RecordDelivery => self.recordable(who, now).is_ok(),
                Action::Decline => self.give_up(who, Event::Decline).is_ok(),
                Action::CancelAsProvider => self.give_up(who, Event::CancelByProvider).is_ok(),
                Action::Cancel => false,
            })
        };
        Action::iter().filter(allowed).collect()
    }
}

/// Six digits from random bytes, as residents read them out.
pub fn code_from(random: [u8; 8]) -> String {
    format!("{:06}", u64::from_be_bytes(random) % 1_000_000)
}

#[cfg(test)]
mod tests;
