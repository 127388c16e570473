//! Clerks who make the run of one month at the same moment.

use futures_util::future::join_all;
use kernel::StaffRole;
use serde_json::json;
use support::market::{Market, Terms, VISIT, key_of};
use support::{Answer, Person, TestApp, both};

async fn create(clerk: &Person<'_>, market: &Market<'_>, key: &str) -> Answer {
    let input = json!({ "cityId": market.city.id, "year": 2027, "month": 2, "idempotencyKey": key_of(key) });
    clerk.run("clerk/createSettlementRun", json!({ "input": input })).await
}

/// The month has ended only for a clock that can be set, so this is the application in one process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_identical_runs_one_is_made() {
    both(async |app: &TestApp| {
        let market = Market::open(app, Terms::default()).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        app.clock.set(VISIT.parse().expect("an instant"));
        let market = Market {
            provider: app.sign_in(&market.provider.email).await,
            ..market
        };
        market.deliver(&booking, &code, "deliver").await.ok();
        app.clock.set("2027-03-02T08:00:00Z".parse().expect("an instant"));
        let clerk = app.staff(&market.city, StaffRole::SettlementClerk, "clerk").await;

        // Six at once, each request twice.
        let keys = (0..12).map(|number| format!("run-{}", number / 2));
        let answers = join_all(keys.map(|key| {
            let (clerk, market) = (&clerk, &market);
            async move { create(clerk, market, &key).await }
        }))
        .await;
        let made: Vec<_> = answers
            .iter()
            .filter(|answer| answer.user_errors().is_empty())
            .collect();
        assert_eq!(made.len(), 2, "one request and its repetition: {answers:?}");
        let run = |answer: &Answer| answer.text("/createSettlementRun/run/id");
        assert_eq!(run(made[0]), run(made[1]));
        for refused in answers.iter().filter(|answer| !answer.user_errors().is_empty()) {
            assert_eq!(refused.user_errors(), ["ALREADY_EXISTS"]);
        }
        let runs = json!({ "cityId": market.city.id, "first": 10 });
        let runs = clerk.run("clerk/settlementRuns", runs).await.ok();
        assert_eq!(*runs.data("/settlementRuns/totalCount"), json!(1));
        app.run_jobs().await;
    })
    .await;
}
