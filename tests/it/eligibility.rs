//! Rules of eligibility: decided when a voucher is granted, when it is booked with and when the service is given.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, terms_content};
use support::{Actor, Answer, Person, TestApp, both};

use crate::mass_grants::{confirm, list, path};

/// Codes of nobody, born on 13 October 1952 and on 16 January 1980.
const OLD: &str = "131052-9107";
const YOUNG: &str = "160180-9071";

async fn input(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

async fn open<'a>(app: &'a TestApp, rules: &Value) -> Market<'a> {
    let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
    terms["eligibility"] = rules.clone();
    Market::with_terms(app, Terms::default(), &terms).await
}

async fn record(market: &Market<'_>, person: &Person<'_>, code: &str) {
    let record = json!({
        "cityId": market.city.id, "email": person.email, "personalCode": code, "nonDisclosure": false,
        "grounds": "Henkilöllisyystodistus.",
    });
    input(&market.officer, "officer/recordPersonalCode", record).await.ok();
}

async fn home(market: &Market<'_>, person: &Person<'_>, municipality: &str, since: &str) {
    let home = json!({
        "cityId": market.city.id, "resident": person.email, "municipality": municipality, "since": since,
        "grounds": "Muuttoilmoitus.",
    });
    input(&market.officer, "officer/recordHomeMunicipality", home)
        .await
        .ok();
}

async fn segment(market: &Market<'_>, person: &Person<'_>, until: &str) -> Answer {
    let segment = json!({
        "cityId": market.city.id, "resident": person.email, "segment": "omaishoitajat", "from": "2027-01-01",
        "until": until, "grounds": "Omaishoitosopimus.",
    });
    input(&market.officer, "officer/recordSegment", segment).await
}

/// The outcomes of the rules, as the resident sees them.
async fn outcomes(person: &Person<'_>, market: &Market<'_>) -> Value {
    let seen = person
        .run("resident/myEligibility", json!({ "programmeId": market.programme }))
        .await
        .ok();
    let found = seen.data("/myEligibility").as_array().unwrap();
    found.iter().map(|finding| finding["outcome"].clone()).collect()
}

#[tokio::test]
async fn a_grant_asks_what_is_recorded_and_grounds_for_what_is_not() {
    both(async |app| {
        let rules = json!([{ "age": { "from": 65 } }, { "homeMunicipality": ["837"] }]);
        let market = open(app, &rules).await;
        let [old, young] = [app.person("old").await, app.person("young").await];
        record(&market, &old, OLD).await;
        record(&market, &young, YOUNG).await;

        // What is not met nobody can confirm.
        let confirmed = json!({ "eligibilityConfirmed": "Todistus nähty." });
        let refused = market.grant_with(&young, "young", &confirmed).await;
        assert_eq!(refused.user_errors(), ["NOT_ELIGIBLE"]);
        assert!(refused.body.to_string().contains("AGE"), "{}", refused.body);

        // Of the old one no home is recorded: grounds, or a record.
        assert_eq!(outcomes(&old, &market).await, json!(["RULE_MET", "RULE_UNKNOWN"]));
        assert_eq!(market.grant(&old, "old").await.user_errors(), ["ELIGIBILITY_UNKNOWN"]);
        let empty = market
            .grant_with(&old, "old", &json!({ "eligibilityConfirmed": " " }))
            .await;
        assert_eq!(empty.user_errors(), ["REQUIRED"]);
        let variables = json!({ "programmeId": market.programme, "resident": old.email });
        let why = market.officer.run("officer/whyEligible", variables).await.ok();
        assert_eq!(
            why.text("/whyEligible/1/text"),
            "Edellytyksestä ei ole tietoa: kotikunta 837."
        );
        // The refusals stored nothing: the same key grants.
        market.grant_with(&old, "old", &confirmed).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_booking_and_a_delivery_look_at_the_day_of_the_visit() {
    both(async |app| {
        let market = open(app, &json!([{ "segment": "omaishoitajat" }])).await;
        let resident = app.person("resident").await;
        let none = market.grant(&resident, "none").await;
        assert_eq!(none.user_errors(), ["NOT_ELIGIBLE"]);
        let message = none.text("/grantVoucher/userErrors/0/message");
        assert_eq!(message, "Edellytys ei täyty: ryhmä omaishoitajat.");
        segment(&market, &resident, "2027-01-31").await.ok();
        assert_eq!(outcomes(&resident, &market).await, json!(["RULE_MET"]));
        let voucher = market.voucher(&resident).await;
        // The visit is on 1 February.
        let variables = json!({ "occurrenceId": market.occurrence, "voucherId": voucher });
        let preview = resident.run("resident/bookingPreview", variables).await;
        assert_eq!(preview.error_code(), Some("NOT_ELIGIBLE"));
        let sentence = "Edellytys ei täyty: ryhmä omaishoitajat.";
        assert_eq!(preview.body["errors"][0]["message"], sentence);
        assert_eq!(
            market.book(&resident, &voucher, "late").await.user_errors(),
            ["NOT_ELIGIBLE"]
        );
        assert_eq!(
            (market.places_left().await, market.balance(&resident).await),
            (10, (10_000, 0))
        );
        segment(&market, &resident, "2027-02-01").await.ok();
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;

        // An officer finds that it ended before: no delivery, until it is recorded again.
        segment(&market, &resident, "2027-01-31").await.ok();
        app.clock.set("2027-02-01T12:00:00Z".parse().unwrap());
        let [officer, provider] = [
            app.sign_in(&market.officer.email).await,
            app.sign_in(&market.provider.email).await,
        ];
        let delivery = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("deliver") });
        let refused = input(&provider, "provider/recordDelivery", delivery.clone()).await;
        assert_eq!(refused.user_errors(), ["NOT_ELIGIBLE"]);
        let market = Market { officer, ..market };
        segment(&market, &resident, "2027-02-01").await.ok();
        input(&provider, "provider/recordDelivery", delivery).await.ok();
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn moving_away_ends_what_the_home_gave() {
    both(async |app| {
        let market = open(app, &json!([{ "homeMunicipality": ["837", "980"] }])).await;
        let resident = app.person("resident").await;
        home(&market, &resident, "980", "2020-01-01").await;
        let voucher = market.voucher(&resident).await;
        home(&market, &resident, "091", "2027-02-01").await;
        // The neighbour's vouchers are not ended by the move, but the rule looks at the day of the visit.
        app.run_jobs().await;
        let vouchers = resident.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
        assert_eq!(vouchers.data("/myVouchers/nodes/0/validUntil"), "2027-06-30");
        let refused = market.book(&resident, &voucher, "moved").await;
        assert_eq!(refused.user_errors(), ["NOT_ELIGIBLE"]);
        assert!(
            refused.body.to_string().contains("HOME_MUNICIPALITY"),
            "{}",
            refused.body
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_period_of_a_segment_leaves_the_visits_of_the_old_one_payable() {
    both(async |app| {
        let market = open(app, &json!([{ "segment": "omaishoitajat" }])).await;
        let resident = app.person("resident").await;
        segment(&market, &resident, "2027-02-01").await.ok();
        let voucher = market.voucher(&resident).await;
        let (booking, code) = market.confirmed(&resident, &voucher, "book").await;
        let next = json!({
            "cityId": market.city.id, "resident": resident.email, "segment": "omaishoitajat", "from": "2027-03-01",
            "until": "2027-12-31", "grounds": "Uusi omaishoitosopimus.",
        });
        input(&market.officer, "officer/recordSegment", next).await.ok();
        app.clock.set("2027-02-01T12:00:00Z".parse().unwrap());
        let provider = app.sign_in(&market.provider.email).await;
        let delivery = json!({ "bookingId": booking, "code": code, "idempotencyKey": key_of("deliver") });
        input(&provider, "provider/recordDelivery", delivery).await.ok();
        // The city has not recorded who she is, only that she is in the segment.
        let officer = app.sign_in(&market.officer.email).await;
        let variables = json!({ "cityId": market.city.id, "resident": resident.email });
        let seen = officer.run("officer/personRecord", variables).await.ok();
        assert_eq!(seen.data("/personRecord/segments").as_array().map(Vec::len), Some(2));
        assert_eq!(seen.data("/personRecord/homes"), &json!([]));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_grants_only_what_is_recorded() {
    both(async |app| {
        let market = open(app, &json!([{ "age": { "from": 65, "to": 120 } }])).await;
        let deputy = app.sign_in("deputy@example.org").await;
        let [old, young, unknown] = [
            app.person("old").await,
            app.person("young").await,
            app.person("who").await,
        ];
        record(&market, &old, OLD).await;
        record(&market, &young, YOUNG).await;
        let rows = [
            ("a", old.email.as_str()),
            ("b", young.email.as_str()),
            ("c", unknown.email.as_str()),
        ];
        let drafted = deputy
            .upload(&path(&market.programme), &key_of("list"), list(&rows))
            .await;
        let id = drafted.body["id"].as_str().unwrap().to_owned();
        confirm(&market.officer, &id, "confirm").await.ok();
        app.run_jobs().await;
        let variables = json!({ "massGrantId": id, "first": 10, "afterLine": 0 });
        let seen = market.officer.run("officer/massGrant", variables).await.ok();
        let rows = seen.data("/massGrant/rows").as_array().unwrap();
        let codes: Vec<_> = rows.iter().map(|row| row["code"].clone()).collect();
        assert_eq!(
            codes,
            [Value::Null, json!("NOT_ELIGIBLE"), json!("ELIGIBILITY_UNKNOWN")]
        );
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn rules_that_say_nothing_are_refused() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        for (rule, code) in [
            (json!({ "age": {} }), "REQUIRED"),
            (json!({ "age": { "from": 70, "to": 60 } }), "OUT_OF_RANGE"),
            (json!({ "homeMunicipality": ["Tampere"] }), "INVALID_FORMAT"),
            (json!({ "segment": "" }), "REQUIRED"),
        ] {
            let mut terms = terms_content(&json!({ "flat": { "value": 10_000 } }));
            terms["eligibility"] = json!([rule]);
            let draft = json!({ "programmeId": market.programme, "validFrom": "2027-06-01", "terms": terms });
            let answer = input(&market.officer, "officer/draftProgrammeTerms", draft).await;
            assert_eq!(answer.user_errors(), [code], "{rule}");
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_officer_records_no_segment_of_her_own() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        assert_eq!(
            segment(&market, &market.officer, "2027-12-31").await.user_errors(),
            ["FOUR_EYES"]
        );
        let resident = app.person("resident").await;
        segment(&market, &resident, "2027-12-31").await.ok();
        segment(&market, &resident, "2027-06-30").await.ok();
        let variables = json!({ "cityId": market.city.id, "resident": resident.email });
        let seen = market.officer.run("officer/personRecord", variables).await.ok();
        let segments = seen.data("/personRecord/segments").as_array().unwrap();
        assert_eq!((segments.len(), &segments[0]["until"]), (1, &json!("2027-06-30")));
        app.run_jobs().await;
    })
    .await;
}
