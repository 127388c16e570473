//! Terms of programmes by period: drafted by one officer, published by another, never twice for a day.

use serde_json::{Value, json};
use support::market::{Market, Terms, terms_content};
use support::{Actor, Answer, TestApp, both};

/// A flat sum for each hour.
pub(crate) fn by_hour(cents: i64) -> Value {
    terms_content(&json!({ "flat": { "value": cents, "per": "HOUR" } }))
}

/// A flat sum for the whole voucher.
fn once(cents: i64) -> Value {
    terms_content(&json!({ "flat": { "value": cents } }))
}

/// What the first payload of an answer says.
fn errors(answer: &Answer) -> Value {
    let payload = answer.body["data"].as_object().and_then(|data| data.values().next());
    payload.expect("a payload")["userErrors"].clone()
}

pub(crate) async fn terms_of(actor: &Actor<'_>, programme: &str) -> Vec<Value> {
    let variables = json!({ "programmeId": programme });
    let seen = actor.run("anyone/programmeTerms", variables).await.ok();
    seen.data("/node/terms").as_array().expect("a list").clone()
}

async fn draft(actor: &Actor<'_>, programme: &str, from: &str, until: Option<&str>, terms: &Value) -> Answer {
    let input = json!({ "programmeId": programme, "validFrom": from, "validUntil": until, "terms": terms });
    actor
        .run("officer/draftProgrammeTerms", json!({ "input": input }))
        .await
}

async fn publish(actor: &Actor<'_>, terms: &str, version: i32) -> Answer {
    let input = json!({ "termsId": terms, "expectedVersion": version });
    actor
        .run("officer/publishProgrammeTerms", json!({ "input": input }))
        .await
}

pub(crate) async fn end(actor: &Actor<'_>, terms: &Value, until: &str) -> Answer {
    let input = json!({ "termsId": terms["id"], "expectedVersion": terms["version"], "validUntil": until });
    actor.run("officer/endProgrammeTerms", json!({ "input": input })).await
}

/// Adds an occurrence of an hour and answers its id.
async fn occurrence(market: &Market<'_>, at: &str) -> String {
    let starts_at: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
    let time = json!({ "startsAt": at, "endsAt": starts_at + chrono::Duration::hours(1), "capacity": 5 });
    let input = json!({ "input": { "offerId": market.offer, "occurrences": [time] } });
    let added = market.provider.run("provider/addOccurrences", input).await.ok();
    added.text("/addOccurrences/occurrences/0/id")
}

/// A market by the hour with a resident who has a voucher.
async fn market(app: &TestApp) -> (Market<'_>, support::Person<'_>, String) {
    let market = Market::with_terms(app, Terms::default(), &by_hour(3_000)).await;
    let resident = app.person("resident").await;
    let granted = market
        .grant_with(&resident, "grant", &json!({ "amount": 100_000 }))
        .await
        .ok();
    (market, resident, granted.text("/grantVoucher/voucher/id"))
}

#[tokio::test]
async fn a_visit_uses_the_terms_of_its_day_in_helsinki() {
    both(async |app| {
        let (market, resident, voucher) = market(app).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let share = |answer: &Answer| answer.data("/bookOffer/booking/voucherShare/cents").clone();
        let made_before = occurrence(&market, "2027-03-02T10:00:00Z").await;
        let frozen = market.book_at(&resident, &made_before, &voucher, "frozen").await.ok();
        assert_eq!(share(&frozen), 3_000);

        let first = terms_of(&market.officer, &market.programme).await.remove(0);
        end(&market.officer, &first, "2027-02-28").await.ok();
        let drafted = draft(
            &market.officer,
            &market.programme,
            "2027-03-01",
            Some("2027-03-31"),
            &by_hour(4_000),
        )
        .await;
        let next = drafted.ok().text("/draftProgrammeTerms/terms/id");
        publish(&deputy, &next, 1).await.ok();

        for (at, key, cents) in [
            ("2027-02-28T21:59:00Z", "before", 3_000),
            ("2027-02-28T22:00:00Z", "midnight", 4_000),
            ("2027-03-31T20:59:00Z", "last", 4_000),
        ] {
            let time = occurrence(&market, at).await;
            let booked = market.book_at(&resident, &time, &voucher, key).await.ok();
            assert_eq!(share(&booked), cents, "{at}");
        }
        // The clock of the city is an hour further ahead by then: this is the first of April.
        let none = occurrence(&market, "2027-03-31T21:00:00Z").await;
        let refused = market.book_at(&resident, &none, &voucher, "none").await;
        assert_eq!(refused.user_errors(), ["NO_TERMS_IN_FORCE"]);

        let bookings = resident.run("resident/myBookings", json!({ "first": 10 })).await.ok();
        assert_eq!(bookings.data("/myBookings/nodes/0/voucherShare/cents"), 3_000);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn two_officers_publish_periods_that_share_no_day() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (officer, deputy) = (&market.officer, app.sign_in("deputy@example.org").await);
        let programme = market.programme.as_str();
        let drafted = async |from: &str| {
            let drafted = draft(officer, programme, from, None, &once(4_000)).await.ok();
            drafted.text("/draftProgrammeTerms/terms/id")
        };
        let next = drafted("2027-03-01").await;
        assert_eq!(publish(officer, &next, 1).await.user_errors(), ["FOUR_EYES"]);
        assert_eq!(publish(&deputy, &next, 2).await.user_errors(), ["CONFLICT"]);
        assert_eq!(publish(&deputy, &next, 1).await.user_errors(), ["PERIODS_OVERLAP"]);
        let past = drafted("2027-01-10").await;
        assert_eq!(publish(&deputy, &past, 1).await.user_errors(), ["TOO_LATE"]);

        let first = terms_of(officer, programme).await.remove(0);
        let refused = errors(&end(officer, &first, "2027-01-10").await);
        assert_eq!(refused[0]["code"], "OUT_OF_RANGE");
        assert_eq!(refused[0]["message"], "Anna arvo väliltä 2027-01-11–2200-12-31.");
        end(officer, &first, "2027-02-28").await.ok();
        assert_eq!(end(officer, &first, "2027-02-27").await.user_errors(), ["CONFLICT"]);

        // Drafts are for the staff; of two for the same days one is published.
        assert_eq!(terms_of(&app.anyone(), programme).await.len(), 1);
        let rival = drafted("2027-03-01").await;
        let (one, other) = tokio::join!(publish(&deputy, &next, 1), publish(&deputy, &rival, 1));
        let mut codes: Vec<_> = [&one, &other].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes.pop(), Some("PERIODS_OVERLAP"));
        assert!(codes.is_empty(), "{codes:?}");
        assert_eq!(terms_of(&app.anyone(), programme).await.len(), 2);

        let input = json!({ "termsId": past, "expectedVersion": 1, "validFrom": "2027-06-01", "terms": by_hour(1) });
        let changed = deputy
            .run("officer/updateProgrammeTerms", json!({ "input": input }))
            .await
            .ok();
        assert_eq!(changed.data("/updateProgrammeTerms/terms/version"), 2);
        assert_eq!(publish(&deputy, &past, 2).await.user_errors(), ["FOUR_EYES"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_coming_is_taken_back_and_never_prolonged_by_one() {
    both(async |app| {
        let (market, _, _) = market(app).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let first = terms_of(&market.officer, &market.programme).await.remove(0);
        end(&market.officer, &first, "2027-02-28").await.ok();
        let ended = terms_of(&market.officer, &market.programme).await.remove(0);
        let prolonged = end(&market.officer, &ended, "2027-06-30").await;
        assert_eq!(prolonged.user_errors(), ["OUT_OF_RANGE"]);

        let other_kind = draft(&market.officer, &market.programme, "2027-03-01", None, &once(5_000))
            .await
            .ok();
        let other_kind = publish(&deputy, &other_kind.text("/draftProgrammeTerms/terms/id"), 1).await;
        assert_eq!(other_kind.user_errors(), ["INVALID_RULE"]);
        let sentence = errors(&other_kind)[0]["message"].as_str().unwrap().to_owned();
        assert!(
            sentence.contains("tee uusi ohjelma") && !sentence.contains("OTHER"),
            "{sentence}"
        );

        let wrong = draft(&market.officer, &market.programme, "2027-03-01", None, &by_hour(4_400))
            .await
            .ok();
        let wrong = wrong.text("/draftProgrammeTerms/terms/id");
        publish(&deputy, &wrong, 1).await.ok();
        let withdraw = async |version: i32| {
            let input = json!({ "input": { "termsId": wrong, "expectedVersion": version } });
            market.officer.run("officer/withdrawProgrammeTerms", input).await
        };
        assert_eq!(withdraw(1).await.user_errors(), ["CONFLICT"]);
        let withdrawn = withdraw(2).await.ok();
        assert_eq!(withdrawn.data("/withdrawProgrammeTerms/terms/state"), "WITHDRAWN");
        assert_eq!(withdraw(3).await.user_errors(), ["NOT_ALLOWED_IN_STATE"]);
        assert_eq!(terms_of(&app.anyone(), &market.programme).await.len(), 1);
        let right = draft(&market.officer, &market.programme, "2027-03-01", None, &by_hour(4_000))
            .await
            .ok();
        publish(&deputy, &right.text("/draftProgrammeTerms/terms/id"), 1)
            .await
            .ok();

        app.clock.set("2027-02-28T22:00:00Z".parse().unwrap());
        let officer = app.sign_in("officer@example.org").await;
        let begun = terms_of(&officer, &market.programme).await.pop().unwrap();
        let input = json!({ "input": { "termsId": begun["id"], "expectedVersion": begun["version"] } });
        let late = officer.run("officer/withdrawProgrammeTerms", input).await;
        assert_eq!(late.user_errors(), ["TOO_LATE"]);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_rule_that_lacks_a_threshold_is_refused_by_its_path() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let row = |household: i32| json!({ "household": household, "limit": 56_300 * household, "rate": 3_500 });
        let mut rule = json!({ "incomeTested": {
            "vmax": 2_700, "floor": 700, "households": [row(1), row(3)], "extraPerson": { "limit": 34_200, "rate": 100 },
        }});
        let path = |tail: &[&str]| {
            let head = ["input", "terms", "valueRule", "incomeTested"];
            json!(head.iter().chain(tail).collect::<Vec<_>>())
        };
        let drafted = async |rule: &Value| {
            let terms = terms_content(rule);
            draft(&market.officer, &market.programme, "2027-06-01", None, &terms).await
        };
        let missing = drafted(&rule).await;
        assert_eq!(missing.user_errors(), ["REQUIRED"]);
        assert_eq!(errors(&missing)[0]["field"], path(&["households", "1", "household"]));

        rule["incomeTested"]["households"] = json!([row(1), row(2)]);
        rule["incomeTested"]["roundUpTo"] = json!(3);
        let step = drafted(&rule).await;
        assert_eq!(step.user_errors(), ["INVALID_RULE"]);
        assert_eq!(errors(&step)[0]["field"], path(&["roundUpTo"]));

        rule["incomeTested"]["roundUpTo"] = json!(10);
        rule["flat"] = json!({ "value": 1 });
        let two = drafted(&rule).await;
        assert!(two.body.get("errors").is_some(), "one kind only: {}", two.body);
        assert_eq!(terms_of(&market.officer, &market.programme).await.len(), 1);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_binary_before_drafted_is_updated_before_it_is_published() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let content = || support::market::programme_content(Terms::default());
        let input = json!({ "cityId": market.city.id.to_string(), "content": content() });
        let drafted = deputy
            .run("officer/createProgramme", json!({ "input": input }))
            .await
            .ok();
        let programme = drafted.text("/createProgramme/programme/id");
        app.db()
            .write(async |tx: &db::Tx| {
                let drafts = "DELETE FROM programme_terms WHERE state = 'DRAFT'";
                sea_orm::ConnectionTrait::execute_unprepared(tx.conn(), drafts).await?;
                Ok::<_, db::Error>(())
            })
            .await
            .unwrap();
        let publish = async |version: i32, key: &str| {
            let input = json!({
                "programmeId": programme, "expectedVersion": version, "idempotencyKey": support::market::key_of(key),
            });
            market
                .officer
                .run("officer/publishProgramme", json!({ "input": input }))
                .await
        };
        assert_eq!(publish(1, "bare").await.user_errors(), ["NO_TERMS_IN_FORCE"]);
        let input = json!({ "programmeId": programme, "expectedVersion": 1, "content": content() });
        deputy
            .run("officer/updateProgramme", json!({ "input": input }))
            .await
            .ok();
        publish(2, "whole").await.ok();
        assert_eq!(terms_of(&app.anyone(), &programme).await.len(), 1);
        app.run_jobs().await;
    })
    .await;
}
