//! A booking.

use chrono::{DateTime, Duration, Utc};
use kernel::{
    Actor, BasisPoints, BookingId, Cents, CityId, CompanyId, OfferId, PersonId, ProgrammeId, Requires, VoucherId,
};
use sea_orm::Iterable;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::policy;

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
    /// The resident cancelled before the deadline; everything went back.
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
}

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
            (S::Confirmed, E::Deliver) => Some(S::Delivered),
            _ => None,
        }
    }

    /// True while places and money are held for it.
    pub fn holds(self) -> bool {
        matches!(self, Self::Requested | Self::Confirmed)
    }
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
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
    pub released: Cents,
    /// Is owed to the company.
    pub kept: Cents,
}

/// Why a provider can neither confirm nor record a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The state does not allow it.
    State(State),
    /// Nobody answers or records her own booking.
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
        let kept = match state {
            State::CancelledLate => self.voucher_share_cents.share(self.late_fee_bp),
            _ => Cents::ZERO,
        };
        let released = self.voucher_share_cents - kept;
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

    /// Decides whether `who` may record the delivery at `now` with `code`.
    pub fn deliver(&self, who: PersonId, code: &str, now: DateTime<Utc>) -> Result<State, NoAnswer> {
        let state = self.state.on(Event::Deliver).ok_or(NoAnswer::State(self.state))?;
        if who == self.resident_id {
            return Err(NoAnswer::FourEyes);
        }
        if now < self.starts_at {
            return Err(NoAnswer::TooEarly);
        }
        if now > self.ends_at + RECORDING {
            return Err(NoAnswer::TooLate);
        }
        if self.wrong_codes >= WRONG_CODES {
            return Err(NoAnswer::CodeLocked);
        }
        if self.code == code {
            Ok(state)
        } else {
            Err(NoAnswer::WrongCode)
        }
    }

    /// Decides whether it has lapsed at `now`: unanswered when the visit begins, or unrecorded long after it.
    pub fn lapse(&self, now: DateTime<Utc>) -> Option<State> {
        let over = match self.state {
            State::Requested => now >= self.starts_at,
            State::Confirmed => now > self.ends_at + RECORDING,
            _ => false,
        };
        over.then(|| self.state.on(Event::Lapse)).flatten()
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

    /// What `actor` may do now in the name of its provider, as far as her roles there go.
    pub fn actions_of_provider(&self, actor: &Actor) -> Vec<Action> {
        let possible = |action| match action {
            Action::Confirm => Some((Event::Confirm, policy::MANAGE)),
            Action::Decline => Some((Event::Decline, policy::MANAGE)),
            Action::CancelAsProvider => Some((Event::CancelByProvider, policy::MANAGE)),
            Action::RecordDelivery => Some((Event::Deliver, policy::DELIVER)),
            Action::Cancel => None,
        };
        let allowed = |(event, rule): (Event, Requires)| {
            self.state.on(event).is_some() && rule.in_company(actor, self.company_id).is_ok()
        };
        Action::iter()
            .filter(|action| possible(*action).is_some_and(allowed))
            .collect()
    }
}

/// Six digits from random bytes, as residents read them out.
pub fn code_from(random: [u8; 8]) -> String {
    format!("{:06}", u64::from_be_bytes(random) % 1_000_000)
}

#[cfg(test)]
pub(crate) mod tests {
    use kernel::{CompanyRole, TypedId};
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn booking(state: State, share: i64, late_fee_bp: i32) -> Model {
        let id = Uuid::from_u128;
        Model {
            id: BookingId::from_uuid(id(1)),
            city_id: CityId::from_uuid(id(2)),
            company_id: CompanyId::from_uuid(id(3)),
            programme_id: ProgrammeId::from_uuid(id(4)),
            offer_id: OfferId::from_uuid(id(5)),
            resident_id: PersonId::from_uuid(id(6)),
            voucher_id: VoucherId::from_uuid(id(7)),
            state,
            price_cents: Cents(share + 100),
            voucher_share_cents: Cents(share),
            own_share_cents: Cents(100),
            vat_class: "GENERAL".into(),
            vat_bp: BasisPoints(2_550),
            starts_at: at(3_000),
            ends_at: at(4_000),
            free_cancellation_until: at(1_000),
            late_fee_bp: BasisPoints(late_fee_bp),
            code: "123456".into(),
            wrong_codes: 0,
            reason: None,
            created_at: at(0),
            changed_at: at(0),
            version: 1,
        }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn cancelling_is_free_up_to_the_deadline() {
        let confirmed = booking(State::Confirmed, 10_001, 5_000);
        let free = Cancellation {
            state: State::CancelledByClient,
            released: Cents(10_001),
            kept: Cents::ZERO,
        };
        let late = Cancellation {
            state: State::CancelledLate,
            released: Cents(5_000),
            kept: Cents(5_001),
        };
        assert_eq!(confirmed.cancel(at(1_000), true), Some(free));
        assert_eq!(confirmed.cancel(at(1_001), true), Some(late));
        let unanswered = booking(State::Requested, 10_001, 5_000);
        assert_eq!(unanswered.cancel(at(1_001), true), Some(free));
        assert_eq!(booking(State::Delivered, 1, 0).cancel(at(0), true), None);
    }

    #[test]
    fn cancelling_ends_with_the_visit_and_costs_nothing_where_nobody_can_deliver() {
        let confirmed = booking(State::Confirmed, 10_001, 5_000);
        assert_eq!(confirmed.cancel(at(3_000), true), None);
        assert!(
            booking(State::Requested, 10_001, 5_000)
                .cancel(at(3_000), true)
                .is_some()
        );
        assert_eq!(confirmed.cancel(at(2_999), false).unwrap().kept, Cents::ZERO);
    }

    #[test]
    fn confirming_late_leaves_the_resident_free() {
        let asked = booking(State::Requested, 100, 5_000);
        let (provider, resident) = (PersonId::from_uuid(Uuid::from_u128(8)), asked.resident_id);
        assert_eq!(asked.confirm(provider, at(1_000)), Ok((State::Confirmed, at(1_000))));
        assert_eq!(asked.confirm(provider, at(1_001)), Ok((State::Confirmed, at(3_000))));
        assert_eq!(asked.confirm(provider, at(3_000)), Err(NoAnswer::TooLate));
        assert_eq!(asked.confirm(resident, at(0)), Err(NoAnswer::FourEyes));
    }

    #[test]
    fn a_delivery_needs_its_time_and_the_code() {
        let confirmed = booking(State::Confirmed, 100, 0);
        let provider = PersonId::from_uuid(Uuid::from_u128(8));
        let end = at(4_000) + RECORDING;
        assert_eq!(
            confirmed.deliver(provider, "123456", at(2_999)),
            Err(NoAnswer::TooEarly)
        );
        assert_eq!(
            confirmed.deliver(provider, "654321", at(3_000)),
            Err(NoAnswer::WrongCode)
        );
        assert_eq!(
            confirmed.deliver(confirmed.resident_id, "123456", at(3_000)),
            Err(NoAnswer::FourEyes)
        );
        assert_eq!(confirmed.deliver(provider, "123456", at(3_000)), Ok(State::Delivered));
        assert_eq!(confirmed.deliver(provider, "123456", end), Ok(State::Delivered));
        assert_eq!(
            confirmed.deliver(provider, "123456", end + Duration::seconds(1)),
            Err(NoAnswer::TooLate)
        );
        let locked = Model {
            wrong_codes: WRONG_CODES,
            ..confirmed
        };
        assert_eq!(locked.deliver(provider, "123456", at(3_000)), Err(NoAnswer::CodeLocked));
        let delivered = booking(State::Delivered, 100, 0);
        assert_eq!(
            delivered.deliver(provider, "123456", at(3_000)),
            Err(NoAnswer::State(State::Delivered))
        );
    }

    #[test]
    fn what_nobody_acts_on_lapses() {
        let (asked, confirmed) = (booking(State::Requested, 1, 0), booking(State::Confirmed, 1, 0));
        assert_eq!(
            (asked.lapse(at(2_999)), asked.lapse(at(3_000))),
            (None, Some(State::Declined))
        );
        let end = at(4_000) + RECORDING;
        assert_eq!(confirmed.lapse(end), None);
        assert_eq!(
            confirmed.lapse(end + Duration::seconds(1)),
            Some(State::CancelledByProvider)
        );
        assert_eq!(booking(State::Delivered, 1, 0).lapse(end + RECORDING), None);
    }

    #[test]
    fn actions_follow_the_table() {
        let confirmed = booking(State::Confirmed, 100, 0);
        assert_eq!(confirmed.actions_of_resident(at(0)), [Action::Cancel]);
        let member = |role| Actor {
            companies: vec![(confirmed.company_id, role)],
            ..Actor::person(PersonId::from_uuid(Uuid::from_u128(8)), "r")
        };
        let (manager, recorder) = (member(CompanyRole::Manager), member(CompanyRole::Recorder));
        assert_eq!(
            confirmed.actions_of_provider(&manager),
            [Action::CancelAsProvider, Action::RecordDelivery]
        );
        assert_eq!(confirmed.actions_of_provider(&recorder), [Action::RecordDelivery]);
        assert_eq!(confirmed.actions_of_provider(&Actor::nobody("r")), []);
        assert_eq!(booking(State::Delivered, 100, 0).actions_of_provider(&manager), []);
    }

    #[test]
    fn the_provider_forgets_the_client() {
        let delivered = booking(State::Delivered, 100, 0);
        assert!(delivered.shows_client(at(0) + Duration::days(30)));
        assert!(!delivered.shows_client(at(1) + Duration::days(30)));
    }

    #[test]
    fn nothing_leaves_an_end_state() {
        for state in State::iter().filter(|state| !state.holds()) {
            assert!(Event::iter().all(|event| state.on(event).is_none()), "{state:?}");
        }
    }

    /// What a booking's events do to its money: the voucher's balance, the reservation, what is owed.
    fn live(booking: &mut Model, money: &mut (Cents, Cents, Cents), event: Event) {
        let share = booking.voucher_share_cents;
        let Some(state) = booking.state.on(event) else { return };
        let (released, owed) = match event {
            Event::Confirm => (Cents::ZERO, Cents::ZERO),
            Event::Deliver => (Cents::ZERO, share),
            Event::Decline | Event::CancelByProvider | Event::Lapse => (share, Cents::ZERO),
            Event::CancelInTime | Event::CancelLate => {
                let now = at(if event == Event::CancelInTime { 0 } else { 2_000 });
                let outcome = booking.cancel(now, true).expect("the table allows it");
                assert_eq!(outcome.state, state);
                (outcome.released, outcome.kept)
            }
        };
        booking.state = state;
        *money = (money.0 + released, money.1 - released - owed, money.2 + owed);
    }

    #[test]
    fn every_short_life_keeps_the_money_whole() {
        let events: Vec<_> = Event::iter().collect();
        let lives = events.len().pow(6);
        for life in 0..lives {
            let mut booking = booking(State::Requested, 10_001, 5_000);
            let mut money = (Cents::ZERO, Cents(10_001), Cents::ZERO);
            for step in 0..6 {
                live(
                    &mut booking,
                    &mut money,
                    events[life / events.len().pow(step) % events.len()],
                );
                let (voucher, reserved, owed) = money;
                assert_eq!(voucher + reserved + owed, Cents(10_001));
                assert!(voucher >= Cents::ZERO && reserved >= Cents::ZERO && owed >= Cents::ZERO);
                assert_eq!(reserved.is_positive(), booking.state.holds());
            }
        }
    }

    proptest! {
        #[test]
        fn a_cancellation_loses_no_cent(share in 0i64..10_000_000, fee in 0i32..=10_000, now in 0i64..2_000) {
            let booking = booking(State::Confirmed, share, fee);
            let outcome = booking.cancel(at(now), true).unwrap();
            prop_assert_eq!(outcome.released + outcome.kept, Cents(share));
            prop_assert!(outcome.released >= Cents::ZERO && outcome.kept >= Cents::ZERO);
        }
    }
}
