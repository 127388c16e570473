//! Budgets: more may be promised than there is, never paid; each visit is charged to its year; two officers change them.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, programme_content};
use support::{Actor, Answer, Person, TestApp, both};

use crate::parameters::{beside, occurrences};
use crate::town::{Town, done};

/// A market of a programme with this budget, of which half as much again may be promised, and vouchers of 10 000 cents.
async fn overcommitted(app: &TestApp, budget: i64) -> Market<'_> {
    let first = Market::open(app, Terms::default()).await;
    let mut content = programme_content(Terms {
        budget,
        ..Terms::default()
    });
    content["overcommitBasisPoints"] = json!(15_000);
    beside(&first, app, &content, 10_000).await
}

async fn budgets(actor: &Actor<'_>, programme: &str) -> Vec<Value> {
    let variables = json!({ "programmeId": programme });
    let seen = actor.run("officer/programmeBudgets", variables).await.ok();
    seen.data("/node/budgets").as_array().expect("a list").clone()
}

/// What may still be granted and booked of the first budget.
async fn left(market: &Market<'_>) -> (i64, Option<i64>) {
    let first = budgets(&market.officer, &market.programme).await.remove(0);
    let cents = |name: &str| first[name]["cents"].as_i64();
    (cents("available").expect("an amount"), cents("cash"))
}

async fn propose(actor: &Actor<'_>, programme: &str, year: i32, budget: i64, overcommit: i32) -> Answer {
    let input = json!({
        "programmeId": programme, "fiscalYear": year, "budget": budget, "overcommitBasisPoints": overcommit,
    });
    actor.run("officer/proposeBudget", json!({ "input": input })).await
}

async fn confirm(actor: &Actor<'_>, change: &str, version: i32, key: &str) -> Answer {
    let input = json!({
        "budgetChangeId": change, "expectedVersion": version, "idempotencyKey": key_of(key),
    });
    actor.run("officer/confirmBudget", json!({ "input": input })).await
}

/// Proposes a change as the officer and confirms it as the deputy.
pub(crate) async fn change(market: &Market<'_>, app: &TestApp, year: i32, budget: i64, overcommit: i32) -> Answer {
    let proposed = propose(&market.officer, &market.programme, year, budget, overcommit).await;
    let change = proposed.ok().text("/proposeBudget/change/id");
    let deputy = app.sign_in("deputy@example.org").await;
    confirm(&deputy, &change, 1, &format!("{year}-{budget}")).await
}

async fn residents<'a>(market: &Market<'_>, app: &'a TestApp, count: usize) -> Vec<(Person<'a>, String)> {
    let mut holders = Vec::new();
    for number in 0..count {
        let resident = app.person(&format!("resident{number}")).await;
        let voucher = market.voucher(&resident).await;
        holders.push((resident, voucher));
    }
    holders
}

#[tokio::test]
async fn of_more_vouchers_than_cash_as_many_are_booked_as_there_is_cash() {
    both(async |app| {
        let market = overcommitted(app, 80_000).await;
        // Twelve are promised, eight can be paid.
        let holders = residents(&market, app, 12).await;
        assert_eq!(left(&market).await, (-40_000, Some(80_000)));
        let another = app.person("another").await;
        assert_eq!(
            market.grant(&another, "beyond").await.user_errors(),
            ["BUDGET_EXCEEDED"]
        );
        let times = occurrences(
            &market,
            &["2027-02-03T10:00:00Z", "2027-02-04T10:00:00Z", "2027-02-05T10:00:00Z"],
        )
        .await;
        let tries = holders.iter().enumerate().map(async |(number, (resident, voucher))| {
            let key = format!("try-{number}");
            market.book_at(resident, &times[number / 4], voucher, &key).await
        });
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|answer| answer.user_errors().is_empty()).count();
        let lost = answers
            .iter()
            .filter(|answer| answer.user_errors() == ["BUDGET_EXCEEDED"]);
        assert_eq!((won, lost.count()), (8, 4));
        assert_eq!(left(&market).await, (-40_000, Some(0)));

        // What is cancelled can be booked by somebody else, once.
        let winner = answers
            .iter()
            .position(|answer| answer.user_errors().is_empty())
            .unwrap();
        let booking = answers[winner].text("/bookOffer/booking/id");
        let (resident, _) = &holders[winner];
        market.cancel(resident, &booking, "cancel").await.ok();
        market.cancel(resident, &booking, "cancel").await.ok();
        assert_eq!(left(&market).await, (-40_000, Some(10_000)));
        let losers = answers
            .iter()
            .enumerate()
            .filter(|(_, answer)| !answer.user_errors().is_empty());
        let again = losers.map(async |(number, _)| {
            let (resident, voucher) = &holders[number];
            let key = format!("again-{number}");
            market.book_at(resident, &times[number / 4], voucher, &key).await
        });
        let again = join_all(again).await;
        assert_eq!(again.iter().filter(|answer| answer.user_errors().is_empty()).count(), 1);
        assert_eq!(left(&market).await, (-40_000, Some(0)));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn cash_is_spent_by_a_delivery_and_comes_back_with_what_lapses() {
    both(async |app| {
        let market = overcommitted(app, 20_000).await;
        let holders = residents(&market, app, 2).await;
        let times = occurrences(&market, &["2027-02-03T10:00:00Z"]).await;
        let mut booked = Vec::new();
        for (number, (resident, voucher)) in holders.iter().enumerate() {
            let answer = market
                .book_at(resident, &times[0], voucher, &format!("book-{number}"))
                .await
                .ok();
            booked.push((
                answer.text("/bookOffer/booking/id"),
                answer.text("/bookOffer/booking/code"),
            ));
        }
        let input = json!({ "input": { "bookingId": booked[0].0 } });
        market.provider.run("provider/confirmBooking", input).await.ok();
        assert_eq!(left(&market).await, (0, Some(0)));
        app.clock.set("2027-02-03T11:00:00Z".parse().unwrap());
        let provider = app.sign_in(&market.provider.email).await;
        let officer = app.sign_in(&market.officer.email).await;
        let market = Market {
            provider,
            officer,
            ..market
        };
        market.deliver(&booked[0].0, &booked[0].1, "deliver").await.ok();
        // Nobody answered the other one.
        app.run_jobs().await;
        assert_eq!(left(&market).await, (0, Some(10_000)));
        let resident = app.sign_in(&holders[1].0.email).await;
        assert_eq!(market.balance(&resident).await, (10_000, 0));
    })
    .await;
}

#[tokio::test]
async fn two_officers_resize_a_budget_and_never_below_what_is_committed() {
    both(async |app| {
        let market = overcommitted(app, 20_000).await;
        let holders = residents(&market, app, 3).await;
        let times = occurrences(&market, &["2027-02-03T10:00:00Z"]).await;
        for (number, (resident, voucher)) in holders.iter().take(2).enumerate() {
            market
                .book_at(resident, &times[0], voucher, &format!("book-{number}"))
                .await
                .ok();
        }
        let (officer, programme) = (&market.officer, market.programme.as_str());
        let deputy = app.sign_in("deputy@example.org").await;
        assert_eq!(left(&market).await, (-10_000, Some(0)));
        assert_eq!(
            change(&market, app, 2027, 19_999, 15_000).await.user_errors(),
            ["BUDGET_COMMITTED"]
        );
        assert_eq!(
            change(&market, app, 2027, 20_000, 14_999).await.user_errors(),
            ["BUDGET_COMMITTED"]
        );

        let raised = propose(officer, programme, 2027, 40_000, 12_000).await.ok();
        let raised = raised.text("/proposeBudget/change/id");
        assert_eq!(confirm(officer, &raised, 1, "own").await.user_errors(), ["FOUR_EYES"]);
        assert_eq!(confirm(&deputy, &raised, 2, "stale").await.user_errors(), ["CONFLICT"]);
        let (one, two) = tokio::join!(
            confirm(&deputy, &raised, 1, "same"),
            confirm(&deputy, &raised, 1, "same")
        );
        assert_eq!(one.ok().data("/confirmBudget/change/state"), "CONFIRMED");
        assert_eq!(two.ok().data("/confirmBudget/change/state"), "CONFIRMED");
        assert_eq!(
            confirm(&deputy, &raised, 2, "twice").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(left(&market).await, (10_000, Some(20_000)));
        // 30 000 are promised: of 25 000, a fifth more may be.
        change(&market, app, 2027, 25_000, 12_000).await.ok();
        assert_eq!(left(&market).await, (-5_000, Some(5_000)));
        assert_eq!(
            change(&market, app, 2027, 24_999, 12_000).await.user_errors(),
            ["BUDGET_COMMITTED"]
        );

        let seen = officer
            .run("officer/budgetChanges", json!({ "programmeId": programme }))
            .await
            .ok();
        let states = seen
            .data("/budgetChanges")
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["state"].clone());
        let expected = ["PROPOSED", "CONFIRMED", "CONFIRMED", "PROPOSED", "PROPOSED"];
        assert_eq!(states.collect::<Vec<_>>(), expected);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_is_of_a_year_of_the_programme_and_can_be_taken_back() {
    both(async |app| {
        let market = overcommitted(app, 20_000).await;
        let (officer, programme) = (&market.officer, market.programme.as_str());
        let deputy = app.sign_in("deputy@example.org").await;
        let withdrawn = propose(officer, programme, 2027, 50_000, 12_000).await.ok();
        let withdrawn = withdrawn.text("/proposeBudget/change/id");
        let input = json!({ "input": { "budgetChangeId": withdrawn, "expectedVersion": 1 } });
        officer.run("officer/withdrawBudget", input).await.ok();
        assert_eq!(
            confirm(&deputy, &withdrawn, 2, "late").await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        for (year, overcommit) in [(2028, 12_000), (2026, 12_000), (2027, 10_000), (2027, 15_001)] {
            let refused = propose(officer, programme, year, 50_000, overcommit).await;
            assert_eq!(refused.user_errors(), ["OUT_OF_RANGE"], "{year} {overcommit}");
        }
        app.run_jobs().await;
    })
    .await;
}

/// What may still be granted of each budget.
pub(crate) async fn years(market: &Market<'_>) -> Vec<i64> {
    let all = budgets(&market.officer, &market.programme).await;
    all.iter()
        .map(|budget| budget["available"]["cents"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_visit_is_charged_to_its_year_and_the_voucher_keeps_that_of_its_grant() {
    both(async |app| {
        let first = Market::open(app, Terms::default()).await;
        let mut content = programme_content(Terms {
            budget: 30_000,
            ..Terms::default()
        });
        content["validUntil"] = json!("2028-06-30");
        let market = beside(&first, app, &content, 8_000).await;
        let holders = residents(&market, app, 2).await;
        let (resident, voucher) = &holders[0];
        let times = occurrences(&market, &["2027-12-31T21:30:00Z", "2027-12-31T22:00:00Z"]).await;
        let unfunded = market.book_at(resident, &times[1], voucher, "unfunded").await;
        assert_eq!(unfunded.user_errors(), ["BUDGET_EXCEEDED"]);
        change(&market, app, 2028, 15_000, 10_000).await.ok();
        assert_eq!(years(&market).await, [10_000, 15_000]);

        // Half an hour before the year ends in Helsinki, and as it begins.
        let old = market.book_at(resident, &times[0], voucher, "old").await.ok();
        assert_eq!(years(&market).await, [10_000, 15_000]);
        market
            .cancel(resident, &old.text("/bookOffer/booking/id"), "old-cancel")
            .await
            .ok();
        let tries = join_all(holders.iter().enumerate().map(async |(number, (resident, voucher))| {
            market
                .book_at(resident, &times[1], voucher, &format!("new-{number}"))
                .await
        }))
        .await;
        let won: Vec<_> = tries.iter().map(|answer| answer.user_errors().is_empty()).collect();
        assert_eq!(
            won.iter().filter(|won| **won).count(),
            1,
            "8 000 of 15 000 are left for one"
        );
        assert_eq!(years(&market).await, [10_000, 7_000]);
        let winner = won.iter().position(|won| *won).unwrap();
        let (resident, voucher) = &holders[winner];
        assert_eq!(market.balance(resident).await, (2_000, 8_000));

        // It goes back to both years, however often it is booked and cancelled.
        let booking = tries[winner].text("/bookOffer/booking/id");
        market.cancel(resident, &booking, "cancel").await.ok();
        assert_eq!(years(&market).await, [10_000, 15_000]);
        assert_eq!(market.balance(resident).await, (10_000, 0));
        let again = market.book_at(resident, &times[1], voucher, "again").await.ok();
        let (booking, code) = (
            again.text("/bookOffer/booking/id"),
            again.text("/bookOffer/booking/code"),
        );
        let input = json!({ "input": { "bookingId": booking } });
        market.provider.run("provider/confirmBooking", input).await.ok();
        app.clock.set("2027-12-31T22:30:00Z".parse().unwrap());
        let provider = app.sign_in(&market.provider.email).await;
        let officer = app.sign_in(&market.officer.email).await;
        let market = Market {
            provider,
            officer,
            ..market
        };
        market.deliver(&booking, &code, "deliver").await.ok();
        assert_eq!(
            years(&market).await,
            [18_000, 7_000],
            "the year of the grant has its money back"
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_voucher_of_the_new_year_is_funded_by_it() {
    both(async |app| {
        let first = Market::open(app, Terms::default()).await;
        let mut content = programme_content(Terms {
            budget: 30_000,
            ..Terms::default()
        });
        content["validUntil"] = json!("2028-06-30");
        let market = beside(&first, app, &content, 8_000).await;
        change(&market, app, 2028, 7_000, 10_000).await.ok();
        app.clock.set("2027-12-31T22:00:00Z".parse().unwrap());
        let officer = app.sign_in(&market.officer.email).await;
        let market = Market { officer, ..market };
        let newcomer = app.person("newcomer").await;
        assert_eq!(
            market.grant(&newcomer, "newcomer").await.user_errors(),
            ["BUDGET_EXCEEDED"]
        );
        change(&market, app, 2028, 18_000, 10_000).await.ok();
        market.grant(&newcomer, "newcomer").await.ok();
        assert_eq!(years(&market).await, [30_000, 8_000]);
        app.run_jobs().await;
    })
    .await;
}

impl Town<'_> {
    /// Proposed changes of a budget, one by each officer.
    pub(crate) async fn budgets(&mut self) {
        for (name, author) in [("own", "officer"), ("other", "deputy")] {
            let input = json!({ "programmeId": self.id("programme"), "fiscalYear": 2027, "budget": 6_000_000 });
            let made = done(self.person(author), "officer/proposeBudget", input).await;
            self.put(format!("{name} budget change"), made.text("/proposeBudget/change/id"));
        }
    }

    /// Variables of the documents on budgets.
    pub(crate) fn of_budgets(&self, name: &str, maker: usize) -> Option<Value> {
        Some(match name {
            "budgetChanges" => json!({ "programmeId": self.id("programme") }),
            "proposeBudget" => json!({ "input": {
                "programmeId": self.id("programme"), "fiscalYear": 2027, "budget": 7_000_000,
            }}),
            "confirmBudget" => json!({ "input": {
                "budgetChangeId": self.id("other budget change"), "expectedVersion": 1,
                "idempotencyKey": key_of(&format!("confirm-budget-{maker}")),
            }}),
            "withdrawBudget" => json!({ "input": {
                "budgetChangeId": self.id("own budget change"), "expectedVersion": 1,
            }}),
            _ => return None,
        })
    }
}
