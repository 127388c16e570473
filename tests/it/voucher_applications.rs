//! Residents' applications for vouchers: asked, answered, withdrawn, decided in writing; raced, repeated, refused.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Answer, Person, both};

use crate::town::{Town, done};

impl Town<'_> {
    /// An application of a resident for each purpose, and one that the deputy has decided.
    pub(crate) async fn voucher_applications(&mut self) {
        for (name, resident, programme) in [
            ("to withdraw", "resident", "sixth programme"),
            ("asked", "resident", "seventh programme"),
            ("decided", "resident", "eighth programme"),
            ("to ask", "third resident", "sixth programme"),
            ("to grant", "third resident", "seventh programme"),
            ("to reject", "third resident", "eighth programme"),
        ] {
            let input = json!({ "programmeId": self.id(programme), "statement": "Haluan oppia uimaan." });
            let sent = done(self.person(resident), "resident/applyForVoucher", input).await;
            self.put(
                format!("{name} voucher application"),
                sent.text("/applyForVoucher/application/id"),
            );
        }
        let input = json!({
            "applicationId": self.id("asked voucher application"), "expectedVersion": 1, "question": "Oletko uinut ennen?",
        });
        done(self.person("deputy"), "officer/requestVoucherInformation", input).await;
        let input = json!({
            "applicationId": self.id("decided voucher application"), "expectedVersion": 1, "grounds": "Ikä ei riitä.",
            "rulesApplied": "569/2009, 7 §", "contact": "Neuvonta, puh. 03 000 000",
        });
        let decided = done(self.person("deputy"), "officer/rejectVoucherApplication", input).await;
        self.put("decision", decided.text("/rejectVoucherApplication/decision/id"));
        self.rectifications().await;
    }

    pub(crate) fn of_applicant(&self, name: &str) -> Option<Value> {
        Some(match name {
            "applyForVoucher" => json!({ "input": {
                "programmeId": self.id("eighth programme"), "statement": "Haluan oppia uimaan.",
            }}),
            "withdrawVoucherApplication" => json!({ "input": {
                "applicationId": self.id("to withdraw voucher application"), "expectedVersion": 1,
            }}),
            "provideVoucherInformation" => json!({ "input": {
                "applicationId": self.id("asked voucher application"), "expectedVersion": 2, "answer": "En ole uinut.",
            }}),
            "voucherApplication" => json!({ "id": self.id("asked voucher application") }),
            "voucherDecision" => json!({ "id": self.id("decision") }),
            "myVoucherApplications" | "myVoucherDecisions" => json!({ "first": 10 }),
            _ => return None,
        })
    }

    pub(crate) fn of_applications(&self, name: &str, maker: usize) -> Option<Value> {
        let application = |which: &str| self.id(&format!("{which} voucher application")).to_owned();
        let mut variables = json!({ "input": {
            "expectedVersion": 1, "grounds": "Edellytykset on tutkittu.", "rulesApplied": "569/2009, 7 §",
            "contact": "Neuvonta, puh. 03 000 000",
        }});
        match name {
            "voucherApplications" => return Some(json!({ "cityId": self.id("city"), "first": 10 })),
            "requestVoucherInformation" => {
                return Some(json!({ "input": {
                    "applicationId": application("to ask"), "expectedVersion": 1, "question": "Oletko uinut ennen?",
                }}));
            }
            "grantVoucherApplication" => {
                variables["input"]["applicationId"] = json!(application("to grant"));
                variables["input"]["idempotencyKey"] = json!(key_of(&format!("{name}-{maker}")));
            }
            "rejectVoucherApplication" => variables["input"]["applicationId"] = json!(application("to reject")),
            _ => return None,
        }
        Some(variables)
    }
}

/// Applies to the programme of the market and answers the id of the application.
async fn applied(market: &Market<'_>, resident: &Person<'_>) -> String {
    let sent = apply(market, resident).await.ok();
    sent.text("/applyForVoucher/application/id")
}

async fn apply(market: &Market<'_>, resident: &Person<'_>) -> Answer {
    let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
    resident
        .run("resident/applyForVoucher", json!({ "input": input }))
        .await
}

fn decision(application: &str, version: i32) -> Value {
    json!({
        "applicationId": application, "expectedVersion": version, "grounds": "Ikä täyttää ehdot.",
        "rulesApplied": "Laki sosiaali- ja terveydenhuollon palvelusetelistä (569/2009) 7 §",
        "contact": "Neuvonta, puh. 03 000 000",
    })
}

async fn grant(officer: &Person<'_>, application: &str, version: i32, key: &str) -> Answer {
    let mut input = decision(application, version);
    input["idempotencyKey"] = json!(key_of(key));
    officer
        .run("officer/grantVoucherApplication", json!({ "input": input }))
        .await
}

async fn reject(officer: &Person<'_>, application: &str, version: i32) -> Answer {
    let input = decision(application, version);
    officer
        .run("officer/rejectVoucherApplication", json!({ "input": input }))
        .await
}

async fn withdraw(resident: &Person<'_>, application: &str, version: i32) -> Answer {
    let input = json!({ "applicationId": application, "expectedVersion": version });
    resident
        .run("resident/withdrawVoucherApplication", json!({ "input": input }))
        .await
}

#[tokio::test]
async fn an_application_becomes_a_voucher_and_a_frozen_decision() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let application = applied(&market, &resident).await;
        assert_eq!(apply(&market, &resident).await.user_errors(), ["ALREADY_EXISTS"]);

        let ask = json!({ "applicationId": application, "expectedVersion": 1, "question": "Oletko uinut ennen?" });
        done(&market.officer, "officer/requestVoucherInformation", ask).await;
        let answer = json!({ "applicationId": application, "expectedVersion": 2, "answer": "En ole." });
        let answered = done(&resident, "resident/provideVoucherInformation", answer).await;
        let shown = "/provideVoucherInformation/application";
        assert_eq!(answered.data(&format!("{shown}/state")), "INFO_PROVIDED");
        assert_eq!(answered.data(&format!("{shown}/messages/1/text")), "En ole.");

        let granted = grant(&market.officer, &application, 3, "grant").await.ok();
        let again = grant(&market.officer, &application, 3, "grant").await.ok();
        assert_eq!(granted.body, again.body, "the same key answers the same");
        let made = "/grantVoucherApplication/decision";
        assert_eq!(granted.data(&format!("{made}/voucher/value/cents")), 10_000);
        assert_eq!(granted.data(&format!("{made}/application/state")), "GRANTED");
        // Monday the 11th of January, heard of on the 14th; thirty days later is a Saturday.
        assert_eq!(granted.data(&format!("{made}/appealUntil")), "2027-02-15");
        assert_eq!(market.balance(&resident).await, (10_000, 0));

        let html = granted.text(&format!("{made}/html"));
        let digest = hex::encode(Sha256::digest(&html));
        assert_eq!(granted.text(&format!("{made}/sha256")), digest);
        for text in [
            "lang=\"fi\"",
            "100,00",
            "Ikä täyttää ehdot.",
            "569/2009",
            "Neuvonta",
            "15.2.2027",
        ] {
            assert!(html.contains(text), "{text} in {html}");
        }
        let seen = json!({ "id": granted.data(&format!("{made}/id")) });
        let seen = resident.run("resident/voucherDecision", seen).await.ok();
        assert_eq!(seen.text("/voucherDecision/html"), html);

        app.run_jobs().await;
        let letters = app.mails();
        let letters: Vec<_> = letters.iter().filter(|mail| mail.to == resident.email).collect();
        assert_eq!(letters.len(), 2);
        assert!(
            letters
                .iter()
                .all(|mail| !mail.text.contains("uinut") && !mail.text.contains("Ikä"))
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_decided_or_withdrawn_stays_so() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let first = applied(&market, &resident).await;
        withdraw(&resident, &first, 1).await.ok();
        let state = ["NOT_ALLOWED_IN_STATE"];
        assert_eq!(grant(&market.officer, &first, 2, "late").await.user_errors(), state);
        assert_eq!(reject(&market.officer, &first, 2).await.user_errors(), state);
        assert_eq!(withdraw(&resident, &first, 2).await.user_errors(), state);

        let second = applied(&market, &resident).await;
        assert_eq!(reject(&market.officer, &second, 9).await.user_errors(), ["CONFLICT"]);
        let rejected = reject(&market.officer, &second, 1).await.ok();
        let made = "/rejectVoucherApplication/decision";
        assert!(rejected.text(&format!("{made}/html")).contains("Hakemus hylätään."));
        assert!(rejected.data(&format!("{made}/voucher")).is_null());
        assert_eq!(withdraw(&resident, &second, 2).await.user_errors(), state);

        // After a rejection she may apply again, with a voucher she may not.
        let third = applied(&market, &resident).await;
        grant(&market.officer, &third, 1, "third").await.ok();
        assert_eq!(apply(&market, &resident).await.user_errors(), ["ALREADY_EXISTS"]);
        let own = resident
            .run("resident/myVoucherDecisions", json!({ "first": 10 }))
            .await
            .ok();
        let outcomes = own.data("/myVoucherDecisions/nodes").as_array().unwrap().iter();
        let outcomes: Vec<_> = outcomes.map(|row| row["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["REJECTED", "GRANTED"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_decides_on_her_own_application() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let own = applied(&market, &market.officer).await;
        let four_eyes = ["FOUR_EYES"];
        assert_eq!(grant(&market.officer, &own, 1, "own").await.user_errors(), four_eyes);
        assert_eq!(reject(&market.officer, &own, 1).await.user_errors(), four_eyes);
        let ask = json!({ "input": { "applicationId": own, "expectedVersion": 1, "question": "Miksi?" } });
        let asked = market.officer.run("officer/requestVoucherInformation", ask).await;
        assert_eq!(asked.user_errors(), four_eyes);
        let deputy = app.sign_in("deputy@example.org").await;
        grant(&deputy, &own, 1, "deputy").await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn deciding_twice_and_withdrawing_at_once_have_one_winner() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, deputy) = (app.person("resident").await, app.sign_in("deputy@example.org").await);
        let (one, two) = tokio::join!(apply(&market, &resident), apply(&market, &resident));
        let sent: Vec<_> = [one, two]
            .into_iter()
            .filter(|sent| sent.user_errors().is_empty())
            .collect();
        assert_eq!(sent.len(), 1, "one application at a time");
        let application = sent[0].text("/applyForVoucher/application/id");
        let answers = tokio::join!(
            grant(&market.officer, &application, 1, "officer"),
            grant(&deputy, &application, 1, "deputy"),
            reject(&deputy, &application, 1),
            withdraw(&resident, &application, 1),
        );
        let answers = [answers.0, answers.1, answers.2, answers.3];
        let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
        assert_eq!(won, 1, "{answers:?}");
        let vouchers = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
        let vouchers = vouchers.data("/myVouchers/nodes").as_array().unwrap().len();
        let granted = answers[..2].iter().any(|answer| answer.user_errors().is_empty());
        assert_eq!(vouchers, usize::from(granted));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_budget_that_does_not_suffice_leaves_the_application_open() {
    both(async |app| {
        let terms = Terms {
            budget: 10_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let (first, second) = (app.person("first").await, app.person("second").await);
        let (one, two) = (applied(&market, &first).await, applied(&market, &second).await);
        grant(&market.officer, &one, 1, "one").await.ok();
        let refused = grant(&market.officer, &two, 1, "two").await;
        assert_eq!(refused.user_errors(), ["BUDGET_EXCEEDED"]);
        let seen = second
            .run("resident/voucherApplication", json!({ "id": two }))
            .await
            .ok();
        assert_eq!(seen.data("/voucherApplication/state"), "SUBMITTED");
        assert_eq!(seen.data("/voucherApplication/decisions"), &json!([]));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_filtered_by_state_programme_and_age() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (old, new) = (app.person("old").await, app.person("new").await);
        let waiting = applied(&market, &old).await;
        app.clock.advance(chrono::Duration::days(8));
        let officer = app.sign_in(&market.officer.email).await;
        let new = app.sign_in(&new.email).await;
        let asked = applied(&market, &new).await;
        let ask = json!({ "applicationId": asked, "expectedVersion": 1, "question": "Miksi?" });
        done(&officer, "officer/requestVoucherInformation", ask).await;
        let other = json!({ "cityId": market.city.id, "content": programme_content(Terms::default()) });
        let other = done(&officer, "officer/createProgramme", other).await;
        let other = other.text("/createProgramme/programme/id");

        let listed = async |filter: Value| {
            let variables = json!({ "cityId": market.city.id, "filter": filter, "first": 10 });
            let answer = officer.run("officer/voucherApplications", variables).await.ok();
            let rows = answer.data("/voucherApplications/nodes").as_array().unwrap().clone();
            let row = |row: &Value| (row["id"].as_str().unwrap().to_owned(), row["ageDays"].as_i64().unwrap());
            rows.iter().map(row).collect::<Vec<_>>()
        };
        let (first, second) = ((waiting, 8), (asked, 0));
        assert_eq!(listed(json!(null)).await, [first.clone(), second.clone()]);
        assert_eq!(
            listed(json!({ "olderThanDays": 8 })).await,
            std::slice::from_ref(&first)
        );
        assert!(listed(json!({ "olderThanDays": 9 })).await.is_empty());
        assert_eq!(
            listed(json!({ "state": "INFO_REQUESTED" })).await,
            std::slice::from_ref(&second)
        );
        assert_eq!(
            listed(json!({ "programmeId": market.programme })).await,
            [first, second]
        );
        assert!(listed(json!({ "programmeId": other })).await.is_empty());
        app.run_jobs().await;
    })
    .await;
}
