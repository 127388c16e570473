//! Vouchers in visits and hours over their life: from lists and applications, raised, filled anew, and at their end.

use axum::http::StatusCode;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Answer, Person, TestApp, both};

use crate::mass_grants::{confirm, path};
use crate::overcommit::{change, years};
use crate::parameters::{beside, occurrences};
use crate::recurring::{at, tasks};
use crate::town::done;
use crate::units::{a_visit, agree, content, grant, units, visits};

/// Whose budget is whole.
const WHOLE: [i64; 1] = [100_000];

async fn end(market: &Market<'_>, document: &str, voucher: &str, more: &Value) -> Answer {
    let mut input = json!({ "voucherId": voucher, "idempotencyKey": key_of(&document.replace('/', "-")) });
    for (name, value) in more.as_object().expect("an object") {
        input[name] = value.clone();
    }
    market.officer.run(document, json!({ "input": input })).await
}

#[tokio::test]
async fn whatever_ends_a_voucher_returns_what_is_left_of_both() {
    both(async |app| {
        let market = visits(app).await;
        let times = occurrences(&market, &["2027-02-01T10:00:00Z", "2027-06-30T10:00:00Z"]).await;
        let mut vouchers = Vec::new();
        for name in ["revoked", "moved", "expired"] {
            let resident = app.person(name).await;
            let voucher = grant(&market, &resident, 2_000).await;
            let booked = market.book_at(&resident, &times[1], &voucher, name).await.ok();
            vouchers.push((resident, voucher, booked.text("/bookOffer/booking/id")));
        }
        let unwilling = app.person("unwilling").await;
        let refused = grant(&market, &unwilling, 2_000).await;
        let booked = market.book_at(&unwilling, &times[0], &refused, "unwilling").await.ok();
        let decline = async |key: &str| {
            let input = json!({ "voucherId": refused, "expectedVersion": 1, "idempotencyKey": key_of(key) });
            unwilling
                .run("resident/declineVoucher", json!({ "input": input }))
                .await
        };
        assert_eq!(decline("early").await.user_errors(), ["VOUCHER_IN_USE"]);
        market
            .cancel(&unwilling, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        decline("now").await.ok();
        assert_eq!(units(&unwilling).await, [0, 0, 0]);

        // What is reserved stays until its booking ends, and then goes back as well.
        let [revoked, moved, expired] = vouchers.try_into().ok().expect("three");
        let why = json!({ "expectedVersion": 1, "reason": "Peruste on poistunut." });
        end(&market, "officer/revokeVoucher", &revoked.1, &why).await.ok();
        assert_eq!(units(&revoked.0).await, [0, 1_000, 0]);
        market.cancel(&revoked.0, &revoked.2, "cancel-revoked").await.ok();
        assert_eq!(units(&revoked.0).await, [0, 0, 0]);
        let move_away = json!({ "movedOn": "2027-05-31", "reason": "Muuttoilmoitus." });
        end(&market, "officer/recordMove", &moved.1, &move_away).await.ok();
        app.run_jobs().await;
        assert_eq!(
            (units(&moved.0).await, market.balance(&moved.0).await),
            ([2_000, 0, 0], (6_000, 0))
        );
        assert_eq!(years(&market).await, [100_000 - 2 * 6_000]);

        // The last day has passed in Helsinki; nobody has answered the booking.
        let (market, resident) = at(app, market, &expired.0, "2027-06-30T21:00:00Z").await;
        app.contexts.bookings.run_lapse().await.unwrap();
        let vouchers = &app.contexts.vouchers;
        let (one, two) = tokio::join!(vouchers.run_expire(), vouchers.run_expire());
        one.and(two).unwrap();
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([0, 0, 0], (0, 0))
        );
        assert_eq!(years(&market).await, WHOLE);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_grants_quantities() {
    both(async |app| {
        let market = visits(app).await;
        for name in ["a", "b", "c"] {
            app.person(name).await;
        }
        let deputy = app.sign_in("deputy@example.org").await;
        let send = async |key: &str, rows: &str| {
            let file = format!("key,email,grounds,quantity\n{rows}");
            deputy.upload(&path(&market.programme), &key_of(key), file).await
        };
        let wrong = send("wrong", "1,a@example.org,Ikä,\n2,b@example.org,Ikä,1.5\n").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            wrong.body["faults"],
            json!([{ "line": 3, "column": "quantity", "code": "INVALID_FORMAT" }])
        );
        let missing = send("missing", "1,a@example.org,Ikä,\n").await;
        assert_eq!(
            missing.body["faults"],
            json!([{ "line": 2, "column": "quantity", "code": "REQUIRED" }])
        );

        // The budget covers thirty-three visits: the third row has to wait.
        let rows = "1,a@example.org,Ikä,20000\n2,b@example.org,Ikä,10000\n3,c@example.org,Ikä,10000\n";
        let list = send("list", rows).await;
        let id = list.body["id"].as_str().unwrap().to_owned();
        confirm(&market.officer, &id, "confirm").await.ok();
        let (one, two) = (app.run_jobs().await, app.run_jobs().await);
        assert!(one > 0 && two == 0);
        let variables = json!({ "massGrantId": id, "first": 10, "afterLine": 0 });
        let seen = market.officer.run("officer/massGrant", variables).await.ok();
        let rows = seen.data("/massGrant/rows").as_array().unwrap().clone();
        let what = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
        assert_eq!(what("quantity"), [20_000, 10_000, 10_000]);
        assert_eq!(what("code"), [Value::Null, Value::Null, json!("BUDGET_EXCEEDED")]);
        let first = app.sign_in("a@example.org").await;
        assert_eq!(
            (units(&first).await, market.balance(&first).await),
            ([20_000, 0, 0], (60_000, 0))
        );
        assert_eq!(years(&market).await, [10_000]);
    })
    .await;
}

async fn decide(actor: &Person<'_>, document: &str, about: Value) -> Answer {
    let mut input = about;
    input["grounds"] = json!("Tarve on tutkittu.");
    input["rulesApplied"] = json!("569/2009, 7 §");
    input["contact"] = json!("Neuvonta, puh. 03 000 000");
    actor.run(document, json!({ "input": input })).await
}

#[tokio::test]
async fn a_decision_grants_visits_and_another_one_more_of_them() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let deputy = app.sign_in("deputy@example.org").await;
        let input = json!({ "programmeId": market.programme, "statement": "Haluan liikkua." });
        let sent = done(&resident, "resident/applyForVoucher", input).await;
        let about = json!({
            "applicationId": sent.text("/applyForVoucher/application/id"), "expectedVersion": 1, "quantity": 3_000,
            "idempotencyKey": key_of("grant"),
        });
        let granted = decide(&market.officer, "officer/grantVoucherApplication", about)
            .await
            .ok();
        let html = granted.text("/grantVoucherApplication/decision/html");
        assert!(
            html.contains("Palveluseteliin kuuluu") && html.contains("3 käyntiä"),
            "{html}"
        );
        assert_eq!(units(&resident).await, [3_000, 0, 0]);

        let demand = json!({
            "decisionId": granted.data("/grantVoucherApplication/decision/id"), "demand": "Pyydän viittä käyntiä.",
            "grounds": "Lääkärin lausunto.",
        });
        let asked = done(&resident, "resident/requestRectification", demand).await;
        let amend = async |quantity: i32, key: &str| {
            let about = json!({
                "requestId": asked.data("/requestRectification/request/id"), "expectedVersion": 1, "verdict": "ACCEPT",
                "quantity": quantity, "idempotencyKey": key_of(key),
            });
            decide(&deputy, "officer/decideRectification", about).await
        };
        let less = amend(2_000, "less").await;
        assert_eq!(less.user_errors(), ["OUT_OF_RANGE"]);
        assert_eq!(
            less.data("/decideRectification/userErrors/0/field"),
            &json!(["input", "quantity"])
        );
        assert_eq!(amend(34_000, "too-much").await.user_errors(), ["BUDGET_EXCEEDED"]);
        let more = amend(5_000, "more").await.ok();
        assert!(more.text("/decideRectification/decision/html").contains("5 käyntiä"));
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([5_000, 0, 0], (15_000, 0))
        );
        assert_eq!(years(&market).await, [85_000]);
        app.run_jobs().await;
    })
    .await;
}

/// A market whose vouchers of visits are filled anew each month until the middle of 2028.
async fn monthly<'a>(app: &'a TestApp, rule: &str) -> Market<'a> {
    let first = Market::open(app, Terms::default()).await;
    let mut content = content("VISIT", &a_visit());
    content["terms"]["parameters"] = json!({ "replenishment": rule });
    content["validUntil"] = json!("2028-06-30");
    content["budget"] = json!(13_000);
    beside(&first, app, &content, 4_000).await
}

#[tokio::test]
async fn a_new_month_brings_visits_with_their_money_or_neither() {
    both(async |app| {
        let market = monthly(app, "MONTHLY").await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let time = occurrences(&market, &["2027-02-10T10:00:00Z"]).await.remove(0);
        let booked = market.book_at(&resident, &time, &voucher, "january").await.ok();
        let (market, resident) = at(app, market, &resident, "2027-01-31T22:00:00Z").await;
        app.contexts.vouchers.run_replenish().await.unwrap();
        // One was left of January and went; two have come; the one that is booked may come back.
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([2_000, 1_000, 0], (6_000, 3_000))
        );
        assert_eq!(years(&market).await, [4_000]);
        market
            .cancel(&resident, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        assert_eq!(units(&resident).await, [3_000, 0, 0]);
        let seen = resident.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
        let month = seen.data("/myVouchers/nodes/0/replenishments/0");
        assert_eq!(
            (
                &month["unitsDue"]["amount"],
                &month["unitsCame"]["amount"],
                &month["unitsReturned"]["amount"]
            ),
            (&json!(2_000), &json!(2_000), &json!(1_000))
        );
        assert_eq!(seen.data("/myVouchers/nodes/0/unitsGranted/amount"), 4_000);

        // What was left returns in March as well, and just pays for the next two.
        let (market, resident) = at(app, market, &resident, "2027-03-01T10:00:00Z").await;
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([2_000, 0, 0], (6_000, 0))
        );
        assert_eq!(years(&market).await, [7_000]);
        assert!(tasks(&market).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_the_budget_does_not_cover_brings_no_visits_and_a_new_year_takes_them_over() {
    both(async |app| {
        let market = monthly(app, "MONTHLY_CARRYING_OVER").await;
        let resident = app.person("resident").await;
        grant(&market, &resident, 2_000).await;
        let (market, resident) = at(app, market, &resident, "2027-02-01T10:00:00Z").await;
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([4_000, 0, 0], (12_000, 0))
        );
        let (market, resident) = at(app, market, &resident, "2027-03-01T10:00:00Z").await;
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([4_000, 0, 0], (12_000, 0))
        );
        assert_eq!(tasks(&market).await, ["REPLENISHMENT_REFUSED"]);
        change(&market, app, 2028, 50_000, 10_000).await.ok();
        let (market, resident) = at(app, market, &resident, "2028-01-01T10:00:00Z").await;
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([6_000, 0, 0], (18_000, 0))
        );
        assert_eq!(years(&market).await, [13_000, 32_000]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_visit_of_the_next_year_is_paid_by_it_and_its_unit_is_one_of_the_voucher() {
    both(async |app| {
        let first = Market::open(app, Terms::default()).await;
        let mut content = content("VISIT", &a_visit());
        content["validUntil"] = json!("2028-06-30");
        content["overcommitBasisPoints"] = json!(11_000);
        let market = beside(&first, app, &content, 4_000).await;
        change(&market, app, 2028, 50_000, 11_000).await.ok();
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let times = occurrences(&market, &["2028-01-10T10:00:00Z", "2028-01-11T10:00:00Z"]).await;
        let one = market.book_at(&resident, &times[0], &voucher, "one").await.ok();
        let two = market.book_at(&resident, &times[1], &voucher, "two").await.ok();
        assert_eq!(units(&resident).await, [0, 2_000, 0]);
        assert_eq!(years(&market).await, [94_000, 44_000]);
        let three = market.book_at(&resident, &times[0], &voucher, "three").await;
        assert_eq!(three.user_errors(), ["TOO_FEW_VISITS"]);
        market
            .cancel(&resident, &one.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([1_000, 1_000, 0], (3_000, 3_000))
        );
        assert_eq!(years(&market).await, [94_000, 47_000]);

        let (booking, code) = agree(&market, &two).await;
        let (market, resident) = at(app, market, &resident, "2028-01-11T12:00:00Z").await;
        market.deliver(&booking, &code, "deliver").await.ok();
        assert_eq!(
            (units(&resident).await, market.balance(&resident).await),
            ([1_000, 0, 1_000], (3_000, 0))
        );
        assert_eq!(years(&market).await, [97_000, 47_000]);
        let why = json!({ "expectedVersion": 1, "reason": "Peruste on poistunut." });
        end(&market, "officer/revokeVoucher", &voucher, &why).await.ok();
        assert_eq!(units(&resident).await, [0, 0, 1_000]);
        assert_eq!(years(&market).await, [100_000, 47_000]);
        app.run_jobs().await;
    })
    .await;
}
