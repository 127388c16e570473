//! Minors: who books for them, and what they may book alone.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, terms_content};
use support::{Actor, Answer, Person, both};

/// Codes of nobody: born on 15 June 2010, 16 years old in the first half of 2027, and on 1 May 2016.
const YOUTH: &str = "150610A907B";
const CHILD: &str = "010516B903X";

async fn record(market: &Market<'_>, person: &Person<'_>, code: &str) {
    let record = json!({
        "cityId": market.city.id, "email": person.email, "personalCode": code, "nonDisclosure": false,
        "grounds": "Henkilöllisyystodistus.",
    });
    market
        .officer
        .run("officer/recordPersonalCode", json!({ "input": record }))
        .await
        .ok();
}

async fn guardianship(market: &Market<'_>, guardian: &Person<'_>, code: &str) -> String {
    let record = json!({
        "cityId": market.city.id, "guardianEmail": guardian.email, "givenName": "Lapsi", "familyName": "Esimerkki",
        "personalCode": code, "lang": "FI", "grounds": "Väestötietojärjestelmän ote.",
    });
    let recorded = market
        .officer
        .run("officer/recordGuardianship", json!({ "input": record }))
        .await
        .ok();
    recorded.text("/recordGuardianship/relation/principal/id")
}

async fn book(actor: &Actor<'_>, market: &Market<'_>, voucher: &str, key: &str) -> Answer {
    let booking = json!({ "occurrenceId": market.occurrence, "voucherId": voucher, "idempotencyKey": key_of(key) });
    actor.run("resident/bookOffer", json!({ "input": booking })).await
}

/// What a preview refuses with.
async fn preview(actor: &Actor<'_>, market: &Market<'_>, voucher: &str) -> Option<String> {
    let variables = json!({ "occurrenceId": market.occurrence, "voucherId": voucher });
    let answer = actor.run("resident/bookingPreview", variables).await;
    answer.error_code().map(str::to_owned)
}

fn terms(minors_book_free: bool) -> Value {
    let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
    terms["minorsBookFree"] = json!(minors_book_free);
    terms
}

#[tokio::test]
async fn from_15_on_a_minor_books_what_costs_her_nothing() {
    both(async |app| {
        let cheap = Terms {
            price: 6_000,
            ..Terms::default()
        };
        let market = Market::with_terms(app, cheap, &terms(true)).await;
        let (youth, guardian) = (app.person("youth").await, app.person("guardian").await);
        let voucher = market.voucher(&youth).await;
        record(&market, &youth, YOUTH).await;
        let id = guardianship(&market, &guardian, YOUTH).await;
        assert_eq!(preview(&youth, &market, &voucher).await, None);
        market.book(&youth, &voucher, "free").await.ok();
        // 40 euros are left of the voucher, so 20 would be hers to pay: that is for her guardian to decide.
        assert_eq!(
            preview(&youth, &market, &voucher).await.as_deref(),
            Some("NEEDS_GUARDIAN")
        );
        let refused = market.book(&youth, &voucher, "dear").await;
        assert_eq!(refused.user_errors(), ["NEEDS_GUARDIAN"]);
        assert_eq!(
            (market.places_left().await, market.balance(&youth).await),
            (9, (4_000, 6_000))
        );
        // The refusal stored nothing: the same key is evaluated anew.
        assert_eq!(
            market.book(&youth, &voucher, "dear").await.user_errors(),
            ["NEEDS_GUARDIAN"]
        );
        book(&guardian.acting_for(&id), &market, &voucher, "guardian")
            .await
            .ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_minor_books_nothing_alone_where_the_programme_does_not_say_so() {
    both(async |app| {
        let cheap = Terms {
            price: 1_000,
            ..Terms::default()
        };
        let market = Market::with_terms(app, cheap, &terms(false)).await;
        let youth = app.person("youth").await;
        let voucher = market.voucher(&youth).await;
        // Of whom no code is recorded, the age is not known.
        market.book(&youth, &voucher, "unknown").await.ok();
        record(&market, &youth, YOUTH).await;
        assert_eq!(
            market.book(&youth, &voucher, "known").await.user_errors(),
            ["NEEDS_GUARDIAN"]
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn under_15_guardians_book_and_whoever_only_helps_does_not() {
    both(async |app| {
        let cheap = Terms {
            price: 1_000,
            ..Terms::default()
        };
        let market = Market::with_terms(app, cheap, &terms(true)).await;
        let (child, helper) = (app.person("child").await, app.person("helper").await);
        let voucher = market.voucher(&child).await;
        // The mandate was given before anybody knew how old the giver is.
        let until = app.now() + chrono::Duration::days(30);
        let given = json!({ "holderId": helper.id, "theme": "ALL", "validUntil": until });
        child.run("resident/giveMandate", json!({ "input": given })).await.ok();
        record(&market, &child, CHILD).await;
        assert_eq!(
            market.book(&child, &voucher, "alone").await.user_errors(),
            ["NEEDS_GUARDIAN"]
        );
        let helping = helper.acting_for(&child.id.to_string());
        assert_eq!(
            book(&helping, &market, &voucher, "helped").await.user_errors(),
            ["NEEDS_GUARDIAN"]
        );
        let guardian = app.person("guardian").await;
        let id = guardianship(&market, &guardian, CHILD).await;
        assert_eq!(id, child.id.to_string());
        let booked = book(&guardian.acting_for(&id), &market, &voucher, "guardian")
            .await
            .ok();
        // Cancelling takes nothing on: she may do that herself.
        market
            .cancel(&child, &booked.text("/bookOffer/booking/id"), "cancel")
            .await
            .ok();
        app.run_jobs().await;
    })
    .await;
}
