//! The consent of every guardian of a child, where the programme asks for it.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, terms_content};
use support::{Actor, Answer, Person, TestApp, both};

use crate::acting::{CHILD, guardianship};
use crate::town::{Town, done};

impl Town<'_> {
    pub(crate) fn of_consents(&self, name: &str) -> Option<Value> {
        let input = json!({ "input": { "applicationId": self.id("asked voucher application") } });
        (name == "consentToVoucherApplication").then_some(input)
    }
}

async fn open(app: &TestApp, all_guardians: bool) -> Market<'_> {
    let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
    terms["parameters"] = json!({ "allGuardians": all_guardians });
    Market::with_terms(app, Terms::default(), &terms).await
}

/// Applies for the child as one of its guardians.
async fn applied(market: &Market<'_>, acting: &Actor<'_>) -> String {
    let input = json!({ "programmeId": market.programme, "statement": "Lapsi haluaa oppia uimaan." });
    let sent = done(acting, "resident/applyForVoucher", input).await;
    sent.text("/applyForVoucher/application/id")
}

async fn consent(actor: &Actor<'_>, application: &str) -> Answer {
    let input = json!({ "input": { "applicationId": application } });
    actor.run("resident/consentToVoucherApplication", input).await
}

async fn grant(market: &Market<'_>, application: &str, key: &str) -> Answer {
    let input = json!({
        "applicationId": application, "expectedVersion": 1, "grounds": "Ikä täyttää ehdot.", "rulesApplied": "7 §",
        "contact": "Neuvonta, puh. 03 000 000", "idempotencyKey": key_of(key),
    });
    let document = "officer/grantVoucherApplication";
    market.officer.run(document, json!({ "input": input })).await
}

/// Two guardians of a child, as those who act for it.
async fn guardians<'a>(market: &Market<'_>, one: &Person<'a>, two: &Person<'a>) -> [Actor<'a>; 2] {
    let child = guardianship(market, one, CHILD).await.ok();
    let child = child.text("/recordGuardianship/relation/principal/id");
    guardianship(market, two, CHILD).await.ok();
    [one.acting_for(&child), two.acting_for(&child)]
}

#[tokio::test]
async fn a_voucher_for_a_child_waits_for_every_guardian() {
    both(async |app| {
        let market = open(app, true).await;
        let (anna, petri) = (app.person("anna").await, app.person("petri").await);
        let [one, two] = guardians(&market, &anna, &petri).await;
        let application = applied(&market, &one).await;
        app.run_jobs().await;
        let asked: Vec<_> = app.mails().into_iter().filter(|mail| mail.to == petri.email).collect();
        assert!(
            asked.iter().any(|mail| mail.subject.contains("suostumustasi")),
            "{asked:?}"
        );

        assert_eq!(
            grant(&market, &application, "early").await.user_errors(),
            ["CONSENT_MISSING"]
        );
        // Her own consent is in the application; who is no guardian gives none.
        consent(&one, &application).await.ok();
        assert_eq!(
            grant(&market, &application, "still").await.user_errors(),
            ["CONSENT_MISSING"]
        );
        let stranger = app.person("stranger").await;
        assert_eq!(consent(&stranger, &application).await.user_errors(), ["NOT_FOUND"]);

        // Twice, and at once, is as once.
        let (first, second) = tokio::join!(consent(&two, &application), consent(&two, &application));
        for answer in [first.ok(), second.ok()] {
            let missing = answer.data("/consentToVoucherApplication/application/consentsMissing");
            assert_eq!(missing, &json!(0));
        }
        grant(&market, &application, "granted").await.ok();
        assert_eq!(
            consent(&two, &application).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_guardianship_that_ends_asks_for_no_consent() {
    both(async |app| {
        let market = open(app, true).await;
        let (anna, petri) = (app.person("anna").await, app.person("petri").await);
        let [one, _] = guardians(&market, &anna, &petri).await;
        let application = applied(&market, &one).await;
        assert_eq!(
            grant(&market, &application, "early").await.user_errors(),
            ["CONSENT_MISSING"]
        );
        let me = petri.run("resident/me", json!({})).await.ok();
        let end = json!({ "relationId": me.text("/me/actingFor/0/id"), "reason": "Huoltajuus on päättynyt." });
        done(&market.officer, "officer/endRelation", end).await;
        grant(&market, &application, "granted").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn one_guardian_is_enough_where_the_programme_does_not_ask() {
    both(async |app| {
        let market = open(app, false).await;
        let (anna, petri) = (app.person("anna").await, app.person("petri").await);
        let [one, _] = guardians(&market, &anna, &petri).await;
        let application = applied(&market, &one).await;
        grant(&market, &application, "granted").await.ok();
        app.run_jobs().await;
    })
    .await;
}
