//! Visits under races, and a storm of everything that happens to a booking of them.

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use support::market::{Market, key_of};
use support::{Person, both};

use crate::parameters::occurrences;
use crate::recurring::at;
use crate::units::{grant, units, visits};

#[tokio::test]
async fn of_rivals_for_the_last_visits_as_many_win_as_there_are() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let starts: Vec<_> = (1..13).map(|day| format!("2027-02-{day:02}T10:00:00Z")).collect();
        let starts: Vec<_> = starts.iter().map(String::as_str).collect();
        let times = occurrences(&market, &starts).await;
        let tries = times.iter().enumerate().map(async |(number, time)| {
            let key = format!("try-{number}");
            market.book_at(&resident, time, &voucher, &key).await
        });
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
        let lost = answers
            .iter()
            .filter(|answer| answer.user_errors() == ["TOO_FEW_VISITS"]);
        assert_eq!((won, lost.count()), (2, 10));
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([0, 2_000, 0], (0, 6_000))
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn cancelling_and_delivering_at_once_end_in_one_of_both() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let time = occurrences(&market, &["2027-02-01T10:00:00Z"]).await.remove(0);
        let booked = market.book_at(&resident, &time, &voucher, "book").await.ok();
        let (id, code) = (
            booked.text("/bookOffer/booking/id"),
            booked.text("/bookOffer/booking/code"),
        );
        let input = json!({ "input": { "bookingId": id } });
        market.provider.run("provider/confirmBooking", input).await.ok();
        let (market, resident) = at(app, market, &resident, "2027-02-01T10:30:00Z").await;
        let gave_up = json!({ "input": { "bookingId": id, "reason": "Este.", "idempotencyKey": key_of("gave-up") } });
        let (delivered, cancelled) = tokio::join!(
            market.deliver(&id, &code, "deliver"),
            market.provider.run("provider/cancelBookingAsProvider", gave_up),
        );
        let (delivered, cancelled) = (delivered.user_errors(), cancelled.user_errors());
        let seen = (units(&resident).await, market.balance(&resident).await);
        if delivered.is_empty() {
            assert_eq!(cancelled, ["NOT_ALLOWED_IN_STATE"]);
            assert_eq!(seen, ([1_000, 0, 1_000], (3_000, 0)));
        } else {
            assert_eq!((delivered, cancelled), (vec!["NOT_ALLOWED_IN_STATE"], vec![]));
            assert_eq!(seen, ([2_000, 0, 0], (6_000, 0)));
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn revoking_and_booking_at_once_leave_nothing_behind() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let time = occurrences(&market, &["2027-02-01T10:00:00Z"]).await.remove(0);
        let input = json!({ "input": {
            "voucherId": voucher, "expectedVersion": 1, "reason": "Peruste on poistunut.", "idempotencyKey": key_of("revoke"),
        }});
        let (booked, revoked) = tokio::join!(
            market.book_at(&resident, &time, &voucher, "book"),
            market.officer.run("officer/revokeVoucher", input),
        );
        revoked.ok();
        let reserved = if booked.user_errors().is_empty() { 1_000 } else { 0 };
        assert_eq!(units(&resident).await, [0, reserved, 0]);
        if reserved > 0 {
            market.cancel(&resident, &booked.text("/bookOffer/booking/id"), "cancel").await.ok();
        } else {
            assert_eq!(booked.user_errors(), ["NOT_ELIGIBLE"]);
        }
        assert_eq!(units(&resident).await, [0, 0, 0]);
        assert_eq!(crate::overcommit::years(&market).await, [100_000]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn expiring_cancelling_and_booking_at_once_leave_nothing_behind() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let starts = ["2027-06-30T20:59:30Z", "2027-06-30T20:59:40Z"];
        let times = occurrences(&market, &starts).await;
        let (market, resident) = at(app, market, &resident, "2027-06-30T20:59:00Z").await;
        let booked = market.book_at(&resident, &times[0], &voucher, "book").await.ok();
        let booking = booked.text("/bookOffer/booking/id");
        // Midnight passes in Helsinki; nobody has answered the booking.
        app.clock.set("2027-06-30T21:00:00Z".parse().unwrap());
        let (late, cancelled, expired) = tokio::join!(
            market.book_at(&resident, &times[1], &voucher, "late"),
            market.cancel(&resident, &booking, "cancel"),
            app.contexts.vouchers.run_expire(),
        );
        expired.unwrap();
        cancelled.ok();
        assert_eq!(late.user_errors(), ["TOO_LATE"]);
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([0, 0, 0], (0, 0))
        );
        assert_eq!(crate::overcommit::years(&market).await, [100_000]);
        app.run_jobs().await;
    })
    .await;
}

/// What somebody may try; the number picks a time or a booking.
#[derive(Clone, Copy, Debug)]
enum Step {
    Book(usize),
    Confirm(usize),
    Cancel(usize),
    GiveUp(usize),
    Deliver(usize),
    NextDay,
}

fn step() -> impl Strategy<Value = Step> {
    (0usize..8, 0usize..8).prop_map(|(what, which)| match what {
        0 | 1 => Step::Book(which),
        2 | 3 => Step::Confirm(which),
        4 => Step::Cancel(which),
        5 => Step::GiveUp(which),
        6 => Step::Deliver(which),
        _ => Step::NextDay,
    })
}

/// Tries one booking, or for what is rarely possible one after the other until it is done.
async fn take(market: &Market<'_>, resident: &Person<'_>, step: Step, bookings: &[(String, String)], key: &str) {
    let (Step::Confirm(which) | Step::Cancel(which) | Step::GiveUp(which) | Step::Deliver(which)) = step else {
        return;
    };
    let tries = match step {
        Step::Confirm(_) | Step::Deliver(_) => bookings.len(),
        _ => 1,
    };
    for (number, (id, code)) in bookings.iter().cycle().skip(which).take(tries).enumerate() {
        let key = format!("{key}-{number}");
        let answer = match step {
            Step::Cancel(_) => market.cancel(resident, id, &key).await,
            Step::Deliver(_) => market.deliver(id, code, &key).await,
            Step::GiveUp(_) => {
                let input = json!({ "bookingId": id, "reason": "Este.", "idempotencyKey": key_of(&key) });
                let input = json!({ "input": input });
                market.provider.run("provider/cancelBookingAsProvider", input).await
            }
            _ => {
                let input = json!({ "input": { "bookingId": id } });
                market.provider.run("provider/confirmBooking", input).await
            }
        };
        let codes = answer.user_errors();
        let allowed = [[].as_slice(), &["NOT_ALLOWED_IN_STATE"], &["TOO_EARLY"], &["TOO_LATE"]];
        assert!(allowed.contains(&codes.as_slice()), "{step:?}: {:#}", answer.body);
        if codes.is_empty() {
            return;
        }
    }
}

#[tokio::test]
async fn whatever_is_done_every_visit_is_left_reserved_or_used() {
    let steps = prop::collection::vec(step(), 60);
    let steps = steps.new_tree(&mut TestRunner::deterministic()).unwrap().current();
    both(async |app| {
        let mut market = visits(app).await;
        let mut resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 6_000).await;
        let starts: Vec<_> = (1..9).map(|day| format!("2027-02-{day:02}T12:00:00Z")).collect();
        let starts: Vec<_> = starts.iter().map(String::as_str).collect();
        let times = occurrences(&market, &starts).await;
        let (mut bookings, mut day) = (Vec::new(), 0);
        for (number, step) in steps.iter().enumerate() {
            let key = format!("storm-{number}");
            match step {
                Step::Book(which) => {
                    let booked = market.book_at(&resident, &times[*which], &voucher, &key).await;
                    if booked.user_errors().is_empty() {
                        bookings.push((
                            booked.text("/bookOffer/booking/id"),
                            booked.text("/bookOffer/booking/code"),
                        ));
                    }
                }
                Step::NextDay => {
                    day += 1;
                    let now = format!("2027-02-{day:02}T12:30:00Z");
                    (market, resident) = at(app, market, &resident, &now).await;
                }
                _ => take(&market, &resident, *step, &bookings, &key).await,
            }
            let [left, reserved, used] = units(&resident).await;
            assert_eq!(left + reserved + used, 6_000, "{step:?}");
            let (available, held) = market.balance(&resident).await;
            assert_eq!(held, reserved * 3, "thirty euros a visit");
            assert!(available >= left * 3, "what is left can be paid");
            app.check().await;
        }
        assert!(bookings.len() > 4 && units(&resident).await[2] > 0, "{steps:?}");
        app.run_jobs().await;
    })
    .await;
}
