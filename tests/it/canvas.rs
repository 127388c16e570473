//! The canvas of a programme: versions that officers write, the latest of which is public with its programme.

use serde_json::{Value, json};
use support::market::{Market, Terms, programme_content};
use support::{Actor, Answer, both};

use crate::town::Town;

/// The content of a canvas.
pub(crate) fn canvas_content() -> Value {
    let text = |fi: &str| json!({ "fi": fi, "sv": "Svenska", "en": "English" });
    json!({
        "targetGroup": text("Yli 75-vuotiaat"), "need": text("Yksinäisyys"), "valuePromise": text("Seuraa joka viikko"),
        "channels": text("Kirjastot"), "partners": text("Järjestöt"), "resources": text("Kaksi ohjaajaa"),
        "indicators": [{
            "name": text("Käynnit"), "unit": "kpl", "baseline": 0, "target": 400,
            "measured": [{ "day": "2027-02-01", "value": 80 }, { "day": "2027-01-01", "value": 40 }],
        }],
    })
}

pub(crate) async fn save(actor: &Actor<'_>, programme: &str, version: i32, content: &Value) -> Answer {
    let input = json!({ "programmeId": programme, "expectedVersion": version, "content": content });
    actor
        .run("officer/saveProgrammeCanvas", json!({ "input": input }))
        .await
}

async fn canvas(actor: &Actor<'_>, programme: &str, version: Option<i32>) -> Answer {
    let variables = json!({ "programmeId": programme, "version": version });
    actor.run("officer/programmeCanvas", variables).await
}

#[tokio::test]
async fn every_save_is_a_version_that_stays() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let (officer, programme) = (&market.officer, market.programme.as_str());
        let none = canvas(officer, programme, None).await.ok();
        assert!(none.data("/programmeCanvas").is_null());
        let content = canvas_content();
        let saved = save(officer, programme, 0, &content).await.ok();
        assert_eq!(saved.data("/saveProgrammeCanvas/canvas/version"), 1);
        let mut changed = content.clone();
        changed["need"]["fi"] = json!("Liikunnan puute");
        let deputy = app.sign_in("deputy@example.org").await;
        let (one, two) = tokio::join!(
            save(officer, programme, 1, &changed),
            save(&deputy, programme, 1, &changed)
        );
        let mut codes: Vec<_> = [&one, &two].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes.pop(), Some("CONFLICT"));
        assert!(codes.is_empty(), "{codes:?}");
        let latest = canvas(&deputy, programme, None).await.ok();
        assert_eq!(latest.data("/programmeCanvas/version"), 2);
        assert_eq!(latest.data("/programmeCanvas/need/fi"), "Liikunnan puute");
        let first = canvas(&deputy, programme, Some(1)).await.ok();
        assert_eq!(first.data("/programmeCanvas/need/fi"), "Yksinäisyys");
        let days = first.data("/programmeCanvas/indicators/0/measured").clone();
        assert_eq!(days[0], json!({ "day": "2027-01-01", "value": 40 }));
        assert!(
            canvas(&deputy, programme, Some(3))
                .await
                .ok()
                .data("/programmeCanvas")
                .is_null()
        );

        let wrong = |field: &str, value: Value| {
            let mut content = content.clone();
            content[field] = value;
            content
        };
        let many = vec![content["indicators"][0].clone(); 51];
        for (content, field, code) in [
            (wrong("need", json!({ "fi": " " })), "need", "REQUIRED"),
            (
                wrong("channels", json!({ "fi": "s".repeat(5_001) })),
                "channels",
                "TOO_LONG",
            ),
            (wrong("indicators", json!(many)), "indicators", "TOO_MANY_ITEMS"),
        ] {
            let refused = save(officer, programme, 2, &content).await;
            assert_eq!(refused.user_errors(), [code], "{field}");
            let path = refused.data("/saveProgrammeCanvas/userErrors/0/field").clone();
            assert_eq!(path, json!(["input", "content", field]));
        }
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_canvas_is_for_the_staff_of_its_city() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let elsewhere = app.city("853").await;
        let neighbour = app
            .staff(&elsewhere, kernel::StaffRole::ProgrammeOfficer, "neighbour")
            .await;
        save(&market.officer, &market.programme, 0, &canvas_content())
            .await
            .ok();
        let seen = canvas(&neighbour, &market.programme, None).await;
        assert_eq!(seen.error_code(), Some("FORBIDDEN"));
        let saved = save(&neighbour, &market.programme, 1, &canvas_content()).await;
        assert_eq!(saved.user_errors(), ["NOT_FOUND"]);
        let resident = app.person("resident").await;
        assert_eq!(
            canvas(&resident, &market.programme, None).await.error_code(),
            Some("FORBIDDEN")
        );
        // A draft has one too.
        let input = json!({ "cityId": market.city.id, "content": programme_content(Terms::default()) });
        let drafted = market
            .officer
            .run("officer/createProgramme", json!({ "input": input }))
            .await
            .ok();
        let draft = drafted.text("/createProgramme/programme/id");
        save(&market.officer, &draft, 0, &canvas_content()).await.ok();
        app.run_jobs().await;
    })
    .await;
}

impl Town<'_> {
    /// A canvas of the programme.
    pub(crate) async fn canvas(&self) {
        save(self.person("officer"), self.id("programme"), 0, &canvas_content())
            .await
            .ok();
    }

    /// Variables of the documents on canvases.
    pub(crate) fn of_canvas(&self, name: &str) -> Option<Value> {
        Some(match name {
            "programmeCanvas" => json!({ "programmeId": self.id("programme") }),
            "saveProgrammeCanvas" => json!({ "input": {
                "programmeId": self.id("programme"), "expectedVersion": 1, "content": canvas_content(),
            }}),
            _ => return None,
        })
    }
}
