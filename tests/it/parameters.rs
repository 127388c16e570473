//! What terms say besides values and prices: limits for each person, the grace of a delivery, who pays for absence.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::market::{Market, Terms, VISIT, terms_content};
use support::{Answer, Person, TestApp, both};

/// Terms of one flat sum with these parameters.
fn with(parameters: &Value) -> Value {
    let mut terms = terms_content(&json!({ "flat": { "value": 50_000 } }));
    terms["priceCeiling"] = json!(50_000);
    terms["parameters"] = parameters.clone();
    terms
}

async fn market<'a>(app: &'a TestApp, parameters: &Value) -> (Market<'a>, Person<'a>, String) {
    let terms = Terms {
        value: 50_000,
        price: 1_000,
        ..Terms::default()
    };
    let market = Market::with_terms(app, terms, &with(parameters)).await;
    let resident = app.person("resident").await;
    let voucher = market.voucher(&resident).await;
    (market, resident, voucher)
}

/// Adds occurrences of an hour and answers their ids.
pub(crate) async fn occurrences(market: &Market<'_>, starts: &[&str]) -> Vec<String> {
    let time = |at: &&str| {
        let starts_at: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
        json!({ "startsAt": at, "endsAt": starts_at + chrono::Duration::hours(1), "capacity": 5 })
    };
    let times: Vec<_> = starts.iter().map(time).collect();
    let input = json!({ "input": { "offerId": market.offer, "occurrences": times } });
    let added = market.provider.run("provider/addOccurrences", input).await.ok();
    (0..starts.len())
        .map(|number| added.text(&format!("/addOccurrences/occurrences/{number}/id")))
        .collect()
}

async fn preview(resident: &Person<'_>, occurrence: &str, voucher: &str) -> Answer {
    let variables = json!({ "occurrenceId": occurrence, "voucherId": voucher });
    resident.run("resident/bookingPreview", variables).await
}

/// The code of a refused query.
fn refusal(answer: &Answer) -> Value {
    answer.body["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn a_person_comes_as_often_as_the_programme_allows() {
    both(async |app| {
        let limits = json!({ "visitsPerWeek": 2, "visitsPerMonth": 3, "visitsPerVoucher": 4 });
        let (market, resident, voucher) = market(app, &limits).await;
        // Monday to Sunday of one week in Helsinki, then other weeks and another month.
        let times = occurrences(
            &market,
            &[
                "2027-01-31T22:30:00Z",
                "2027-02-03T10:00:00Z",
                "2027-02-07T21:30:00Z",
                "2027-02-07T22:30:00Z",
                "2027-02-22T10:00:00Z",
                "2027-03-08T10:00:00Z",
                "2027-04-08T10:00:00Z",
            ],
        )
        .await;
        let book = async |number: usize, key: &str| market.book_at(&resident, &times[number], &voucher, key).await;
        let first = book(0, "monday").await.ok();
        book(1, "wednesday").await.ok();
        assert_eq!(book(2, "sunday").await.user_errors(), ["VISIT_LIMIT_REACHED"]);
        assert_eq!(
            refusal(&preview(&resident, &times[2], &voucher).await),
            "VISIT_LIMIT_REACHED"
        );
        book(3, "next-monday").await.ok();
        assert_eq!(
            book(4, "fourth-in-february").await.user_errors(),
            ["VISIT_LIMIT_REACHED"]
        );
        book(5, "march").await.ok();
        let fifth = book(6, "april").await;
        assert_eq!(fifth.user_errors(), ["VISIT_LIMIT_REACHED"]);
        let sentence = fifth.data("/bookOffer/userErrors/0/message").to_string();
        assert!(sentence.contains("enintään 4"), "{sentence}");

        // What is cancelled in time counts no more.
        market
            .cancel(&resident, &first.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        book(6, "april-again").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn of_visits_booked_at_once_as_many_win_as_the_limit_allows() {
    both(async |app| {
        let (market, resident, voucher) = market(app, &json!({ "visitsPerWeek": 2 })).await;
        let starts: Vec<_> = (8..18).map(|hour| format!("2027-02-03T{hour:02}:00:00Z")).collect();
        let starts: Vec<_> = starts.iter().map(String::as_str).collect();
        let times = occurrences(&market, &starts).await;
        let tries = times.iter().enumerate().map(async |(number, time)| {
            market
                .book_at(&resident, time, &voucher, &format!("try-{number}"))
                .await
        });
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
        assert_eq!(won, 2);
        let lost = answers
            .iter()
            .filter(|answer| answer.user_errors() == ["VISIT_LIMIT_REACHED"]);
        assert_eq!(lost.count(), 8);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_is_in_two_places_even_by_vouchers_of_two_programmes() {
    both(async |app| {
        let strict = json!({ "overlapAllowed": false });
        let (market, resident, voucher) = market(app, &strict).await;
        let mut content = support::market::programme_content(Terms::default());
        content["terms"] = with(&strict);
        let other = beside(&market, app, &content, 1_000).await;
        let granted = other.grant(&resident, "second").await.ok();
        let second_voucher = granted.text("/grantVoucher/voucher/id");
        let mine = occurrences(&market, &["2027-02-03T10:00:00Z", "2027-02-03T11:00:00Z"]).await;
        let theirs = occurrences(&other, &["2027-02-03T10:30:00Z"]).await.remove(0);

        let (one, two) = tokio::join!(
            market.book_at(&resident, &mine[0], &voucher, "one"),
            other.book_at(&resident, &theirs, &second_voucher, "two"),
        );
        let mut codes: Vec<_> = [&one, &two].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes.pop(), Some("BOOKINGS_OVERLAP"));
        assert!(codes.is_empty(), "{codes:?}");
        // Back to back with the one at ten, in the way of the one at half past.
        let next = market.book_at(&resident, &mine[1], &voucher, "next").await;
        assert_eq!(next.user_errors().is_empty(), one.user_errors().is_empty());
        app.run_jobs().await;
    })
    .await;
}

/// The market of the same people in another programme, with an offer at `price` and without occurrences. The company is
/// approved for all of its days.
pub(crate) async fn beside<'a>(market: &Market<'a>, app: &TestApp, content: &Value, price: i64) -> Market<'a> {
    let input = json!({ "input": { "cityId": market.city.id, "content": content } });
    let drafted = market.officer.run("officer/createProgramme", input).await.ok();
    let programme = drafted.text("/createProgramme/programme/id");
    let key = support::market::key_of(&programme);
    let input = json!({ "input": { "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key } });
    let deputy = app.sign_in("deputy@example.org").await;
    deputy.run("officer/publishProgramme", input).await.ok();
    let statement = "Ohjaajamme ovat koulutettuja.";
    let input = json!({ "input": { "programmeId": programme, "companyId": market.company, "statement": statement } });
    let applied = market.provider.run("provider/applyToProgramme", input).await.ok();
    let input = json!({ "input": {
        "applicationId": applied.text("/applyToProgramme/application/id"),
        "expectedVersion": applied.data("/applyToProgramme/application/version"),
        "validFrom": content["validFrom"], "validUntil": content["validUntil"], "grounds": "Ehdot täyttyvät.",
    }});
    let approver = app.sign_in("approver@example.org").await;
    approver.run("approver/approveApplication", input).await.ok();
    let content = json!({
        "name": { "fi": "Vesijumppa" }, "description": { "fi": "Kymmenen kertaa." },
        "price": price, "vatClass": "REDUCED",
    });
    let input = json!({ "companyId": market.company, "programmeId": programme, "content": content });
    let created = market
        .provider
        .run("provider/createOffer", json!({ "input": input }))
        .await
        .ok();
    let offer = created.text("/createOffer/offer/id");
    let input = json!({ "input": { "offerId": offer, "expectedVersion": created.data("/createOffer/offer/version") } });
    market.provider.run("provider/publishOffer", input).await.ok();
    Market {
        city: market.city.clone(),
        officer: market.officer.clone(),
        provider: market.provider.clone(),
        company: market.company,
        programme,
        offer,
        occurrence: String::new(),
    }
}

#[tokio::test]
async fn a_delivery_is_recorded_within_the_grace_and_never_after_it() {
    both(async |app| {
        let (market, resident, voucher) = market(app, &json!({ "graceDays": 3 })).await;
        // The last day of the programme.
        let times = occurrences(&market, &["2027-06-30T10:00:00Z", "2027-06-30T12:00:00Z"]).await;
        let mut booked = Vec::new();
        for (time, key) in times.iter().zip(["early", "late"]) {
            let answer = market.book_at(&resident, time, &voucher, key).await.ok();
            let id = answer.text("/bookOffer/booking/id");
            let input = json!({ "input": { "bookingId": id } });
            market.provider.run("provider/confirmBooking", input).await.ok();
            booked.push((id, answer.text("/bookOffer/booking/code")));
        }
        // The voucher has expired by then; what was reserved is kept for the grace.
        app.clock.set("2027-07-03T20:59:00Z".parse().unwrap());
        app.run_jobs().await;
        let provider = app.sign_in(&market.provider.email).await;
        let market = Market { provider, ..market };
        market.deliver(&booked[0].0, &booked[0].1, "in-time").await.ok();
        app.clock.set("2027-07-03T21:00:00Z".parse().unwrap());
        let late = market.deliver(&booked[1].0, &booked[1].1, "too-late").await;
        assert_eq!(late.user_errors(), ["TOO_LATE"]);
        // It lapses, and its money goes back.
        app.run_jobs().await;
        let resident = app.sign_in(&resident.email).await;
        let seen = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
        let states: Vec<_> = [0, 1]
            .map(|row| seen.text(&format!("/myBookings/nodes/{row}/state")))
            .to_vec();
        assert_eq!(states, ["DELIVERED", "CANCELLED_BY_PROVIDER"]);
    })
    .await;
}

#[tokio::test]
async fn a_late_cancellation_owes_the_same_part_of_both_shares_where_the_programme_says_so() {
    both(async |app| {
        let terms = json!({ "ownShareDue": true, "noShowBasisPoints": 10_000 });
        let mut first = with(&terms);
        first["priceMode"] = json!("NOT_TO_EXCEED");
        first["valueRule"] = json!({ "flat": { "value": 600 } });
        first["priceCeiling"] = json!(800);
        let priced = Terms {
            price: 1_000,
            ..Terms::default()
        };
        let market = Market::with_terms(app, priced, &first).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let shown = preview(&resident, &market.occurrence, &voucher).await.ok();
        assert_eq!(shown.data("/bookingPreview/lateFee/cents"), 300);
        assert_eq!(shown.data("/bookingPreview/noShowFee/cents"), 600);
        assert_eq!(shown.data("/bookingPreview/ownShareDue"), true);
        let (booking, _) = market.confirmed(&resident, &voucher, "late").await;
        let visit: chrono::DateTime<chrono::Utc> = VISIT.parse().unwrap();
        app.clock.set(visit - chrono::Duration::hours(1));
        let resident = app.sign_in(&resident.email).await;
        market.cancel(&resident, &booking, "late-cancel").await.ok();
        // The price above the ceiling was the resident's: 400 of 1 000, of which half is due.
        let owed = delivery(app).await;
        assert_eq!(owed, (500, 300, 200));
        app.run_jobs().await;
    })
    .await;
}

/// Price, voucher share and own share of the one delivery there is.
async fn delivery(app: &TestApp) -> (i64, i64, i64) {
    let sql = "SELECT price_cents, voucher_share_cents, own_share_cents FROM delivery";
    let backend = sea_orm::ConnectionTrait::get_database_backend(app.db().read());
    let statement = sea_orm::Statement::from_string(backend, sql);
    let row = sea_orm::ConnectionTrait::query_one_raw(app.db().read(), statement).await;
    let row = row.unwrap().expect("a delivery");
    let cents = |column: &str| row.try_get("", column).unwrap();
    (
        cents("price_cents"),
        cents("voucher_share_cents"),
        cents("own_share_cents"),
    )
}

#[tokio::test]
async fn a_programme_without_vouchers_in_its_modes_sells_by_none() {
    both(async |app| {
        let (market, resident, voucher) = market(app, &json!({ "financingModes": ["OWN", "LICENCE"] })).await;
        let refused = market.book(&resident, &voucher, "mode").await;
        assert_eq!(refused.user_errors(), ["NOT_ELIGIBLE"]);
        let shown = app
            .anyone()
            .run("anyone/programmeTerms", json!({ "programmeId": market.programme }))
            .await
            .ok();
        let parameters = shown.data("/node/terms/0/parameters");
        assert_eq!(parameters["financingModes"], json!(["OWN", "LICENCE"]));
        assert_eq!(parameters["graceDays"], 30);

        for (parameters, field, code) in [
            (json!({ "financingModes": [] }), "financingModes", "REQUIRED"),
            (
                json!({ "financingModes": ["OWN", "OWN"] }),
                "financingModes",
                "ALREADY_EXISTS",
            ),
            (json!({ "graceDays": 31 }), "graceDays", "OUT_OF_RANGE"),
            (json!({ "visitsPerWeek": 0 }), "visitsPerWeek", "OUT_OF_RANGE"),
            (json!({ "roundingMinutes": 10 }), "roundingMinutes", "INVALID_FORMAT"),
            (
                json!({ "noShowBasisPoints": 10_001 }),
                "noShowBasisPoints",
                "OUT_OF_RANGE",
            ),
        ] {
            let input = json!({
                "programmeId": market.programme, "validFrom": "2027-06-01", "terms": with(&parameters),
            });
            let drafted = market
                .officer
                .run("officer/draftProgrammeTerms", json!({ "input": input }))
                .await;
            assert_eq!(drafted.user_errors(), [code], "{parameters}");
            let path = drafted.data("/draftProgrammeTerms/userErrors/0/field").clone();
            assert_eq!(path, json!(["input", "terms", "parameters", field]));
        }
        app.run_jobs().await;
    })
    .await;
}
