//! Bookings: places and money under races, retries, deadlines and wrong hands.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use support::market::{Market, Terms, VISIT, key_of};
use support::{Kind, TestApp, both};

fn at_visit(app: &TestApp, hours: i64) {
    let visit: chrono::DateTime<chrono::Utc> = VISIT.parse().expect("an instant");
    app.clock.set(visit + chrono::Duration::hours(hours));
}

#[tokio::test]
async fn a_booking_takes_at_most_ten_statements() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let before = app.statements();
        market.book(&resident, &voucher, "first").await.ok();
        let sent = app.statements() - before;
        assert!(sent <= 10, "{sent} statements");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_listing_with_own_shares_takes_at_most_five_statements() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        for number in 0..20 {
            market.another_offer(&format!("Kurssi {number}")).await;
        }
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let variables = json!({ "filter": { "cityId": market.city.id }, "voucherId": voucher, "first": 20 });
        let before = app.statements();
        let answer = resident.run("resident/offersWithMyVoucher", variables).await.ok();
        let sent = app.statements() - before;
        assert!(sent <= 5, "{sent} statements");
        let first = answer.data("/offers/nodes/0");
        assert_eq!(first["quote"]["voucherShare"]["cents"], 10_000);
        assert_eq!(first["quote"]["ownShare"]["cents"], 3_000);
        assert_eq!(answer.data("/offers/nodes").as_array().map(Vec::len), Some(20));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_places_go_to_as_many_buyers_as_there_are_places() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                capacity: 50,
                ..Terms::default()
            },
        )
        .await;
        let mut buyers = Vec::new();
        for number in 0..200 {
            let resident = app.person(&format!("buyer{number}")).await;
            let voucher = market.voucher(&resident).await;
            buyers.push((resident, voucher, format!("buyer-{number}")));
        }
        let tries = buyers
            .iter()
            .map(|(resident, voucher, key)| market.book(resident, voucher, key));
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
        let sold_out = answers
            .iter()
            .filter(|answer| answer.user_errors() == ["SOLD_OUT"])
            .count();
        assert_eq!((won, sold_out), (50, 150));
        assert_eq!(market.places_left().await, 0);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn one_voucher_is_spent_once_however_many_try() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_000,
                capacity: 100,
                ..Terms::default()
            },
        )
        .await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let keys: Vec<_> = (0..50).map(|number| format!("try-{number}")).collect();
        let answers = join_all(keys.iter().map(|key| market.book(&resident, &voucher, key))).await;
        let won: Vec<_> = answers
            .iter()
            .filter(|answer| answer.user_errors().is_empty())
            .collect();
        let shares: i64 = won
            .iter()
            .filter_map(|answer| answer.data("/bookOffer/booking/voucherShare/cents").as_i64())
            .sum();
        // Three at 30 euros and one with the last 10 euros of the voucher.
        assert_eq!((won.len(), shares), (4, 10_000));
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer.user_errors().as_slice(), [] | ["INSUFFICIENT_BALANCE"]))
        );
        assert_eq!(market.balance(&resident).await, (0, 10_000));
        assert_eq!(market.places_left().await, 96);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn one_key_books_once_and_always_answers_the_same() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_000,
                ..Terms::default()
            },
        )
        .await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let answers = join_all((0..20).map(|_| market.book(&resident, &voucher, "same"))).await;
        let first = answers[0].clone().ok();
        assert!(answers.iter().all(|answer| answer.body == first.body), "{answers:#?}");
        assert_eq!(market.balance(&resident).await, (7_000, 3_000));

        let stranger = app.person("stranger").await;
        let other = market.voucher(&stranger).await;
        assert_eq!(
            market.book(&stranger, &other, "same").await.user_errors(),
            ["KEY_REUSED"]
        );
        let input = json!({ "occurrenceId": market.occurrence, "voucherId": voucher, "units": 2,
            "idempotencyKey": key_of("same") });
        let changed = resident.run("resident/bookOffer", json!({ "input": input })).await;
        assert_eq!(changed.user_errors(), ["KEY_REUSED"]);
        assert_eq!(market.balance(&stranger).await, (10_000, 0));
        assert_eq!(market.places_left().await, 9);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_leaves_the_key_free() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                capacity: 1,
                ..Terms::default()
            },
        )
        .await;
        let (first, second) = (app.person("first").await, app.person("second").await);
        let (one, two) = (market.voucher(&first).await, market.voucher(&second).await);
        let taken = market
            .book(&first, &one, "first")
            .await
            .ok()
            .text("/bookOffer/booking/id");
        assert_eq!(market.book(&second, &two, "second").await.user_errors(), ["SOLD_OUT"]);
        market.cancel(&first, &taken, "cancel").await.ok();
        market.book(&second, &two, "second").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn cancelling_is_free_in_time_and_costs_the_late_fee_after() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (early, _) = market.confirmed(&resident, &voucher, "early").await;
        assert_eq!(market.balance(&resident).await, (0, 10_000));
        let cancelled = market.cancel(&resident, &early, "cancel-early").await.ok();
        assert_eq!(cancelled.text("/cancelBooking/booking/state"), "CANCELLED_BY_CLIENT");
        assert_eq!(market.balance(&resident).await, (10_000, 0));
        assert_eq!(
            market.cancel(&resident, &early, "again").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );

        let (late, _) = market.confirmed(&resident, &voucher, "late").await;
        at_visit(app, -23);
        let resident = app.sign_in(&resident.email).await;
        let cancelled = market.cancel(&resident, &late, "cancel-late").await.ok();
        assert_eq!(cancelled.text("/cancelBooking/booking/state"), "CANCELLED_LATE");
        assert_eq!(market.balance(&resident).await, (5_000, 0));
        let bookings = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
        assert_eq!(
            bookings.data("/myBookings/nodes/1/deliveries/0/voucherShare/cents"),
            5_000
        );
        assert_eq!(bookings.data("/myBookings/nodes/0/deliveries"), &json!([]));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_delivery_needs_its_time_its_code_and_its_company() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        assert_eq!(
            market.deliver(&booking, &code, "too-early").await.user_errors(),
            ["TOO_EARLY"]
        );
        let (_, other) = app.company(&market.city, 200).await;
        at_visit(app, 1);
        let (resident, other) = (app.sign_in(&resident.email).await, app.sign_in(&other.email).await);
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..market
        };
        let input = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("foreign") });
        let foreign = other.run("provider/recordDelivery", json!({ "input": input })).await;
        assert_eq!(foreign.user_errors(), ["NOT_FOUND"]);
        let wrong = if code == "000000" { "111111" } else { "000000" };
        for number in 0..5 {
            let answer = market.deliver(&booking, wrong, &format!("wrong-{number}")).await;
            assert_eq!(answer.user_errors(), ["WRONG_CODE"]);
        }
        assert_eq!(
            market.deliver(&booking, &code, "locked").await.user_errors(),
            ["CODE_LOCKED"]
        );
        let renewed = resident
            .run(
                "resident/renewDeliveryCode",
                json!({ "input": { "bookingId": booking } }),
            )
            .await
            .ok();
        let code = renewed.text("/renewDeliveryCode/booking/code");
        let delivered = market.deliver(&booking, &code, "right").await.ok();
        assert_eq!(delivered.text("/recordDelivery/booking/state"), "DELIVERED");
        assert_eq!(market.deliver(&booking, &code, "right").await.ok().body, delivered.body);
        assert_eq!(
            market.deliver(&booking, &code, "twice").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(market.balance(&resident).await, (0, 0));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn deliver_and_cancel_at_once_end_as_one_of_them() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        at_visit(app, 0);
        let resident = app.sign_in(&resident.email).await;
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..market
        };
        let late = market.cancel(&resident, &booking, "too-late").await;
        assert_eq!(late.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        let input = json!({ "bookingId": booking, "reason": "Este.", "idempotencyKey": key_of("cancel") });
        let (delivered, cancelled) = tokio::join!(
            market.deliver(&booking, &code, "deliver"),
            market
                .provider
                .run("provider/cancelBookingAsProvider", json!({ "input": input })),
        );
        let refused = [delivered.user_errors(), cancelled.user_errors()];
        assert_eq!(
            refused.iter().filter(|errors| errors.is_empty()).count(),
            1,
            "{refused:?}"
        );
        let expected = if refused[0].is_empty() { (0, 0) } else { (10_000, 0) };
        assert_eq!(market.balance(&resident).await, expected);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_acts_on_lapses() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_000,
                ..Terms::default()
            },
        )
        .await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        market.book(&resident, &voucher, "unanswered").await.ok();
        market.confirmed(&resident, &voucher, "unrecorded").await;
        app.run_jobs().await;
        let state_of = async |number: usize| {
            let resident = app.sign_in(&resident.email).await;
            let list = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
            list.text(&format!("/myBookings/nodes/{number}/state"))
        };
        at_visit(app, 1);
        app.run_jobs().await;
        assert_eq!(
            (state_of(0).await.as_str(), state_of(1).await.as_str()),
            ("DECLINED", "CONFIRMED")
        );
        at_visit(app, 24 * 31 + 1);
        app.run_jobs().await;
        assert_eq!(state_of(1).await, "CANCELLED_BY_PROVIDER");
        let resident = app.sign_in(&resident.email).await;
        assert_eq!(market.balance(&resident).await, (10_000, 0));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn guesses_sent_at_once_meet_the_limit() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        at_visit(app, 1);
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..market
        };
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let keys: Vec<_> = (0..20).map(|number| format!("guess-{number}")).collect();
        let answers = join_all(keys.iter().map(|key| market.deliver(&booking, wrong, key))).await;
        let counted = |code: &str| answers.iter().filter(|answer| answer.user_errors() == [code]).count();
        assert_eq!((counted("WRONG_CODE"), counted("CODE_LOCKED")), (5, 15));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn confirming_late_costs_the_resident_nothing() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let booked = market.book(&resident, &voucher, "book").await.ok();
        at_visit(app, -2);
        let (resident, provider) = (
            app.sign_in(&resident.email).await,
            app.sign_in(&market.provider.email).await,
        );
        let booking = booked.text("/bookOffer/booking/id");
        provider
            .run("provider/confirmBooking", json!({ "input": { "bookingId": booking } }))
            .await
            .ok();
        let cancelled = market.cancel(&resident, &booking, "cancel").await.ok();
        assert_eq!(cancelled.text("/cancelBooking/booking/state"), "CANCELLED_BY_CLIENT");
        assert_eq!(market.balance(&resident).await, (10_000, 0));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_provider_gives_everything_back() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        for (number, document) in ["declineBooking", "cancelBookingAsProvider"].into_iter().enumerate() {
            let booked = market.book(&resident, &voucher, &format!("book-{number}")).await.ok();
            let id = booked.text("/bookOffer/booking/id");
            let input = json!({ "bookingId": id, "reason": "Ohjaaja sairastui.",
                "idempotencyKey": key_of(&format!("give-up-{number}")) });
            market
                .provider
                .run(&format!("provider/{document}"), json!({ "input": input }))
                .await
                .ok();
            assert_eq!(market.balance(&resident).await, (10_000, 0));
            assert_eq!(market.places_left().await, 10);
        }
        app.run_jobs().await;
        let subjects: Vec<_> = app.mails().iter().map(|mail| mail.subject.clone()).collect();
        assert!(
            subjects
                .iter()
                .any(|subject| subject == "Palveluntuottaja perui varauksesi"),
            "{subjects:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn nobody_else_sees_a_booking() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, _) = market.confirmed(&resident, &voucher, "book").await;
        let stranger = app.person("stranger").await;
        for id in [&booking, &voucher] {
            let node = stranger.run("anyone/node", json!({ "id": id })).await.ok();
            assert_eq!(node.data("/node"), &json!(null));
        }
        assert_eq!(
            market.cancel(&stranger, &booking, "steal").await.user_errors(),
            ["NOT_FOUND"]
        );
        assert_eq!(
            market.book(&stranger, &voucher, "steal-voucher").await.user_errors(),
            ["NOT_FOUND"]
        );
        let list = json!({ "companyId": market.company, "first": 10 });
        let foreign = stranger.run("provider/companyBookings", list.clone()).await;
        assert_eq!(foreign.error_code(), Some("FORBIDDEN"));

        let own = market.provider.run("provider/companyBookings", list).await.ok();
        assert_eq!(own.data("/companyBookings/nodes/0/resident/givenName"), "resident");
        let code = market
            .provider
            .query(
                "query($id: ID!) { node(id: $id) { ... on Booking { code } } }",
                json!({ "id": booking }),
            )
            .await
            .ok();
        assert_eq!(code.data("/node/code"), &json!(null));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_ended_voucher_gives_its_rest_back_to_the_programme() {
    both(async |app| {
        let market = Market::open(
            app,
            Terms {
                price: 3_000,
                budget: 20_000,
                ..Terms::default()
            },
        )
        .await;
        let (first, second) = (app.person("first").await, app.person("second").await);
        let voucher = market.voucher(&first).await;
        market.voucher(&second).await;
        let third = app.person("third").await;
        assert_eq!(market.grant(&third, "third").await.user_errors(), ["BUDGET_EXCEEDED"]);
        market.confirmed(&first, &voucher, "book").await;
        app.run_jobs().await;

        app.clock.set("2027-07-01T21:30:00Z".parse().expect("an instant"));
        app.run_jobs().await;
        app.run_jobs().await;
        let first = app.sign_in(&first.email).await;
        assert_eq!(market.balance(&first).await, (0, 0));
        let officer = app.sign_in(&market.officer.email).await;
        let budgets = officer
            .run("officer/programmeBudgets", json!({ "programmeId": market.programme }))
            .await
            .ok();
        assert_eq!(budgets.data("/node/budgets/0/available/cents"), 20_000);
    })
    .await;
}

/// Whether a statement on the PostgreSQL database of the test waits for a lock.
async fn somebody_waits(app: &TestApp) -> bool {
    let sql = "SELECT count(*) > 0 AS waits FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let statement = Statement::from_string(app.db().read().get_database_backend(), sql);
    let row = app.db().read().query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "waits").unwrap()
}

#[tokio::test]
async fn a_booking_that_waits_for_its_place_until_the_visit_is_too_late() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let visit: chrono::DateTime<chrono::Utc> = VISIT.parse().expect("an instant");
        app.clock.set(visit - chrono::Duration::minutes(1));
        let resident = app.sign_in(&resident.email).await;
        let occurrence: kernel::OccurrenceId = market.occurrence.parse().expect("an id");
        let held = tokio::sync::Notify::new();
        let rival = app.db().write(async |tx: &db::Tx| {
            offers::places::take(tx, occurrence, 1).await?;
            offers::places::give_back(tx, occurrence, 1).await?;
            held.notify_one();
            // On SQLite it waits before it reads anything, which cannot be seen and needs no turn.
            while app.kind() == Kind::Postgres && !somebody_waits(app).await {}
            app.clock.set(visit);
            Ok::<_, db::Error>(())
        });
        let booking = async {
            held.notified().await;
            market.book(&resident, &voucher, "book").await
        };
        let (rival, booked) = tokio::join!(rival, booking);
        rival.expect("a rival that gives back what it took");
        assert_eq!(booked.user_errors(), ["TOO_LATE"]);
        assert_eq!(market.balance(&resident).await, (10_000, 0));
        app.run_jobs().await;
    })
    .await;
}
