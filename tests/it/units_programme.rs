//! Programmes in visits and hours: what is drafted, published and shown.

use serde_json::{Value, json};
use support::market::{Market, Terms, key_of, terms_content};
use support::{Answer, TestApp, both};

use crate::units::{a_visit, content};

/// Drafts a programme.
async fn create(market: &Market<'_>, content: &Value) -> Answer {
    let input = json!({ "input": { "cityId": market.city.id, "content": content } });
    market.officer.run("officer/createProgramme", input).await
}

/// Publishes a draft as another officer.
async fn publish(app: &TestApp, id: &str, version: i32) -> Answer {
    let input = json!({ "programmeId": id, "expectedVersion": version, "idempotencyKey": key_of(id) });
    let deputy = app.sign_in("deputy@example.org").await;
    deputy.run("officer/publishProgramme", json!({ "input": input })).await
}

#[tokio::test]
async fn a_programme_says_its_unit_organiser_and_target_group() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let mut content = content("VISIT", &a_visit());
        content["organiser"] = json!({ "name": { "fi": "Liikuntapalvelut" }, "contact": "liikunta@example.org" });
        content["targetGroup"] = json!({ "fi": "Yli 65-vuotiaat", "en": "People over 65" });
        // A sum for the whole voucher, or an hour, is no price of a visit.
        for rule in [
            json!({ "flat": { "value": 3_000 } }),
            json!({ "flat": { "value": 3_000, "per": "HOUR" } }),
        ] {
            let mut wrong = content.clone();
            wrong["terms"] = terms_content(&rule);
            let refused = create(&market, &wrong).await;
            assert_eq!(refused.user_errors(), ["INVALID_RULE"]);
            assert_eq!(
                refused.data("/createProgramme/userErrors/0/field"),
                &json!(["input", "content", "terms", "valueRule"])
            );
            assert!(
                refused
                    .text("/createProgramme/userErrors/0/message")
                    .contains("kerralta")
            );
        }
        let mut nameless = content.clone();
        nameless["organiser"]["contact"] = json!(" ");
        let refused = create(&market, &nameless).await;
        assert_eq!(
            refused.data("/createProgramme/userErrors/0/field"),
            &json!(["input", "content", "organiser", "contact"])
        );

        let made = create(&market, &content).await.ok();
        assert_eq!(made.data("/createProgramme/programme/unit"), "VISIT");
        assert_eq!(
            made.data("/createProgramme/programme/organiser/name"),
            "Liikuntapalvelut"
        );
        assert_eq!(made.data("/createProgramme/programme/targetGroup"), "Yli 65-vuotiaat");
        let id = made.text("/createProgramme/programme/id");
        publish(app, &id, 1).await.ok();
        let variables = json!({ "cityId": market.city.id, "first": 10 });
        let public = app.anyone().run("anyone/programmes", variables).await.ok();
        let shown = public.data("/programmes/edges").as_array().unwrap().clone();
        let shown = shown
            .iter()
            .find(|edge| edge["node"]["id"] == id)
            .expect("the programme");
        assert_eq!(shown["node"]["unit"], "VISIT");
        assert_eq!(shown["node"]["organiser"]["contact"], "liikunta@example.org");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_published_programme_keeps_its_unit_and_its_rules_pay_it() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let content = content("VISIT", &a_visit());
        let made = create(&market, &content).await.ok();
        let id = made.text("/createProgramme/programme/id");
        let update = async |unit: &str, rule: &Value, version: i32| {
            let mut content = content.clone();
            content["unit"] = json!(unit);
            content["terms"] = terms_content(rule);
            let input = json!({ "programmeId": id, "expectedVersion": version, "content": content });
            market
                .officer
                .run("officer/updateProgramme", json!({ "input": input }))
                .await
        };
        let by_hour = json!({ "flat": { "value": 3_000, "per": "HOUR" } });
        assert_eq!(update("VISIT", &by_hour, 1).await.user_errors(), ["INVALID_RULE"]);
        update("HOUR", &by_hour, 1).await.ok();
        update("VISIT", &a_visit(), 2).await.ok();
        publish(app, &id, 3).await.ok();
        assert_eq!(
            update("HOUR", &by_hour, 4).await.user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        let draft = async |rule: &Value| {
            let input = json!({ "programmeId": id, "validFrom": "2027-03-01", "terms": terms_content(rule) });
            market
                .officer
                .run("officer/draftProgrammeTerms", json!({ "input": input }))
                .await
        };
        assert_eq!(draft(&by_hour).await.user_errors(), ["INVALID_RULE"]);
        draft(&json!({ "percentage": { "rate": 5_000, "floor": 0, "ceiling": 4_000 } }))
            .await
            .ok();
        app.run_jobs().await;
    })
    .await;
}
