//! The waiting list of applications that the budget does not carry (E8): in order, offered to one, accepted, declined or
//! lapsed; raced, repeated, refused.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content, terms_content};
use support::{Actor, Answer, Person, TestApp, both};

use crate::overcommit::change;
use crate::town::{Town, done};

impl Town<'_> {
    /// An application that waits for a place on the list, and one that is offered a voucher.
    pub(crate) async fn waiting_list(&mut self) {
        let content = json!({ "cityId": self.id("city"), "content": programme_content(Terms::default()) });
        let made = done(self.person("officer"), "officer/createProgramme", content).await;
        let programme = made.text("/createProgramme/programme/id");
        let input = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
        done(self.person("deputy"), "officer/publishProgramme", input).await;
        for (name, resident) in [("to waitlist", "third resident"), ("offered", "resident")] {
            let input = json!({ "programmeId": programme, "statement": "Haluan oppia uimaan." });
            let sent = done(self.person(resident), "resident/applyForVoucher", input).await;
            let application = sent.text("/applyForVoucher/application/id");
            if name == "offered" {
                let input = place(&application, 1, 0);
                done(self.person("officer"), "officer/waitlistVoucherApplication", input).await;
                self.app.run_jobs().await;
            }
            self.put(format!("{name} voucher application"), application);
        }
    }

    pub(crate) fn of_waiting_list(&self, name: &str, maker: usize) -> Option<Value> {
        Some(match name {
            "waitlistVoucherApplication" => {
                json!({ "input": place(self.id("to waitlist voucher application"), 1, 3) })
            }
            "acceptVoucherOffer" => json!({ "input": {
                "applicationId": self.id("offered voucher application"), "expectedVersion": 3,
                "idempotencyKey": key_of(&format!("{name}-{maker}")),
            }}),
            _ => return None,
        })
    }
}

fn place(application: &str, version: i32, priority: i32) -> Value {
    json!({
        "applicationId": application, "expectedVersion": version, "priority": priority,
        "priorityGrounds": "Hakemusten järjestys.", "grounds": "Ikä täyttää ehdot.",
        "rulesApplied": "569/2009, 7 §", "contact": "Neuvonta, puh. 03 000 000",
    })
}

async fn run(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

/// Somebody who has applied, and the id of the application.
async fn applicant<'a>(app: &'a TestApp, market: &Market<'_>, name: &str) -> (Person<'a>, String) {
    let person = app.person(name).await;
    let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
    let sent = done(&person, "resident/applyForVoucher", input).await;
    (person, sent.text("/applyForVoucher/application/id"))
}

async fn waitlist(officer: &Actor<'_>, application: &str, version: i32, priority: i32) -> Answer {
    run(
        officer,
        "officer/waitlistVoucherApplication",
        place(application, version, priority),
    )
    .await
}

/// Three who wait in this order, the last with a priority of her own, for a budget that another voucher has used up.
async fn three<'a>(app: &'a TestApp, market: &Market<'_>) -> (String, [(Person<'a>, String); 3]) {
    let holder = app.person("holder").await;
    let voucher = market.voucher(&holder).await;
    let mut waiting = Vec::new();
    for (name, priority) in [("first", 0), ("second", 0), ("urgent", 5)] {
        let (person, application) = applicant(app, market, name).await;
        waitlist(&market.officer, &application, 1, priority).await.ok();
        waiting.push((person, application));
    }
    app.run_jobs().await;
    (voucher, waiting.try_into().unwrap_or_else(|_| panic!("three")))
}

async fn scarce(app: &TestApp) -> Market<'_> {
    let terms = Terms {
        budget: 10_000,
        ..Terms::default()
    };
    Market::open(app, terms).await
}

async fn revoke(market: &Market<'_>, voucher: &str) {
    let input = json!({
        "voucherId": voucher, "expectedVersion": 1, "reason": "Muutto.", "idempotencyKey": key_of("revoke"),
    });
    run(&market.officer, "officer/revokeVoucher", input).await.ok();
}

/// The state of her application and her position.
async fn standing(app: &TestApp, person: &Person<'_>) -> (String, Option<i64>) {
    let person = app.sign_in(&person.email).await;
    let seen = person
        .run("resident/myVoucherApplications", json!({ "first": 10 }))
        .await
        .ok();
    let own = seen.data("/myVoucherApplications/nodes/0");
    let state = own["state"].as_str().unwrap().to_owned();
    (state, own["waiting"]["position"].as_i64())
}

async fn states(app: &TestApp, waiting: &[(Person<'_>, String)]) -> Vec<String> {
    let mut states = Vec::new();
    for (person, _) in waiting {
        states.push(standing(app, person).await.0);
    }
    states
}

async fn accept(app: &TestApp, person: &Person<'_>, application: &str, version: i32) -> Answer {
    let input = json!({
        "applicationId": application, "expectedVersion": version, "idempotencyKey": key_of("accept"),
    });
    let person = app.sign_in(&person.email).await;
    run(&person, "resident/acceptVoucherOffer", input).await
}

async fn withdraw(app: &TestApp, person: &Person<'_>, application: &str, version: i32) -> Answer {
    let input = json!({ "applicationId": application, "expectedVersion": version });
    let person = app.sign_in(&person.email).await;
    run(&person, "resident/withdrawVoucherApplication", input).await
}

#[tokio::test]
async fn who_is_most_urgent_is_offered_first_and_accepts() {
    both(async |app| {
        let market = scarce(app).await;
        let (voucher, waiting) = three(app, &market).await;
        let [(first, first_id), (second, _), (urgent, urgent_id)] = &waiting;
        let mut grant = place(first_id, 2, 0);
        for name in ["priority", "priorityGrounds"] {
            grant.as_object_mut().unwrap().remove(name);
        }
        grant["idempotencyKey"] = json!(key_of("grant"));
        let granted = run(&market.officer, "officer/grantVoucherApplication", grant).await;
        assert_eq!(granted.user_errors(), ["NOT_ALLOWED_IN_STATE"], "the list decides");
        for (person, position) in [(urgent, 1), (first, 2), (second, 3)] {
            assert_eq!(standing(app, person).await, ("WAITING".to_owned(), Some(position)));
        }
        let wrong = waitlist(&market.officer, first_id, 2, 10).await;
        assert_eq!(wrong.user_errors(), ["OUT_OF_RANGE"]);
        assert_eq!(
            accept(app, urgent, urgent_id, 2).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );

        revoke(&market, &voucher).await;
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["WAITING", "WAITING", "OFFERED"]);
        let letter = app.mails().into_iter().rfind(|mail| mail.to == urgent.email).unwrap();
        assert!(letter.text.contains("25.1.2027"), "{}", letter.text);
        let stranger = app.person("stranger").await;
        assert_eq!(
            market.grant(&stranger, "take").await.user_errors(),
            ["BUDGET_EXCEEDED"],
            "it is set aside"
        );
        assert_eq!(accept(app, &stranger, urgent_id, 3).await.user_errors(), ["NOT_FOUND"]);

        let accepted = accept(app, urgent, urgent_id, 3).await.ok();
        let again = accept(app, urgent, urgent_id, 3).await.ok();
        assert_eq!(accepted.body, again.body, "the same key answers the same");
        let made = "/acceptVoucherOffer/decision";
        assert_eq!(accepted.data(&format!("{made}/outcome")), "GRANTED");
        assert_eq!(accepted.data(&format!("{made}/application/state")), "GRANTED");
        assert!(accepted.text(&format!("{made}/html")).contains("100,00"));
        let urgent = app.sign_in(&urgent.email).await;
        assert_eq!(market.balance(&urgent).await, (10_000, 0));
        // The officer who put her on the list has decided, so another one decides on a request for rectification.
        let decision = accepted.text(&format!("{made}/id"));
        let ask = json!({ "decisionId": decision, "demand": "Lisää.", "grounds": "Tarve." });
        let asked = run(&urgent, "resident/requestRectification", ask).await.ok();
        let mut verdict = place(first_id, 1, 0);
        for name in ["priority", "priorityGrounds", "applicationId"] {
            verdict.as_object_mut().unwrap().remove(name);
        }
        verdict["requestId"] = asked.data("/requestRectification/request/id").clone();
        verdict["verdict"] = json!("UPHOLD");
        verdict["idempotencyKey"] = json!(key_of("verdict"));
        let own = run(&market.officer, "officer/decideRectification", verdict).await;
        assert_eq!(own.user_errors(), ["FOUR_EYES"]);
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["WAITING", "WAITING", "GRANTED"]);
    })
    .await;
}

#[tokio::test]
async fn silence_and_refusal_bring_the_offer_to_the_next() {
    both(async |app| {
        let market = scarce(app).await;
        let (voucher, waiting) = three(app, &market).await;
        let [(first, first_id), (_, second_id), _] = &waiting;
        revoke(&market, &voucher).await;
        app.run_jobs().await;
        // The last day is the 25th of January.
        app.clock.set("2027-01-25T21:59:00Z".parse().unwrap());
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["WAITING", "WAITING", "OFFERED"]);
        app.clock.set("2027-01-25T22:00:00Z".parse().unwrap());
        let vouchers = &app.contexts.vouchers;
        let (one, two) = tokio::join!(vouchers.run_waiting_lists(), vouchers.run_waiting_lists());
        one.and(two).unwrap();
        assert_eq!(states(app, &waiting).await, ["OFFERED", "WAITING", "LAPSED"]);

        withdraw(app, first, first_id, 3).await.ok();
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["WITHDRAWN", "OFFERED", "LAPSED"]);
        // Whoever has left may apply anew; whoever is on the list may not.
        let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
        let second = app.sign_in(&waiting[1].0.email).await;
        let twice = run(&second, "resident/applyForVoucher", input.clone()).await;
        assert_eq!(twice.user_errors(), ["ALREADY_EXISTS"]);
        let lapsed = app.sign_in(&waiting[2].0.email).await;
        run(&lapsed, "resident/applyForVoucher", input).await.ok();

        let answers = tokio::join!(accept(app, &second, second_id, 3), withdraw(app, &second, second_id, 3),);
        let won = [&answers.0, &answers.1].map(|answer| answer.user_errors().is_empty());
        assert_ne!(won[0], won[1], "{answers:?}");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn money_for_one_asks_one() {
    both(async |app| {
        let market = scarce(app).await;
        let (_, waiting) = three(app, &market).await;
        let raised = change(&market, app, 2027, 25_000, 10_000).await;
        raised.ok();
        let programme = market.programme.parse().unwrap();
        let work = vouchers::OfferWork {
            city: market.city.id,
            programme,
        };
        let vouchers = &app.contexts.vouchers;
        let done = tokio::join!(
            vouchers.run_offer(work),
            vouchers.run_offer(work),
            vouchers.run_waiting_lists(),
        );
        done.0.and(done.1).and(done.2).unwrap();
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["WAITING", "WAITING", "OFFERED"]);
    })
    .await;
}

#[tokio::test]
async fn the_smaller_one_fits_where_the_first_does_not() {
    both(async |app| {
        let market = scarce(app).await;
        let holder = app.person("holder").await;
        market.voucher(&holder).await;
        let (large, large_id) = applicant(app, &market, "large").await;
        let (small, small_id) = applicant(app, &market, "small").await;
        let mut more = place(&large_id, 1, 9);
        more["raise"] = json!({ "cents": 5_000, "reason": "Toimeentulo vaarantuu." });
        run(&market.officer, "officer/waitlistVoucherApplication", more)
            .await
            .ok();
        waitlist(&market.officer, &small_id, 1, 0).await.ok();
        change(&market, app, 2027, 22_000, 10_000).await.ok();
        app.run_jobs().await;
        assert_eq!(standing(app, &small).await.0, "OFFERED");
        assert_eq!(standing(app, &large).await, ("WAITING".to_owned(), Some(1)));
        // What is left and what comes carry the other.
        change(&market, app, 2027, 35_000, 10_000).await.ok();
        app.run_jobs().await;
        assert_eq!(standing(app, &large).await.0, "OFFERED");
        let accepted = accept(app, &large, &large_id, 3).await.ok();
        assert_eq!(
            accepted.data("/acceptVoucherOffer/decision/voucher/value/cents"),
            15_000
        );
        app.run_jobs().await;
    })
    .await;
}

async fn segment(app: &TestApp, market: &Market<'_>, person: &Person<'_>, until: &str) {
    let input = json!({
        "cityId": market.city.id, "resident": person.email, "segment": "omaishoitajat", "from": "2027-01-01",
        "until": until, "grounds": "Omaishoitosopimus.",
    });
    let officer = app.sign_in(&market.officer.email).await;
    run(&officer, "officer/recordSegment", input).await.ok();
}

#[tokio::test]
async fn who_is_not_eligible_any_more_is_passed_over() {
    both(async |app| {
        let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
        terms["eligibility"] = json!([{ "segment": "omaishoitajat" }]);
        terms["parameters"] = json!({ "offerDays": 30 });
        let budget = Terms {
            budget: 10_000,
            ..Terms::default()
        };
        let market = Market::with_terms(app, budget, &terms).await;
        let mut waiting = Vec::new();
        let holder = app.person("holder").await;
        segment(app, &market, &holder, "2027-12-31").await;
        let voucher = market.voucher(&holder).await;
        for (name, until) in [("short", "2027-01-15"), ("long", "2027-01-31")] {
            let (person, application) = applicant(app, &market, name).await;
            segment(app, &market, &person, until).await;
            waitlist(&market.officer, &application, 1, 0).await.ok();
            waiting.push((person, application));
        }
        app.clock.set("2027-01-20T10:00:00Z".parse().unwrap());
        app.run_jobs().await;
        let market = Market {
            officer: app.sign_in(&market.officer.email).await,
            ..market
        };
        revoke(&market, &voucher).await;
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["SUBMITTED", "OFFERED"]);

        app.clock.set("2027-02-01T10:00:00Z".parse().unwrap());
        app.run_jobs().await;
        let (long, id) = &waiting[1];
        assert_eq!(accept(app, long, id, 3).await.user_errors(), ["NOT_ELIGIBLE"]);
        assert_eq!(
            states(app, &waiting).await,
            ["SUBMITTED", "OFFERED"],
            "a refusal changes nothing"
        );
        segment(app, &market, long, "2027-12-31").await;
        accept(app, long, id, 3).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_programme_that_is_over_sends_all_back() {
    both(async |app| {
        let market = scarce(app).await;
        let (voucher, waiting) = three(app, &market).await;
        revoke(&market, &voucher).await;
        app.run_jobs().await;
        let (urgent, urgent_id) = &waiting[2];
        app.clock.set("2027-01-20T10:00:00Z".parse().unwrap());
        let officer = app.sign_in(&market.officer.email).await;
        let input = json!({ "programmeId": market.programme, "expectedVersion": 2 });
        run(&officer, "officer/closeProgramme", input).await.ok();
        app.run_jobs().await;
        assert_eq!(states(app, &waiting).await, ["SUBMITTED", "SUBMITTED", "OFFERED"]);
        assert_eq!(
            accept(app, urgent, urgent_id, 3).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        app.clock.set("2027-01-26T10:00:00Z".parse().unwrap());
        app.run_jobs().await;
        assert_eq!(standing(app, urgent).await.0, "LAPSED");
    })
    .await;
}
