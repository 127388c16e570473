//! Decisions on incomes from a day that has passed correct what was delivered (V7, C5): proposed, confirmed, withdrawn; run twice,
//! at once, after each other.

use kernel::StaffRole;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, key_of};
use support::{Actor, Answer, Person, TestApp, both};

use crate::income_review::{at, open, reviews, run, share};
use crate::parameters::occurrences;

pub(crate) fn proposal(voucher: &str, from: &str, income: i64) -> Value {
    json!({
        "voucherId": voucher, "from": from, "grounds": "Tulot olivat muut.", "assessment": { "monthlyIncome": income },
    })
}

/// A correction of every delivery there is, by the first review.
pub(crate) async fn crowd(app: &TestApp) {
    let sql = "INSERT INTO share_correction (id, city_id, voucher_id, delivery_id, review_id, old_cents, new_cents, \
               difference_cents, reason, created_at) \
               SELECT d.id, d.city_id, b.voucher_id, d.id, (SELECT id FROM income_review LIMIT 1), d.voucher_share_cents, \
               d.voucher_share_cents + 1, 1, 'Tulot', d.recorded_at FROM delivery d JOIN booking b ON b.id = d.booking_id";
    let write = app.db().write(async |tx: &db::Tx| {
        let statement = Statement::from_string(tx.conn().get_database_backend(), sql);
        tx.conn().execute_raw(statement).await?;
        Ok::<_, db::Error>(())
    });
    write.await.unwrap();
}

async fn propose(officer: &Actor<'_>, voucher: &str, from: &str, income: i64) -> Answer {
    run(
        officer,
        "officer/proposeRetroactiveIncome",
        proposal(voucher, from, income),
    )
    .await
}

async fn confirm(officer: &Actor<'_>, review: &str, key: &str) -> Answer {
    let input = json!({ "reviewId": review, "expectedVersion": 1, "idempotencyKey": key_of(key) });
    run(officer, "officer/confirmRetroactiveIncome", input).await
}

/// The differences of a resident's voucher with what they lead to.
async fn corrections(resident: &Person<'_>) -> Vec<[i64; 3]> {
    let seen = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
    let rows = seen.data("/myVouchers/nodes/0/corrections").as_array().unwrap().clone();
    let cents = |row: &Value, name: &str| row[name]["cents"].as_i64().unwrap();
    rows.iter()
        .map(|row| ["oldShare", "newShare", "difference"].map(|name| cents(row, name)))
        .collect()
}

/// Books a place of an occurrence and has it confirmed; answers the booking and its code.
async fn confirmed(market: &Market<'_>, resident: &Person<'_>, occurrence: &str, voucher: &str) -> (String, String) {
    let booked = market
        .book_at(resident, occurrence, voucher, &occurrence[30..])
        .await
        .ok();
    let id = booked.text("/bookOffer/booking/id");
    let input = json!({ "input": { "bookingId": id } });
    market.provider.run("provider/confirmBooking", input).await.ok();
    (id, booked.text("/bookOffer/booking/code"))
}

/// A voucher by income with three deliveries, two of them in February, one open booking and one time that is free, in the
/// middle of February; answers the voucher and the free time.
async fn delivered(app: &TestApp) -> (Market<'_>, Person<'_>, [String; 2]) {
    let (market, resident, voucher) = open(app).await;
    let starts = [
        "2027-01-28T10:00:00Z",
        "2027-02-02T10:00:00Z",
        "2027-02-15T10:00:00Z",
        "2027-03-10T10:00:00Z",
        "2027-03-11T10:00:00Z",
    ];
    let mut times = occurrences(&market, &starts).await;
    let free = times.pop().unwrap();
    let mut booked = Vec::new();
    for time in &times {
        booked.push(confirmed(&market, &resident, time, &voucher).await);
    }
    let (market, resident) = at(app, market, &resident, "2027-02-16T12:00:00Z").await;
    for (number, (booking, code)) in booked[..3].iter().enumerate() {
        market.deliver(booking, code, &format!("deliver-{number}")).await.ok();
    }
    (market, resident, [voucher, free])
}

#[tokio::test]
async fn what_was_delivered_is_corrected_once_and_what_is_open_stays() {
    both(async |app| {
        let (market, resident, [voucher, free]) = delivered(app).await;
        let deputy = app.sign_in("deputy@example.org").await;
        for (from, code) in [
            ("2027-01-15", "INVALID_FORMAT"),
            ("2027-03-01", "OUT_OF_RANGE"),
            ("2026-12-01", "OUT_OF_RANGE"),
        ] {
            let refused = propose(&market.officer, &voucher, from, 50_000).await;
            assert_eq!(refused.user_errors(), [code], "{from}");
        }
        let proposed = propose(&market.officer, &voucher, "2027-02-01", 50_000).await.ok();
        let review = proposed.text("/proposeRetroactiveIncome/review/id");
        let twice = propose(&deputy, &voucher, "2027-02-01", 50_000).await;
        assert_eq!(twice.user_errors(), ["ALREADY_EXISTS"]);
        let states = |rows: &[Value]| rows.iter().map(|row| row["state"].clone()).collect::<Vec<_>>();
        assert_eq!(
            states(&reviews(&resident).await),
            ["ASKED"],
            "a proposal is the officers' own"
        );
        assert_eq!(
            confirm(&market.officer, &review, "own").await.user_errors(),
            ["FOUR_EYES"]
        );
        let confirmed = confirm(&deputy, &review, "confirm").await.ok();
        let again = confirm(&deputy, &review, "confirm").await.ok();
        assert_eq!(confirmed.body, again.body, "the same key answers the same");
        assert_eq!(
            confirm(&deputy, &review, "late").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );

        let revalued = vouchers::VoucherRevalued {
            review: review.parse().unwrap(),
        };
        let bookings = &app.contexts.bookings;
        let (one, two) = tokio::join!(bookings.correct_after(revalued), bookings.correct_after(revalued));
        one.and(two).unwrap();
        app.run_jobs().await;
        assert_eq!(corrections(&resident).await, [[2_212, 2_700, 488]; 2]);
        assert_eq!(share(&resident, &free, &voucher).await, 2_700);
        let seen = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
        let shares = seen.data("/myBookings/nodes").as_array().unwrap().clone();
        assert!(
            shares.iter().all(|row| row["voucherShare"]["cents"] == 2_212),
            "nothing is priced anew"
        );

        // Another decision goes on from there; what it takes back is below zero.
        let proposed = propose(&deputy, &voucher, "2027-02-01", 1_000_000).await.ok();
        let second = proposed.text("/proposeRetroactiveIncome/review/id");
        confirm(&market.officer, &second, "second").await.ok();
        app.run_jobs().await;
        let all = corrections(&resident).await;
        assert_eq!(all[2..], [[2_700, 700, -2_000]; 2]);
        assert_eq!(all.iter().map(|row| row[2]).sum::<i64>(), 2 * (700 - 2_212));
        // The clerk sees them, and nobody else in the market.
        let clerk = app.staff(&market.city, StaffRole::SettlementClerk, "clerk").await;
        let page = json!({ "cityId": market.city.id, "first": 10 });
        let seen = clerk.run("clerk/shareCorrections", page.clone()).await.ok();
        assert_eq!(seen.data("/shareCorrections/totalCount"), 4);
        let refused = market.provider.run("clerk/shareCorrections", page).await;
        assert_eq!(refused.error_code(), Some("FORBIDDEN"));
    })
    .await;
}

#[tokio::test]
async fn a_proposal_is_confirmed_or_taken_back() {
    both(async |app| {
        let (market, resident, voucher) = open(app).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let proposed = propose(&market.officer, &voucher, "2027-01-01", 50_000).await.ok();
        let review = proposed.text("/proposeRetroactiveIncome/review/id");
        let back = json!({ "reviewId": review, "expectedVersion": 1 });
        let answers = tokio::join!(
            confirm(&deputy, &review, "confirm"),
            run(&market.officer, "officer/withdrawRetroactiveIncome", back.clone()),
        );
        let won = [&answers.0, &answers.1].map(|answer| answer.user_errors().is_empty());
        assert_ne!(won[0], won[1], "{answers:?}");
        app.run_jobs().await;
        let value = if won[0] { 2_700 } else { 2_212 };
        assert_eq!(share(&resident, &market.occurrence, &voucher).await, value);
        let late = run(&market.officer, "officer/withdrawRetroactiveIncome", back).await;
        assert_eq!(late.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        // Whoever has no rights in the city sees nothing of it.
        let stranger = app.person("stranger").await;
        assert_eq!(
            confirm(&stranger, &review, "foreign").await.user_errors(),
            ["NOT_FOUND"]
        );
        propose(&deputy, &voucher, "2027-01-01", 60_000).await.ok();
        assert!(corrections(&resident).await.is_empty(), "nothing was delivered");
    })
    .await;
}
