//! Rulebooks of programmes: versions by two officers, accepted by companies, without which no new booking is taken.

use serde_json::{Value, json};
use support::market::{Market, Terms, rulebook_content};
use support::{Actor, Answer, TestApp, both};

/// What the first payload of an answer says.
fn errors(answer: &Answer) -> Value {
    let payload = answer.body["data"].as_object().and_then(|data| data.values().next());
    payload.expect("a payload")["userErrors"].clone()
}

async fn draft(actor: &Actor<'_>, programme: &str, accept_by: &str) -> Answer {
    let mut content = rulebook_content();
    content["acceptBy"] = json!(accept_by);
    let input = json!({ "programmeId": programme, "content": content });
    actor.run("officer/draftRulebook", json!({ "input": input })).await
}

async fn publish(actor: &Actor<'_>, rulebook: &str, version: i32) -> Answer {
    let input = json!({ "rulebookId": rulebook, "expectedVersion": version });
    actor.run("officer/publishRulebook", json!({ "input": input })).await
}

async fn accept(actor: &Actor<'_>, company: impl ToString, rulebook: &str) -> Answer {
    let input = json!({ "companyId": company.to_string(), "rulebookId": rulebook });
    actor.run("provider/acceptRulebook", json!({ "input": input })).await
}

async fn rulebooks_of(actor: &Actor<'_>, programme: &str) -> Vec<Value> {
    let variables = json!({ "programmeId": programme, "lang": "SV" });
    let seen = actor.run("anyone/programmeRulebooks", variables).await.ok();
    seen.data("/node/rulebooks").as_array().expect("a list").clone()
}

/// Publishes a version that binds after `accept_by`.
async fn published(app: &TestApp, market: &Market<'_>, accept_by: &str) -> String {
    let deputy = app.sign_in("deputy@example.org").await;
    let drafted = draft(&market.officer, &market.programme, accept_by).await.ok();
    let rulebook = drafted.text("/draftRulebook/rulebook/id");
    publish(&deputy, &rulebook, 1).await.ok();
    rulebook
}

#[tokio::test]
async fn two_officers_make_each_version() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let anyone = app.anyone();
        let drafted = draft(&market.officer, &market.programme, "2027-04-30").await.ok();
        let rulebook = drafted.text("/draftRulebook/rulebook/id");
        assert_eq!(rulebooks_of(&anyone, &market.programme).await, Vec::<Value>::new());
        assert_eq!(rulebooks_of(&deputy, &market.programme).await.len(), 1);
        assert_eq!(
            errors(&publish(&market.officer, &rulebook, 1).await)[0]["code"],
            "FOUR_EYES"
        );
        assert_eq!(errors(&publish(&deputy, &rulebook, 2).await)[0]["code"], "CONFLICT");
        assert_eq!(
            errors(&accept(&market.provider, &market.company, &rulebook).await)[0]["code"],
            "NOT_FOUND",
            "a draft commits nobody"
        );

        let mut content = rulebook_content();
        content["general"]["fi"] = json!(" ");
        let input = json!({ "rulebookId": rulebook, "expectedVersion": 1, "content": content });
        let change = async |input: &Value| {
            let input = json!({ "input": input });
            market.officer.run("officer/updateRulebook", input).await
        };
        let refused = errors(&change(&input).await);
        assert_eq!(refused[0]["code"], "REQUIRED");
        assert_eq!(refused[0]["field"], json!(["input", "content", "general"]));
        let input = json!({ "rulebookId": rulebook, "expectedVersion": 1, "content": rulebook_content() });
        change(&input).await.ok();

        let made = publish(&deputy, &rulebook, 2).await.ok();
        assert_eq!(made.data("/publishRulebook/rulebook/number"), 1);
        let again = errors(&publish(&deputy, &rulebook, 3).await);
        assert_eq!(again[0]["code"], "NOT_ALLOWED_IN_STATE");
        let input = json!({ "rulebookId": rulebook, "expectedVersion": 3, "content": rulebook_content() });
        assert_eq!(errors(&change(&input).await)[0]["code"], "NOT_ALLOWED_IN_STATE");
        let shown = rulebooks_of(&anyone, &market.programme).await;
        assert_eq!(shown[0]["general"], "Producenten följer lagen.");
        assert_eq!(shown[0]["acceptBy"], "2027-05-31");

        let late = draft(&market.officer, &market.programme, "2026-01-01").await.ok();
        let late = late.text("/draftRulebook/rulebook/id");
        assert_eq!(errors(&publish(&deputy, &late, 1).await)[0]["code"], "TOO_LATE");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn no_new_booking_without_the_rulebook_that_binds() {
    both(async |app| {
        let terms = Terms {
            price: 1_000,
            ..Terms::default()
        };
        let market = Market::open(app, terms).await;
        let resident = app.person("resident").await;
        let voucher = market.voucher(&resident).await;
        let before = market.book(&resident, &voucher, "before").await.ok();
        let first = published(app, &market, "2027-01-12").await;
        let second = published(app, &market, "2027-01-14").await;
        app.run_jobs().await;
        let told: Vec<_> = app
            .mails()
            .into_iter()
            .filter(|mail| mail.subject.contains("ääntökirja"))
            .collect();
        assert_eq!(told.len(), 2, "one letter for each version");
        for day in ["12.1.2027", "14.1.2027"] {
            assert!(told.iter().any(|mail| mail.text.contains(day)), "{told:?}");
        }

        // The last second of the day in Helsinki, and the first after it.
        app.clock.set("2027-01-12T21:59:59Z".parse().unwrap());
        let resident = app.sign_in("resident@example.org").await;
        market.book(&resident, &voucher, "in-time").await.ok();
        app.clock.set("2027-01-12T22:00:00Z".parse().unwrap());
        let resident = app.sign_in("resident@example.org").await;
        let refused = market.book(&resident, &voucher, "late").await;
        assert_eq!(refused.user_errors(), ["NOT_APPROVED"]);

        let provider = app.sign_in("signatory100@example.org").await;
        let outsider = app.sign_in("resident@example.org").await;
        assert_eq!(
            accept(&outsider, market.company, &first).await.error_code(),
            Some("FORBIDDEN")
        );
        let accepted = accept(&provider, market.company, &first).await.ok();
        assert_eq!(accepted.data("/acceptRulebook/acceptance/number"), 1);
        let again = accept(&provider, market.company, &first).await.ok();
        assert_eq!(
            again.data("/acceptRulebook/acceptance/acceptedAt"),
            accepted.data("/acceptRulebook/acceptance/acceptedAt")
        );
        market.book(&resident, &voucher, "accepted").await.ok();

        // The next version binds two days later; whoever has accepted it need not go back to the first.
        app.clock.set("2027-01-14T22:00:00Z".parse().unwrap());
        let resident = app.sign_in("resident@example.org").await;
        let refused = market.book(&resident, &voucher, "second").await;
        assert_eq!(refused.user_errors(), ["NOT_APPROVED"]);
        let provider = app.sign_in("signatory100@example.org").await;
        accept(&provider, market.company, &second).await.ok();
        market.book(&resident, &voucher, "accepted-second").await.ok();
        let mine = json!({ "companyId": market.company.to_string() });
        let mine = provider.run("provider/rulebookAcceptances", mine).await.ok();
        assert_eq!(mine.data("/rulebookAcceptances/0/number"), 2);
        assert_eq!(mine.data("/rulebookAcceptances/1/rulebook/id"), &Value::from(first));

        // What was booked before goes on.
        let booking = before.text("/bookOffer/booking/id");
        let confirmed = json!({ "input": { "bookingId": booking } });
        let answer = provider.run("provider/confirmBooking", confirmed).await;
        assert_eq!(answer.ok().data("/confirmBooking/booking/state"), "CONFIRMED");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn two_versions_at_once_get_two_numbers() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let mut drafts = Vec::new();
        for _ in 0..4 {
            let drafted = draft(&market.officer, &market.programme, "2027-04-30").await.ok();
            drafts.push(drafted.text("/draftRulebook/rulebook/id"));
        }
        let published = futures_util::future::join_all(drafts.iter().map(|id| publish(&deputy, id, 1))).await;
        let mut numbers: Vec<_> = published
            .into_iter()
            .map(|answer| answer.ok().data("/publishRulebook/rulebook/number").as_i64().unwrap())
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4]);
        app.run_jobs().await;
    })
    .await;
}
