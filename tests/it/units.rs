//! Programmes in visits and hours: what is granted, taken, given back and used, beside the money for it.

use kernel::StaffRole;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content, terms_content};
use support::{Answer, Person, TestApp, both};

use crate::overcommit::years;
use crate::parameters::{beside, occurrences};
use crate::recurring::at;

/// Thirty euros a visit.
pub(crate) fn a_visit() -> Value {
    json!({ "flat": { "value": 3_000, "per": "PIECE" } })
}

/// The content of a programme in a unit with this rule and a budget of a thousand euros.
pub(crate) fn content(unit: &str, rule: &Value) -> Value {
    let mut content = programme_content(Terms {
        budget: 100_000,
        ..Terms::default()
    });
    content["unit"] = json!(unit);
    content["terms"] = terms_content(rule);
    content
}

/// A market of visits that are worth thirty euros and cost forty.
pub(crate) async fn visits(app: &TestApp) -> Market<'_> {
    let first = Market::open(app, Terms::default()).await;
    beside(&first, app, &content("VISIT", &a_visit()), 4_000).await
}

/// Grants a quantity and answers the voucher's id.
pub(crate) async fn grant(market: &Market<'_>, resident: &Person<'_>, quantity: i32) -> String {
    let key = format!("grant-{}", resident.id);
    let granted = market
        .grant_with(resident, &key, &json!({ "quantity": quantity }))
        .await;
    granted.ok().text("/grantVoucher/voucher/id")
}

/// What of a resident's first voucher is left, reserved and used, in its unit.
pub(crate) async fn units(resident: &Person<'_>) -> [i64; 3] {
    let seen = resident.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
    ["unitsLeft", "unitsReserved", "unitsUsed"].map(|name| {
        let amount = seen.data(&format!("/myVouchers/nodes/0/balance/{name}/amount"));
        amount.as_i64().expect("a quantity")
    })
}

/// That with what of its money is left and reserved, in cents.
async fn held(market: &Market<'_>, resident: &Person<'_>) -> ([i64; 3], (i64, i64)) {
    (units(resident).await, market.balance(resident).await)
}

async fn count(app: &TestApp, query: &str) -> i64 {
    let conn = app.db().read();
    let statement = Statement::from_string(conn.get_database_backend(), query);
    let row = conn.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "found").unwrap()
}

async fn book_places(resident: &Person<'_>, voucher: &str, time: &str, places: i32) -> Answer {
    let input = json!({
        "occurrenceId": time, "voucherId": voucher, "units": places, "idempotencyKey": key_of(&format!("places-{places}")),
    });
    resident.run("resident/bookOffer", json!({ "input": input })).await
}

/// Agrees to a booking as its provider; answers its id and its one-time code.
pub(crate) async fn agree(market: &Market<'_>, booked: &Answer) -> (String, String) {
    let id = booked.text("/bookOffer/booking/id");
    let input = json!({ "input": { "bookingId": id } });
    market.provider.run("provider/confirmBooking", input).await.ok();
    (id, booked.text("/bookOffer/booking/code"))
}

#[tokio::test]
async fn visits_are_reserved_with_their_money_and_no_more_than_are_left() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 3_000).await;
        assert_eq!(held(&market, &resident).await, ([3_000, 0, 0], (9_000, 0)));
        assert_eq!(years(&market).await, [91_000]);
        let times = occurrences(
            &market,
            &[
                "2027-02-01T10:00:00Z",
                "2027-02-02T10:00:00Z",
                "2027-02-03T10:00:00Z",
                "2027-02-04T10:00:00Z",
            ],
        )
        .await;
        let variables = json!({ "occurrenceId": times[0], "voucherId": voucher, "units": 2 });
        let preview = resident.run("resident/bookingPreview", variables).await.ok();
        let taken = json!({ "unit": "VISIT", "amount": 2_000, "text": "2 käyntiä" });
        assert_eq!(preview.data("/bookingPreview/quantity"), &taken);

        let book = async |number: usize| {
            market
                .book_at(&resident, &times[number], &voucher, &format!("b{number}"))
                .await
        };
        let mut booked = Vec::new();
        for number in 0..3 {
            booked.push(book(number).await.ok());
        }
        assert_eq!(booked[0].data("/bookOffer/booking/quantity/amount"), 1_000);
        assert_eq!(held(&market, &resident).await, ([0, 3_000, 0], (0, 9_000)));
        let fourth = book(3).await;
        assert_eq!(fourth.user_errors(), ["TOO_FEW_VISITS"]);
        assert_eq!(
            fourth.data("/bookOffer/userErrors/0/field"),
            &json!(["input", "voucherId"])
        );
        let sentence = fourth.text("/bookOffer/userErrors/0/message");
        assert!(
            sentence.contains("jäljellä 0 käyntiä") && sentence.contains("vie 1"),
            "{sentence}"
        );

        // In time, one goes back; two places at once are still too many.
        let freed = booked[2].text("/bookOffer/booking/id");
        market.cancel(&resident, &freed, "free").await.ok();
        market.cancel(&resident, &freed, "free").await.ok();
        assert_eq!(held(&market, &resident).await, ([1_000, 2_000, 0], (3_000, 6_000)));
        let refused = book_places(&resident, &voucher, &times[3], 2).await;
        assert_eq!(refused.user_errors(), ["TOO_FEW_VISITS"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn visits_are_used_when_they_are_given_or_cancelled_too_late() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 3_000).await;
        let starts = ["2027-02-01T10:00:00Z", "2027-02-02T10:00:00Z", "2027-02-04T10:00:00Z"];
        let times = occurrences(&market, &starts).await;
        let one = market.book_at(&resident, &times[0], &voucher, "one").await.ok();
        let two = market.book_at(&resident, &times[1], &voucher, "two").await.ok();
        let (given, code) = agree(&market, &one).await;
        let (late, _) = agree(&market, &two).await;

        let (market, resident) = at(app, market, &resident, "2027-02-01T12:00:00Z").await;
        market.deliver(&given, &code, "given").await.ok();
        market.deliver(&given, &code, "given").await.ok();
        assert_eq!(held(&market, &resident).await, ([1_000, 1_000, 1_000], (3_000, 3_000)));
        // Too late: half of the money is due, and the visit counts as used.
        market.cancel(&resident, &late, "late").await.ok();
        assert_eq!(held(&market, &resident).await, ([1_000, 0, 2_000], (4_500, 0)));

        // With the last visit, what is left of the money returns to the budget.
        let last = market.book_at(&resident, &times[2], &voucher, "last").await.ok();
        let (last, code) = agree(&market, &last).await;
        let (market, resident) = at(app, market, &resident, "2027-02-04T12:00:00Z").await;
        market.deliver(&last, &code, "last").await.ok();
        assert_eq!(held(&market, &resident).await, ([0, 0, 3_000], (0, 0)));
        assert_eq!(years(&market).await, [100_000 - 3_000 - 1_500 - 3_000]);
        app.run_jobs().await;
        let told = app
            .mails()
            .iter()
            .filter(|mail| mail.text.contains("Palvelusetelistä käytetään: 1 käynti."))
            .count();
        assert!(told >= 3, "{told} letters");
    })
    .await;
}

#[tokio::test]
async fn every_step_of_units_names_its_step_of_money() {
    both(async |app| {
        let market = visits(app).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 2_000).await;
        let time = occurrences(&market, &["2027-02-01T10:00:00Z"]).await.remove(0);
        let before = app.statements();
        let booked = market.book_at(&resident, &time, &voucher, "book").await.ok();
        let sent = app.statements() - before;
        assert!(sent <= 10, "{sent} statements");
        market
            .cancel(&resident, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        let input = json!({
            "voucherId": voucher, "expectedVersion": 1, "reason": "Muutto.", "idempotencyKey": key_of("revoke"),
        });
        market
            .officer
            .run("officer/revokeVoucher", json!({ "input": input }))
            .await
            .ok();

        let auditor = app.staff(&market.city, StaffRole::Auditor, "auditor").await;
        let variables = json!({ "cityId": market.city.id, "first": 100 });
        let read = auditor.run("auditor/ledgerTransfers", variables).await.ok();
        let rows = read.data("/ledgerTransfers/edges").as_array().unwrap().clone();
        let of_units: Vec<_> = rows.iter().filter(|row| row["node"]["unit"] == "VISIT_MILLI").collect();
        let steps: Vec<_> = of_units
            .iter()
            .map(|row| {
                (
                    row["node"]["kind"].as_str().unwrap(),
                    row["node"]["amount"].as_i64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            steps,
            [
                ("voucher.grant", 2_000),
                ("booking.reserve", 1_000),
                ("booking.release", 1_000),
                ("voucher.revoke", 2_000)
            ]
        );
        for row in of_units {
            let money = rows
                .iter()
                .find(|money| money["node"]["id"] == row["node"]["linkedToId"]);
            let money = &money.expect("its money")["node"];
            assert_eq!(money["unit"], "EUR_CENT");
            for same in ["kind", "reference", "at", "actor"] {
                assert_eq!(money[same], row["node"][same], "{same}");
            }
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn vouchers_in_euros_post_nothing_beside_their_money() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        let (market, resident) = at(app, market, &resident, "2027-02-01T10:30:00Z").await;
        market.deliver(&booking, &code, "deliver").await.ok();
        assert_eq!(
            count(
                app,
                "SELECT COUNT(*) AS found FROM transfer WHERE linked_to IS NOT NULL"
            )
            .await,
            0
        );
        assert_eq!(
            count(app, "SELECT COUNT(*) AS found FROM account WHERE unit <> 'EUR_CENT'").await,
            0
        );
        assert!(
            count(
                app,
                "SELECT COUNT(*) AS found FROM transfer WHERE kind = 'delivery.owe'"
            )
            .await
                > 0
        );
        let seen = resident.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
        assert!(seen.data("/myVouchers/nodes/0/unitsGranted").is_null());
        assert!(seen.data("/myVouchers/nodes/0/balance/unitsLeft").is_null());
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn hours_are_taken_by_the_rounded_minute() {
    both(async |app| {
        let first = Market::open(app, Terms::default()).await;
        let mut content = content("HOUR", &json!({ "flat": { "value": 2_000, "per": "HOUR" } }));
        content["terms"]["parameters"] = json!({ "roundingMinutes": 15 });
        let market = beside(&first, app, &content, 4_000).await;
        let resident = app.person("resident").await;
        let voucher = grant(&market, &resident, 135).await;
        // Twenty euros an hour are 34 cents for a minute begun.
        assert_eq!(held(&market, &resident).await, ([135, 0, 0], (135 * 34, 0)));
        let time = |day: u32| json!({
            "startsAt": format!("2027-02-0{day}T10:00:00Z"), "endsAt": format!("2027-02-0{day}T10:50:00Z"), "capacity": 5,
        });
        let input = json!({ "offerId": market.offer, "occurrences": [time(1), time(2), time(3)] });
        let added = market.provider.run("provider/addOccurrences", json!({ "input": input })).await.ok();
        let times: Vec<_> = (0..3).map(|n| added.text(&format!("/addOccurrences/occurrences/{n}/id"))).collect();
        let question = json!({ "input": {
            "programmeId": market.programme, "price": 4_000, "units": 2,
            "startsAt": "2027-02-01T10:00:00Z", "endsAt": "2027-02-01T10:50:00Z",
        }});
        let asked = app.anyone().run("anyone/whatWouldIPay", question).await.ok();
        assert_eq!(asked.data("/whatWouldIPay/quantity/text"), "2 h");
        assert_eq!(asked.data("/whatWouldIPay/voucherShare/cents"), 4_000);

        let one = market.book_at(&resident, &times[0], &voucher, "one").await.ok();
        assert_eq!(one.data("/bookOffer/booking/quantity/text"), "1 h");
        assert_eq!(one.data("/bookOffer/booking/voucherShare/cents"), 2_000);
        market.book_at(&resident, &times[1], &voucher, "two").await.ok();
        let third = market.book_at(&resident, &times[2], &voucher, "three").await;
        assert_eq!(third.user_errors(), ["TOO_FEW_HOURS"]);
        let sentence = third.text("/bookOffer/userErrors/0/message");
        assert!(sentence.contains("jäljellä 15 min") && sentence.contains("vie 1 h"), "{sentence}");
        assert_eq!(held(&market, &resident).await, ([15, 120, 0], (590, 4_000)));
        let number = resident.run("resident/myVouchers", json!({ "first": 1 })).await.ok();
        let variables = json!({ "companyId": market.company, "number": number.data("/myVouchers/nodes/0/number") });
        let told = market.provider.run("provider/voucherByNumber", variables).await.ok();
        assert_eq!(told.data("/voucherByNumber/unitsLeft/text"), "15 min");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_quantity_is_granted_only_where_the_budget_covers_the_most_it_can_cost() {
    both(async |app| {
        let euros = Market::open(app, Terms::default()).await;
        let market = beside(&euros, app, &content("VISIT", &a_visit()), 4_000).await;
        let resident = app.person("resident").await;
        let refused = async |key: &str, more: Value| {
            let answer = market.grant_with(&resident, key, &more).await;
            let field = answer.data("/grantVoucher/userErrors/0/field").clone();
            (answer.user_errors().join(" "), field)
        };
        let at_quantity = |code: &str| (code.to_owned(), json!(["input", "quantity"]));
        assert_eq!(refused("none", json!({})).await, at_quantity("REQUIRED"));
        assert_eq!(
            refused("zero", json!({ "quantity": 0 })).await,
            at_quantity("OUT_OF_RANGE")
        );
        assert_eq!(
            refused("many", json!({ "quantity": 1_000_001 })).await,
            at_quantity("OUT_OF_RANGE")
        );
        let sum = refused("sum", json!({ "quantity": 1_000, "amount": 2_999 })).await;
        assert_eq!(sum, ("OUT_OF_RANGE".to_owned(), json!(["input", "amount"])));
        // Thirty-three visits cost 990 euros of the thousand.
        let dear = refused("dear", json!({ "quantity": 34_000 })).await;
        assert_eq!(dear.0, "BUDGET_EXCEEDED");
        assert_eq!(years(&market).await, [100_000]);
        let raise = json!({ "quantity": 2_000, "raise": { "cents": 500, "reason": "Toimeentulo vaarantuisi." } });
        let granted = market.grant_with(&resident, "raised", &raise).await.ok();
        assert_eq!(granted.data("/grantVoucher/voucher/value/cents"), 7_000);
        assert_eq!(granted.data("/grantVoucher/voucher/unitsGranted/text"), "2 käyntiä");

        let answer = euros
            .grant_with(&resident, "euros", &json!({ "quantity": 1_000 }))
            .await;
        assert_eq!(answer.user_errors(), ["INVALID_FORMAT"]);
        app.run_jobs().await;
    })
    .await;
}
