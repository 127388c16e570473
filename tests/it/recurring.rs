//! Vouchers that are filled anew each month (V10).

use serde_json::{Value, json};
use support::market::{Market, Terms, programme_content, terms_content};
use support::{Person, TestApp, both};

use crate::overcommit::{change, years};
use crate::parameters::{beside, occurrences};

/// A market whose vouchers of 10 000 cents are filled anew by this rule until the middle of 2028.
pub(crate) async fn monthly<'a>(app: &'a TestApp, rule: &str, budget: i64) -> Market<'a> {
    let first = Market::open(app, Terms::default()).await;
    let mut content = programme_content(Terms {
        budget,
        ..Terms::default()
    });
    let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
    terms["parameters"] = json!({ "replenishment": rule });
    content["terms"] = terms;
    content["validUntil"] = json!("2028-06-30");
    beside(&first, app, &content, 4_000).await
}

/// Goes to an instant, lets the jobs run and signs the officer and the resident in anew.
pub(crate) async fn at<'a>(
    app: &'a TestApp,
    market: Market<'a>,
    resident: &Person<'_>,
    now: &str,
) -> (Market<'a>, Person<'a>) {
    app.clock.set(now.parse().unwrap());
    app.run_jobs().await;
    let officer = app.sign_in(&market.officer.email).await;
    let provider = app.sign_in(&market.provider.email).await;
    let market = Market {
        officer,
        provider,
        ..market
    };
    (market, app.sign_in(&resident.email).await)
}

pub(crate) async fn replenishments(resident: &Person<'_>) -> Vec<Value> {
    let seen = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
    let rows = seen.data("/myVouchers/nodes/0/replenishments");
    rows.as_array().expect("a list").clone()
}

pub(crate) async fn tasks(market: &Market<'_>) -> Vec<Value> {
    let variables = json!({ "cityId": market.city.id, "state": "OPEN", "first": 10 });
    let seen = market.officer.run("officer/officerTasks", variables).await.ok();
    let rows = seen.data("/officerTasks/nodes").as_array().expect("a list").clone();
    rows.iter().map(|task| task["kind"].clone()).collect()
}

#[tokio::test]
async fn what_is_left_of_a_month_returns_and_the_next_one_comes_once() {
    both(async |app| {
        let market = monthly(app, "MONTHLY", 25_000).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let times = occurrences(&market, &["2027-02-10T10:00:00Z"]).await;
        let booked = market.book_at(&resident, &times[0], &voucher, "january").await.ok();
        assert_eq!(market.balance(&resident).await, (6_000, 4_000));

        // The last minute of January in Helsinki, and the first of February.
        let (market, resident) = at(app, market, &resident, "2027-01-31T21:59:00Z").await;
        assert_eq!(market.balance(&resident).await, (6_000, 4_000));
        let (market, resident) = at(app, market, &resident, "2027-01-31T22:00:00Z").await;
        let vouchers = &app.contexts.vouchers;
        let (one, two) = tokio::join!(vouchers.run_replenish(), vouchers.run_replenish());
        one.and(two).unwrap();
        assert_eq!(market.balance(&resident).await, (10_000, 4_000));
        assert_eq!(years(&market).await, [11_000]);
        let february = json!({
            "startsOn": "2027-02-01", "endsOn": "2027-02-28", "due": { "cents": 10_000 }, "came": { "cents": 10_000 },
            "returned": { "cents": 6_000 }, "unitsDue": null, "unitsCame": null, "unitsReturned": null,
        });
        assert_eq!(replenishments(&resident).await, [february]);

        // A worker that slept makes up for no month.
        market
            .cancel(&resident, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        assert_eq!(market.balance(&resident).await, (14_000, 0));
        let (market, resident) = at(app, market, &resident, "2027-05-20T10:00:00Z").await;
        assert_eq!(market.balance(&resident).await, (10_000, 0));
        assert_eq!(replenishments(&resident).await.len(), 2);
        assert!(tasks(&market).await.is_empty());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_budget_does_not_cover_is_a_task_and_comes_after_a_raise() {
    both(async |app| {
        let market = monthly(app, "MONTHLY_CARRYING_OVER", 25_000).await;
        let resident = app.person("resident").await;
        market.voucher(&resident).await;
        let (market, resident) = at(app, market, &resident, "2027-02-01T10:00:00Z").await;
        assert_eq!(market.balance(&resident).await, (20_000, 0));
        let (market, resident) = at(app, market, &resident, "2027-03-01T10:00:00Z").await;
        assert_eq!(market.balance(&resident).await, (20_000, 0));
        assert_eq!(tasks(&market).await, ["REPLENISHMENT_REFUSED"]);
        let (market, resident) = at(app, market, &resident, "2027-04-01T10:00:00Z").await;
        assert_eq!(tasks(&market).await, ["REPLENISHMENT_REFUSED"], "one task is enough");
        change(&market, app, 2027, 60_000, 10_000).await.ok();
        let (market, resident) = at(app, market, &resident, "2027-05-01T10:00:00Z").await;
        assert_eq!(market.balance(&resident).await, (30_000, 0));
        let came: Vec<_> = replenishments(&resident)
            .await
            .iter()
            .map(|row| row["came"]["cents"].clone())
            .collect();
        assert_eq!(came, [10_000, 0, 0, 10_000]);
        assert_eq!(years(&market).await, [30_000]);
    })
    .await;
}

#[tokio::test]
async fn a_new_year_pays_for_all_that_a_voucher_takes_into_it() {
    both(async |app| {
        let market = monthly(app, "MONTHLY_CARRYING_OVER", 30_000).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        change(&market, app, 2028, 50_000, 10_000).await.ok();
        let times = occurrences(&market, &["2028-01-10T10:00:00Z"]).await;
        let booked = market.book_at(&resident, &times[0], &voucher, "next-year").await.ok();
        assert_eq!(years(&market).await, [20_000, 46_000]);
        let (market, resident) = at(app, market, &resident, "2027-12-31T22:00:00Z").await;
        // 6 000 are taken over and 10 000 are new; the 4 000 of the booking were of the new year already.
        assert_eq!(market.balance(&resident).await, (16_000, 4_000));
        assert_eq!(years(&market).await, [26_000, 30_000]);
        let booking = booked.text("/bookOffer/booking/id");
        market.cancel(&resident, &booking, "cancel").await.ok();
        assert_eq!(market.balance(&resident).await, (20_000, 0));
        assert_eq!(years(&market).await, [30_000, 30_000]);
        app.run_jobs().await;
    })
    .await;
}
