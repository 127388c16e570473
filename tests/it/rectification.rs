//! Requests for rectification of decisions: asked, taken back, decided by another officer; raced, repeated, refused.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of};
use support::{Actor, Answer, Person, both};

use crate::town::{Town, done};

impl Town<'_> {
    /// A decision to ask about, and requests that wait: one to withdraw, one to decide.
    pub(crate) async fn rectifications(&mut self) {
        for (name, resident, programme) in [
            ("to ask about", "resident", "ninth programme"),
            ("request to withdraw", "resident", "tenth programme"),
            ("request to decide", "third resident", "ninth programme"),
        ] {
            let input = json!({ "programmeId": self.id(programme), "statement": "Haluan oppia uimaan." });
            let sent = done(self.person(resident), "resident/applyForVoucher", input).await;
            let input = ruling(&json!({
                "applicationId": sent.text("/applyForVoucher/application/id"), "expectedVersion": 1,
            }));
            let decided = done(self.person("deputy"), "officer/rejectVoucherApplication", input).await;
            let decision = decided.text("/rejectVoucherApplication/decision/id");
            if name == "to ask about" {
                self.put(format!("decision {name}"), decision);
                continue;
            }
            let asked = done(
                self.person(resident),
                "resident/requestRectification",
                request(&decision),
            )
            .await;
            self.put(name, asked.text("/requestRectification/request/id"));
        }
    }

    pub(crate) fn of_rectifications(&self, name: &str, maker: usize) -> Option<Value> {
        Some(match name {
            "rectifications" => json!({ "cityId": self.id("city"), "first": 10 }),
            "requestRectification" => json!({ "input": request(self.id("decision to ask about")) }),
            "withdrawRectification" => json!({ "input": {
                "requestId": self.id("request to withdraw"), "expectedVersion": 1,
            }}),
            "decideRectification" => json!({ "input": ruling(&json!({
                "requestId": self.id("request to decide"), "expectedVersion": 1, "verdict": "ACCEPT",
                "idempotencyKey": key_of(&format!("{name}-{maker}")),
            }))}),
            _ => return None,
        })
    }
}

fn request(decision: &str) -> Value {
    json!({ "decisionId": decision, "demand": "Pyydän palveluseteliä.", "grounds": "Tilanteeni on muuttunut." })
}

fn ruling(about: &Value) -> Value {
    let mut ruling = about.clone();
    for (name, text) in [
        ("grounds", "Edellytykset on tutkittu."),
        ("rulesApplied", "569/2009, 7 §"),
        ("contact", "Neuvonta, puh. 03 000 000"),
    ] {
        ruling[name] = json!(text);
    }
    ruling
}

async fn run(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

/// Applies and is rejected; answers the decision.
async fn rejected(market: &Market<'_>, resident: &Person<'_>) -> String {
    let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
    let sent = done(resident, "resident/applyForVoucher", input).await;
    let application = sent.text("/applyForVoucher/application/id");
    let input = ruling(&json!({ "applicationId": application, "expectedVersion": 1 }));
    let decided = done(&market.officer, "officer/rejectVoucherApplication", input).await;
    decided.text("/rejectVoucherApplication/decision/id")
}

async fn asked(resident: &Actor<'_>, decision: &str) -> String {
    let sent = run(resident, "resident/requestRectification", request(decision))
        .await
        .ok();
    sent.text("/requestRectification/request/id")
}

async fn decide(officer: &Actor<'_>, request: &str, verdict: &str, more: Value) -> Answer {
    let mut input = ruling(&json!({
        "requestId": request, "expectedVersion": 1, "verdict": verdict,
        "idempotencyKey": key_of(&format!("{request}-{verdict}")[30..]),
    }));
    for (name, value) in more.as_object().into_iter().flatten() {
        input[name] = value.clone();
    }
    run(officer, "officer/decideRectification", input).await
}

const MADE: &str = "/decideRectification/decision";

#[tokio::test]
async fn a_rejection_is_rectified_by_another_officer_and_the_chain_is_kept() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, deputy) = (app.person("resident").await, app.sign_in("deputy@example.org").await);
        let decision = rejected(&market, &resident).await;
        let request_id = asked(&resident, &decision).await;
        let again = run(&resident, "resident/requestRectification", request(&decision)).await;
        assert_eq!(again.user_errors(), ["ALREADY_EXISTS"]);

        let own = decide(&market.officer, &request_id, "ACCEPT", json!({})).await;
        assert_eq!(own.user_errors(), ["FOUR_EYES"], "against her own decision");
        let early = decide(&deputy, &request_id, "NOT_EXAMINED", json!({})).await;
        assert_eq!(early.user_errors(), ["NOT_ALLOWED_IN_STATE"], "it came in time");
        let accepted = decide(&deputy, &request_id, "ACCEPT", json!({})).await.ok();
        let repeated = decide(&deputy, &request_id, "ACCEPT", json!({})).await.ok();
        assert_eq!(accepted.body, repeated.body, "the same key answers the same");
        assert_eq!(accepted.data(&format!("{MADE}/outcome")), "GRANTED");
        assert_eq!(accepted.data(&format!("{MADE}/application/state")), "GRANTED");
        assert_eq!(accepted.data(&format!("{MADE}/previous/id")), &json!(decision));
        let html = accepted.text(&format!("{MADE}/html"));
        for text in ["hallinto-oikeuteen", &decision, "Pyydän palveluseteliä.", "100,00"] {
            assert!(html.contains(text), "{text} in {html}");
        }
        assert_eq!(market.balance(&resident).await, (10_000, 0));
        // In print: the same bytes for all who may see it, nothing for others.
        let seen = resident
            .run(
                "resident/voucherDecision",
                json!({ "id": accepted.data(&format!("{MADE}/id")) }),
            )
            .await
            .ok();
        let path = seen.text("/voucherDecision/pdfPath");
        let ((status, pdf), (_, again)) = tokio::join!(resident.fetch(&path), deputy.fetch(&path));
        assert!(status == 200 && pdf.starts_with(b"%PDF-"), "{status}");
        assert_eq!(pdf, again);
        let stranger = app.person("stranger").await;
        assert_eq!(stranger.fetch(&path).await.0, 404);
        assert_eq!(app.anyone().fetch(&path).await.0, 401);
        let late = decide(&deputy, &request_id, "UPHOLD", json!({ "expectedVersion": 2 })).await;
        assert_eq!(late.user_errors(), ["NOT_ALLOWED_IN_STATE"]);

        // A decision on a request goes to a court, not to the city again.
        let second = accepted.text(&format!("{MADE}/id"));
        let more = run(&resident, "resident/requestRectification", request(&second)).await;
        assert_eq!(more.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        let own = resident
            .run("resident/myVoucherApplications", json!({ "first": 10 }))
            .await
            .ok();
        let chain = own.data("/myVoucherApplications/nodes/0/decisions");
        assert_eq!(
            (&chain[0]["outcome"], &chain[1]["outcome"]),
            (&json!("REJECTED"), &json!("GRANTED"))
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_voucher_pays_is_raised_and_never_lowered() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, deputy) = (app.person("resident").await, app.sign_in("deputy@example.org").await);
        let input = json!({ "programmeId": market.programme, "statement": "Haluan oppia uimaan." });
        let sent = done(&resident, "resident/applyForVoucher", input).await;
        let mut input = ruling(&json!({
            "applicationId": sent.text("/applyForVoucher/application/id"), "expectedVersion": 1,
            "idempotencyKey": key_of("grant"),
        }));
        input["raise"] = json!({ "cents": 500, "reason": "Toimeentulo vaarantuu." });
        let granted = done(&market.officer, "officer/grantVoucherApplication", input).await;
        let decision = granted.text("/grantVoucherApplication/decision/id");
        assert_eq!(market.balance(&resident).await, (10_500, 0));

        let request_id = asked(&resident, &decision).await;
        let lower = decide(&deputy, &request_id, "ACCEPT", json!({})).await;
        assert_eq!(lower.user_errors(), ["OUT_OF_RANGE"], "no raise would lower it");
        let raise = json!({ "raise": { "cents": 2_000, "reason": "Toimeentulo vaarantuu." } });
        let raised = decide(&deputy, &request_id, "ACCEPT", raise).await.ok();
        assert_eq!(raised.data(&format!("{MADE}/outcome")), "AMENDED");
        assert_eq!(raised.data(&format!("{MADE}/voucher/value/cents")), 12_000);
        assert_eq!(raised.data(&format!("{MADE}/voucher/balance/available/cents")), 12_000);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_late_request_is_taken_and_only_then_may_stay_unexamined() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let decision = rejected(&market, &resident).await;
        // The last day is the 15th of February.
        app.clock.set("2027-02-15T22:00:00Z".parse().unwrap());
        let (resident, deputy) = (
            app.sign_in(&resident.email).await,
            app.sign_in("deputy@example.org").await,
        );
        let sent = run(&resident, "resident/requestRectification", request(&decision))
            .await
            .ok();
        assert_eq!(sent.data("/requestRectification/request/isLate"), true);
        let request_id = sent.text("/requestRectification/request/id");
        let unexamined = decide(&deputy, &request_id, "NOT_EXAMINED", json!({})).await.ok();
        assert_eq!(unexamined.data(&format!("{MADE}/outcome")), "NOT_EXAMINED");
        assert!(unexamined.data(&format!("{MADE}/voucher")).is_null());
        assert_eq!(unexamined.data(&format!("{MADE}/application/state")), "REJECTED");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn taking_back_and_deciding_at_once_have_one_winner() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (resident, deputy) = (app.person("resident").await, app.sign_in("deputy@example.org").await);
        let decision = rejected(&market, &resident).await;
        let (one, two) = tokio::join!(
            run(&resident, "resident/requestRectification", request(&decision)),
            run(&resident, "resident/requestRectification", request(&decision)),
        );
        let sent: Vec<_> = [one, two]
            .into_iter()
            .filter(|sent| sent.user_errors().is_empty())
            .collect();
        assert_eq!(sent.len(), 1, "one request at a time");
        let request_id = sent[0].text("/requestRectification/request/id");
        let back = json!({ "requestId": request_id, "expectedVersion": 1 });
        let answers = tokio::join!(
            run(&resident, "resident/withdrawRectification", back.clone()),
            decide(&deputy, &request_id, "ACCEPT", json!({})),
            decide(&deputy, &request_id, "UPHOLD", json!({})),
        );
        let won: Vec<_> = [&answers.0, &answers.1, &answers.2]
            .iter()
            .map(|answer| answer.user_errors().is_empty())
            .collect();
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{answers:?}");
        let vouchers = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
        let vouchers = vouchers.data("/myVouchers/nodes").as_array().unwrap().len();
        assert_eq!(vouchers, usize::from(won[1]));

        // What was taken back may be asked again, and nobody else sees any of it.
        if won[0] {
            asked(&resident, &decision).await;
        }
        let stranger = app.person("stranger").await;
        let foreign = run(&stranger, "resident/requestRectification", request(&decision)).await;
        assert_eq!(foreign.user_errors(), ["NOT_FOUND"]);
        let foreign = run(&stranger, "resident/withdrawRectification", back).await;
        assert_eq!(foreign.user_errors(), ["NOT_FOUND"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_budget_that_does_not_suffice_leaves_the_request_open() {
    both(async |app| {
        let terms = Terms {
            budget: 10_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let (resident, other) = (app.person("resident").await, app.person("other").await);
        let deputy = app.sign_in("deputy@example.org").await;
        let decision = rejected(&market, &resident).await;
        market.voucher(&other).await;
        let request_id = asked(&resident, &decision).await;
        let refused = decide(&deputy, &request_id, "ACCEPT", json!({})).await;
        assert_eq!(refused.user_errors(), ["BUDGET_EXCEEDED"]);
        let page = json!({ "cityId": market.city.id, "state": "SUBMITTED", "first": 10 });
        let queue = deputy.run("officer/rectifications", page).await.ok();
        assert_eq!(queue.data("/rectifications/nodes/0/id"), &json!(request_id));
        assert_eq!(queue.data("/rectifications/nodes/0/allowedActions"), &json!(["DECIDE"]));
        app.run_jobs().await;
    })
    .await;
}
