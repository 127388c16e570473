use kernel::{CompanyRole, TypedId};
use proptest::prelude::*;

use super::*;

fn booking(state: State, share: i64, late_fee_bp: i32) -> Model {
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
        unit: Unit::Visit,
        quantity: 2_000,
        vat_class: "GENERAL".into(),
        vat_bp: BasisPoints(2_550),
        starts_at: at(3_000),
        ends_at: at(4_000),
        free_cancellation_until: at(1_000),
        late_fee_bp: BasisPoints(late_fee_bp),
        no_show_bp: BasisPoints(0),
        own_share_due: false,
        record_before: None,
        budget_id: None,
        funding_id: None,
        code: "123456".into(),
        conditions: None,
        wrong_codes: 0,
        reason: None,
        created_at: at(0),
        changed_at: at(0),
        version: 1,
    }
}

fn worth(cents: i64, quantity: i64) -> Worth {
    Worth {
        cents: Cents(cents),
        quantity,
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
        released: worth(10_001, 2_000),
        kept: Worth::default(),
    };
    let late = Cancellation {
        state: State::CancelledLate,
        released: worth(5_000, 0),
        kept: worth(5_001, 2_000),
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
    assert_eq!(confirmed.cancel(at(2_999), false).unwrap().kept, Worth::default());
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
fn the_resident_may_cancel_until_the_visit() {
    let confirmed = booking(State::Confirmed, 100, 0);
    assert_eq!(confirmed.actions_of_resident(at(2_999)), [Action::Cancel]);
    assert_eq!(confirmed.actions_of_resident(at(3_000)), []);
}

#[test]
fn actions_follow_the_decisions() {
    let (asked, confirmed) = (booking(State::Requested, 100, 0), booking(State::Confirmed, 100, 0));
    let member = |role| Actor {
        companies: vec![(confirmed.company_id, role)],
        ..Actor::person(PersonId::from_uuid(Uuid::from_u128(8)), "r")
    };
    let (manager, recorder) = (member(CompanyRole::Manager), member(CompanyRole::Recorder));
    let long_after = at(4_001) + RECORDING;
    assert_eq!(
        asked.actions_of_provider(&manager, at(2_999)),
        [Action::Confirm, Action::Decline, Action::CancelAsProvider]
    );
    assert_eq!(
        asked.actions_of_provider(&manager, at(3_000)),
        [Action::Decline, Action::CancelAsProvider]
    );
    assert_eq!(asked.actions_of_provider(&recorder, at(2_999)), []);
    assert_eq!(
        confirmed.actions_of_provider(&manager, at(2_999)),
        [Action::CancelAsProvider]
    );
    assert_eq!(
        confirmed.actions_of_provider(&manager, at(3_000)),
        [Action::CancelAsProvider, Action::RecordDelivery]
    );
    assert_eq!(
        confirmed.actions_of_provider(&recorder, at(3_000)),
        [Action::RecordDelivery]
    );
    assert_eq!(confirmed.actions_of_provider(&recorder, long_after), []);
    assert_eq!(confirmed.actions_of_provider(&Actor::nobody("r"), at(3_000)), []);
    let own = Actor {
        companies: manager.companies.clone(),
        ..Actor::person(confirmed.resident_id, "r")
    };
    assert_eq!(confirmed.actions_of_provider(&own, at(3_000)), []);
    let locked = Model {
        wrong_codes: WRONG_CODES,
        ..confirmed
    };
    assert_eq!(locked.actions_of_provider(&recorder, at(3_000)), []);
    assert_eq!(
        booking(State::Delivered, 100, 0).actions_of_provider(&manager, at(3_000)),
        []
    );
}

#[test]
fn the_provider_forgets_the_client() {
    let delivered = booking(State::Delivered, 100, 0);
    assert!(delivered.shows_client(at(0) + Duration::days(30)));
    assert!(!delivered.shows_client(at(1) + Duration::days(30)));
}

#[test]
fn a_code_is_renewed_while_somebody_may_ask_for_it() {
    for state in [State::Requested, State::Confirmed] {
        assert_eq!(booking(state, 100, 0).renew_code(), Ok(()));
    }
    let delivered = State::Delivered;
    assert_eq!(booking(delivered, 100, 0).renew_code(), Err(delivered));
}

#[test]
fn a_visit_after_the_end_of_the_voucher_is_released_before_it_begins() {
    let open = booking(State::Confirmed, 100, 0);
    let (before, begin) = (open.starts_at - Duration::seconds(1), open.starts_at);
    assert_eq!(open.lose_entitlement(begin, before), Some(State::CancelledByClient));
    assert_eq!(open.lose_entitlement(begin + Duration::seconds(1), before), None);
    assert_eq!(open.lose_entitlement(begin, begin), None);
    let delivered = booking(State::Delivered, 100, 0);
    assert_eq!(delivered.lose_entitlement(begin, before), None);
}

#[test]
fn nothing_leaves_an_end_state() {
    for state in State::iter().filter(|state| !state.holds()) {
        assert!(Event::iter().all(|event| state.on(event).is_none()), "{state:?}");
    }
}

/// What a booking's events do to its money and units: what the voucher has, what is reserved, what is owed and used.
fn live(booking: &mut Model, held: &mut [Worth; 3], event: Event) {
    let (share, none) = (booking.worth(), Worth::default());
    let Some(state) = booking.state.on(event) else { return };
    let (released, owed) = match event {
        Event::Confirm => (none, none),
        Event::Deliver => (none, share),
        Event::Decline | Event::CancelByProvider | Event::Lapse | Event::LoseEntitlement => (share, none),
        Event::CancelInTime | Event::CancelLate => {
            let now = at(if event == Event::CancelInTime { 0 } else { 2_000 });
            let outcome = booking.cancel(now, true).expect("the table allows it");
            assert_eq!(outcome.state, state);
            (outcome.released, outcome.kept)
        }
    };
    booking.state = state;
    let [voucher, reserved, used] = *held;
    *held = [voucher + released, reserved - released - owed, used + owed];
}

#[test]
fn every_short_life_keeps_money_and_units_whole() {
    let events: Vec<_> = Event::iter().collect();
    let lives = events.len().pow(6);
    for life in 0..lives {
        let mut booking = booking(State::Requested, 10_001, 5_000);
        let mut held = [Worth::default(), booking.worth(), Worth::default()];
        for step in 0..6 {
            live(
                &mut booking,
                &mut held,
                events[life / events.len().pow(step) % events.len()],
            );
            let [voucher, reserved, used] = held;
            assert_eq!(voucher + reserved + used, worth(10_001, 2_000));
            assert!(held.iter().all(|part| part.cents >= Cents::ZERO && part.quantity >= 0));
            // An open booking holds all of both; a closed one none.
            let holds = booking.state.holds();
            assert_eq!(
                (reserved.cents.is_positive(), reserved.quantity),
                (holds, if holds { 2_000 } else { 0 })
            );
            assert_eq!(
                used.cents.is_positive(),
                used.quantity > 0,
                "units are used where money is owed"
            );
        }
    }
}

proptest! {
    #[test]
    fn a_cancellation_loses_no_cent(share in 0i64..10_000_000, fee in 0i32..=10_000, now in 0i64..2_000) {
        let booking = booking(State::Confirmed, share, fee);
        let outcome = booking.cancel(at(now), true).unwrap();
        let (released, kept) = (outcome.released, outcome.kept);
        prop_assert_eq!(released + kept, worth(share, 2_000));
        prop_assert!(released.cents >= Cents::ZERO && kept.cents >= Cents::ZERO);
        prop_assert_eq!(kept.quantity, if kept.cents.is_positive() { 2_000 } else { 0 });
    }
}
