//! Incomes are reviewed, and the value changes from the next month on (V7): asked once, told, decided, passed over; raced,
//! repeated, refused.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content, terms_content};
use support::{Actor, Answer, Person, TestApp, both};

use crate::parameters::occurrences;
use crate::town::{Town, done};
use crate::values::home_care;

/// Terms by income that ask for it anew after a month.
pub(crate) fn reviewed() -> Value {
    let mut terms = terms_content(&home_care());
    terms["parameters"] = json!({ "incomeReviewMonths": 1, "incomeAnswerDays": 14 });
    terms
}

/// A published programme that reviews incomes, and a voucher of hers.
async fn voucher_by_income(city: &str, officer: &Person<'_>, deputy: &Person<'_>, resident: &str) -> String {
    let mut content = programme_content(Terms::default());
    content["terms"] = reviewed();
    let input = json!({ "cityId": city, "content": content });
    let made = done(officer, "officer/createProgramme", input).await;
    let programme = made.text("/createProgramme/programme/id");
    let input = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
    done(deputy, "officer/publishProgramme", input).await;
    let input = json!({
        "cityId": city, "programmeId": programme, "residentEmail": resident, "grounds": "Ikä täyttää ehdot.",
        "amount": 50_000, "assessment": { "monthlyIncome": 140_000 },
        "idempotencyKey": key_of(&format!("grant-{programme}")),
    });
    let granted = done(officer, "officer/grantVoucher", input).await;
    granted.text("/grantVoucher/voucher/id")
}

/// As many reviews of a resident, once a month has passed.
pub(crate) async fn crowd(market: &Market<'_>, deputy: &Person<'_>, resident: &Person<'_>, many: u32) {
    let city = market.city.id.to_string();
    for _ in 0..many {
        voucher_by_income(&city, &market.officer, deputy, &resident.email).await;
    }
}

impl Town<'_> {
    /// Reviews of incomes, one to answer and one to decide on.
    pub(crate) async fn income_reviews(&mut self) {
        for (number, resident) in ["resident", "third resident", "third resident"].iter().enumerate() {
            let (officer, deputy) = (self.person("officer"), self.person("deputy"));
            let resident = &self.person(resident).email;
            let voucher = voucher_by_income(self.id("city"), officer, deputy, resident).await;
            self.put(format!("income voucher {number}"), voucher);
        }
    }

    /// Their ids, once the town is ready.
    pub(crate) async fn asked_incomes(&mut self) {
        for (name, resident) in [("to report", "resident"), ("to decide", "third resident")] {
            let page = json!({ "first": 10 });
            let seen = self.person(resident).run("resident/myIncomeReviews", page).await.ok();
            self.put(format!("{name} income"), seen.text("/myIncomeReviews/nodes/0/id"));
        }
        for (name, number) in [("to confirm", 1), ("to withdraw", 2)] {
            let input =
                crate::corrections::proposal(self.id(&format!("income voucher {number}")), "2027-02-01", 50_000);
            let made = done(self.person("deputy"), "officer/proposeRetroactiveIncome", input).await;
            self.put(
                format!("{name} income"),
                made.text("/proposeRetroactiveIncome/review/id"),
            );
        }
    }

    pub(crate) fn of_income_reviews(&self, name: &str, maker: usize) -> Option<Value> {
        Some(match name {
            "myIncomeReviews" => json!({ "first": 10 }),
            "incomeReviews" | "shareCorrections" => json!({ "cityId": self.id("city"), "first": 10 }),
            "reportIncome" => json!({ "input": {
                "reviewId": self.id("to report income"), "expectedVersion": 1, "assessment": { "monthlyIncome": 50_000 },
            }}),
            "decideIncome" => json!({ "input": {
                "reviewId": self.id("to decide income"), "expectedVersion": 1, "grounds": "Palkkatodistus.",
                "assessment": { "monthlyIncome": 50_000 },
            }}),
            "proposeRetroactiveIncome" => json!({ "input":
                crate::corrections::proposal(self.id("income voucher 0"), "2027-02-01", 50_000)
            }),
            "confirmRetroactiveIncome" => json!({ "input": {
                "reviewId": self.id("to confirm income"), "expectedVersion": 1,
                "idempotencyKey": key_of(&format!("{name}-{maker}")),
            }}),
            "withdrawRetroactiveIncome" => json!({ "input": {
                "reviewId": self.id("to withdraw income"), "expectedVersion": 1,
            }}),
            _ => return None,
        })
    }
}

pub(crate) async fn run(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

pub(crate) async fn open(app: &TestApp) -> (Market<'_>, Person<'_>, String) {
    let market = Market::with_terms(app, Terms::default(), &reviewed()).await;
    let resident = app.person("resident").await;
    let grant = json!({ "amount": 50_000, "assessment": { "monthlyIncome": 140_000 } });
    let granted = market.grant_with(&resident, "grant", &grant).await.ok();
    (market, resident, granted.text("/grantVoucher/voucher/id"))
}

/// Goes to an instant, lets the jobs run and signs everybody in anew.
pub(crate) async fn at<'a>(
    app: &'a TestApp,
    market: Market<'a>,
    resident: &Person<'_>,
    now: &str,
) -> (Market<'a>, Person<'a>) {
    app.clock.set(now.parse().unwrap());
    app.run_jobs().await;
    let market = Market {
        officer: app.sign_in(&market.officer.email).await,
        provider: app.sign_in(&market.provider.email).await,
        ..market
    };
    (market, app.sign_in(&resident.email).await)
}

pub(crate) async fn reviews(resident: &Person<'_>) -> Vec<Value> {
    let seen = resident
        .run("resident/myIncomeReviews", json!({ "first": 10 }))
        .await
        .ok();
    seen.data("/myIncomeReviews/nodes").as_array().unwrap().clone()
}

pub(crate) async fn share(resident: &Person<'_>, occurrence: &str, voucher: &str) -> Value {
    let variables = json!({ "occurrenceId": occurrence, "voucherId": voucher });
    let preview = resident.run("resident/bookingPreview", variables).await.ok();
    preview.data("/bookingPreview/voucherShare/cents").clone()
}

fn report(review: &Value, version: i32, assessment: &Value) -> Value {
    json!({ "reviewId": review["id"], "expectedVersion": version, "assessment": assessment })
}

fn decision(review: &Value, version: i32) -> Value {
    json!({ "reviewId": review["id"], "expectedVersion": version, "grounds": "Palkkatodistus." })
}

async fn tasks(market: &Market<'_>) -> Vec<Value> {
    let variables = json!({ "cityId": market.city.id, "state": "OPEN", "first": 10 });
    let seen = market.officer.run("officer/officerTasks", variables).await.ok();
    let rows = seen.data("/officerTasks/nodes").as_array().unwrap().clone();
    rows.iter().map(|task| task["kind"].clone()).collect()
}

#[tokio::test]
async fn a_new_income_values_the_visits_of_the_next_month_and_no_booking() {
    both(async |app| {
        let (market, resident, voucher) = open(app).await;
        let times = occurrences(
            &market,
            &["2027-02-28T10:00:00Z", "2027-03-01T10:00:00Z", "2027-03-02T10:00:00Z"],
        )
        .await;
        let booked = market.book_at(&resident, &times[1], &voucher, "before").await.ok();
        assert_eq!(booked.data("/bookOffer/booking/voucherShare/cents"), 2_212);

        let (market, resident) = at(app, market, &resident, "2027-02-10T12:00:00Z").await;
        assert!(reviews(&resident).await.is_empty(), "a month has not passed");
        let (market, resident) = at(app, market, &resident, "2027-02-11T12:00:00Z").await;
        let vouchers = &app.contexts.vouchers;
        let (one, two) = tokio::join!(vouchers.run_review_incomes(), vouchers.run_review_incomes());
        one.and(two).unwrap();
        let asked = reviews(&resident).await;
        assert_eq!(asked.len(), 1);
        assert_eq!(
            (&asked[0]["state"], &asked[0]["answerUntil"]),
            (&json!("ASKED"), &json!("2027-02-25"))
        );
        let letters = app.mails();
        let letter = letters.iter().rfind(|mail| mail.to == resident.email).unwrap();
        assert!(letter.text.contains("25.2.2027"), "{}", letter.text);

        // Without an income the lowest value is accepted expressly, or the income is told.
        let silent = run(&resident, "resident/reportIncome", report(&asked[0], 1, &json!({}))).await;
        assert_eq!(silent.user_errors(), ["REQUIRED"]);
        let early = run(&market.officer, "officer/decideIncome", decision(&asked[0], 1)).await;
        assert_eq!(early.user_errors(), ["REQUIRED"], "nothing is told");
        let told = json!({ "monthlyIncome": 50_000 });
        run(&resident, "resident/reportIncome", report(&asked[0], 1, &told))
            .await
            .ok();
        let stale = run(&market.officer, "officer/decideIncome", decision(&asked[0], 1)).await;
        assert_eq!(stale.user_errors(), ["CONFLICT"]);
        let decided = run(&market.officer, "officer/decideIncome", decision(&asked[0], 2))
            .await
            .ok();
        let made = "/decideIncome/review";
        assert_eq!(decided.data(&format!("{made}/fromDay")), "2027-03-01");
        assert_eq!(decided.data(&format!("{made}/valueBefore/cents")), 2_212);
        assert_eq!(decided.data(&format!("{made}/valueAfter/cents")), 2_700);
        let again = run(&market.officer, "officer/decideIncome", decision(&asked[0], 3)).await;
        assert_eq!(again.user_errors(), ["NOT_ALLOWED_IN_STATE"]);

        assert_eq!(share(&resident, &times[0], &voucher).await, 2_212);
        assert_eq!(share(&resident, &times[2], &voucher).await, 2_700);
        let seen = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
        assert_eq!(
            seen.data("/myBookings/nodes/0/voucherShare/cents"),
            2_212,
            "it is frozen"
        );
        let own = reviews(&resident).await;
        let history = json!([
            { "from": "2027-01-01", "monthlyIncome": 140_000, "householdSize": 1 },
            { "from": "2027-03-01", "monthlyIncome": 50_000, "householdSize": 1 },
        ]);
        assert_eq!(own[0]["voucher"]["assessments"], history);
        // A month after the review she is asked again.
        let (_, resident) = at(app, market, &resident, "2027-03-12T12:00:00Z").await;
        assert_eq!(reviews(&resident).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn silence_is_a_task_and_can_be_decided_all_the_same() {
    both(async |app| {
        let (market, resident, _) = open(app).await;
        let (market, resident) = at(app, market, &resident, "2027-02-11T12:00:00Z").await;
        assert!(tasks(&market).await.is_empty());
        let (market, resident) = at(app, market, &resident, "2027-02-26T12:00:00Z").await;
        assert_eq!(tasks(&market).await, ["INCOME_NOT_TOLD"]);
        app.contexts.vouchers.run_review_incomes().await.unwrap();
        assert_eq!(tasks(&market).await.len(), 1, "one task is enough");
        let asked = reviews(&resident).await;
        assert_eq!((&asked[0]["state"], asked.len()), (&json!("OVERDUE"), 1));

        // The answer comes late and at once with the decision; both find the version that they read, one wins.
        let mut lowest = decision(&asked[0], 2);
        lowest["assessment"] = json!({ "acceptsWithoutIncome": true });
        let told = json!({ "monthlyIncome": 50_000 });
        let answers = tokio::join!(
            run(&resident, "resident/reportIncome", report(&asked[0], 2, &told)),
            run(&market.officer, "officer/decideIncome", lowest.clone()),
        );
        let won = [&answers.0, &answers.1].map(|answer| answer.user_errors().is_empty());
        assert_ne!(won[0], won[1], "{answers:?}");
        if won[0] {
            lowest["expectedVersion"] = json!(3);
            run(&market.officer, "officer/decideIncome", lowest).await.ok();
        }
        let own = reviews(&resident).await;
        assert_eq!(
            (&own[0]["valueAfter"]["cents"], &own[0]["fromDay"]),
            (&json!(700), &json!("2027-03-01"))
        );
        let stranger = app.person("stranger").await;
        let foreign = run(&stranger, "resident/reportIncome", report(&asked[0], 3, &told)).await;
        assert_eq!(foreign.user_errors(), ["NOT_FOUND"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_review_ends_with_its_voucher() {
    both(async |app| {
        let (market, resident, voucher) = open(app).await;
        let (market, resident) = at(app, market, &resident, "2027-02-11T12:00:00Z").await;
        let input = json!({
            "voucherId": voucher, "expectedVersion": 1, "reason": "Muutto.", "idempotencyKey": key_of("revoke"),
        });
        run(&market.officer, "officer/revokeVoucher", input).await.ok();
        let asked = reviews(&resident).await;
        let told = json!({ "monthlyIncome": 50_000 });
        let late = run(&resident, "resident/reportIncome", report(&asked[0], 1, &told)).await;
        assert_eq!(late.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        let (market, resident) = at(app, market, &resident, "2027-03-20T12:00:00Z").await;
        let own = reviews(&resident).await;
        assert_eq!((&own[0]["state"], own.len()), (&json!("ENDED"), 1));
        assert!(tasks(&market).await.is_empty());
    })
    .await;
}
