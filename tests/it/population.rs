//! The population register: who somebody is, where she lives, whose guardian she is, read anew every night.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::market::{Market, Terms};
use support::{Actor, Answer, Person, TestApp, both};

use crate::town::Town;

/// Codes of nobody: two grown-ups and a child of 2016.
const ANNA: &str = "131052-9107";
const PETRI: &str = "160180-9071";
const CHILD: &str = "010516B903X";

impl Town<'_> {
    pub(crate) fn of_population(&self, name: &str, maker: usize) -> Option<Value> {
        let city = self.id("city");
        Some(match name {
            "recordHomeMunicipality" => json!({ "input": {
                "cityId": city, "resident": "third@example.org", "municipality": format!("{:03}", maker + 100),
                "since": format!("2027-01-{:02}", maker + 1), "grounds": "Muuttoilmoitus.",
            }}),
            "recordSegment" => json!({ "input": {
                "cityId": city, "resident": "third@example.org", "segment": "omaishoitajat", "from": "2027-01-01",
                "until": "2027-12-31", "grounds": format!("Omaishoitosopimus {maker}."),
            }}),
            "whyEligible" => json!({ "programmeId": self.id("programme"), "resident": "third@example.org" }),
            "myEligibility" => json!({ "programmeId": self.id("programme") }),
            "personRecord" => json!({ "cityId": city, "resident": "other@example.org" }),
            _ => return None,
        })
    }
}

async fn input(actor: &Actor<'_>, document: &str, input: Value) -> Answer {
    actor.run(document, json!({ "input": input })).await
}

async fn record(market: &Market<'_>, person: &Person<'_>, code: &str) -> Answer {
    let record = json!({
        "cityId": market.city.id, "email": person.email, "personalCode": code, "nonDisclosure": false,
        "grounds": "Henkilöllisyystodistus.",
    });
    input(&market.officer, "officer/recordPersonalCode", record).await
}

/// A person in the register.
fn entry(code: &str, given: &str, more: &Value) -> Value {
    let mut entry = json!({
        "personalCode": code, "givenName": given, "familyName": "Rekisteri", "homeMunicipality": "837",
        "homeSince": "2020-05-01", "language": "fi", "nonDisclosure": false, "guardians": [], "dependants": [],
        "householdSize": 3,
    });
    for (name, value) in more.as_object().unwrap() {
        entry[name] = value.clone();
    }
    entry
}

/// A family in Tampere: two guardians and their child.
fn family(app: &TestApp) {
    app.population
        .put(entry(ANNA, "Anna", &json!({ "dependants": [CHILD] })));
    app.population
        .put(entry(PETRI, "Petri", &json!({ "dependants": [CHILD] })));
    app.population
        .put(entry(CHILD, "Elli", &json!({ "guardians": [ANNA, PETRI] })));
}

/// The night passes: the job of the register and what comes of it.
async fn night(app: &TestApp) {
    app.contexts.identity.run_refresh().await.unwrap();
    app.run_jobs().await;
}

async fn acting_for(person: &Person<'_>) -> Vec<String> {
    let me = person.run("resident/me", json!({})).await.ok();
    let rights = me.data("/me/actingFor").as_array().unwrap();
    rights
        .iter()
        .map(|right| right["principal"]["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn seen(market: &Market<'_>, resident: &str) -> Value {
    let variables = json!({ "cityId": market.city.id, "resident": resident });
    market
        .officer
        .run("officer/personRecord", variables)
        .await
        .ok()
        .data("/personRecord")
        .clone()
}

/// One column of text of the rows that a query finds.
async fn column(app: &TestApp, sql: &str) -> Vec<String> {
    let conn = app.db().read();
    let rows = conn
        .query_all_raw(Statement::from_string(conn.get_database_backend(), sql))
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get::<String>("", "text").unwrap())
        .collect()
}

#[tokio::test]
async fn a_recorded_code_brings_the_registers_word() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        family(app);
        let anna = app.person("anna").await;
        let recorded = record(&market, &anna, ANNA).await.ok();
        assert_eq!(recorded.data("/recordPersonalCode/person/givenName"), "Anna");
        let me = anna.run("resident/me", json!({})).await.ok();
        let home = json!([{ "municipality": "837", "from": "2020-05-01", "until": null, "origin": "REGISTER" }]);
        assert_eq!(me.data("/me/homes"), &home);
        assert_eq!(me.data("/me/actingFor/0/principal/givenName"), "Elli");
        assert_eq!(me.data("/me/actingFor/0/fromRegister"), &json!(true));

        // The other guardian comes later; twice is as once.
        let petri = app.person("petri").await;
        record(&market, &petri, PETRI).await.ok();
        record(&market, &petri, PETRI).await.ok();
        let child = acting_for(&anna).await;
        assert_eq!((child.len(), acting_for(&petri).await), (1, child.clone()));

        // Officers see what is recorded, with the code hidden, and the look is audited.
        let record = seen(&market, &child[0]).await;
        assert_eq!(record["maskedCode"], "010516B****");
        assert_eq!((&record["householdSize"], &record["homes"]), (&json!(3), &home));
        let looks = "SELECT action AS text FROM audit WHERE action = 'readPersonRecord'";
        assert_eq!(column(app, looks).await.len(), 1);
        // Another city has not recorded her.
        let stranger = app
            .staff(&app.city("853").await, kernel::StaffRole::ProgrammeOfficer, "stranger")
            .await;
        let abroad = app.city("853").await;
        let foreign = json!({ "cityId": abroad.id, "resident": anna.email });
        let foreign = stranger.run("officer/personRecord", foreign).await;
        assert_eq!(foreign.error_code(), Some("NOT_FOUND"));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn every_night_guardians_and_hidden_contacts_follow_the_register() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        family(app);
        let [anna, petri] = [app.person("anna").await, app.person("petri").await];
        record(&market, &anna, ANNA).await.ok();
        record(&market, &petri, PETRI).await.ok();
        let audited = "SELECT action AS text FROM audit WHERE action LIKE 'register%' OR action LIKE 'endReg%'";
        let before = column(app, audited).await.len();
        night(app).await;
        night(app).await;
        assert_eq!(column(app, audited).await.len(), before, "nothing was new");

        // Petri is not a guardian any more, and the contact of Anna is hidden: both at once.
        app.population
            .put(entry(CHILD, "Elli", &json!({ "guardians": [ANNA] })));
        app.population.put(entry(
            ANNA,
            "Anna",
            &json!({ "nonDisclosure": true, "dependants": [CHILD] }),
        ));
        let (one, two) = tokio::join!(app.contexts.identity.run_refresh(), app.contexts.identity.run_refresh());
        one.unwrap();
        two.unwrap();
        assert_eq!((acting_for(&anna).await.len(), acting_for(&petri).await.len()), (1, 0));
        assert_eq!(seen(&market, &anna.email).await["nonDisclosure"], json!(true));

        // Back again; and whoever the register does not know any more stays as she is.
        family(app);
        app.population.remove(ANNA);
        night(app).await;
        assert_eq!((acting_for(&anna).await.len(), acting_for(&petri).await.len()), (1, 1));
        assert_eq!(seen(&market, &anna.email).await["nonDisclosure"], json!(true));

        // What an officer has ended comes back by an officer only.
        let me = petri.run("resident/me", json!({})).await.ok();
        let end = json!({ "relationId": me.data("/me/actingFor/0/id"), "reason": "Käräjäoikeuden päätös." });
        input(&market.officer, "officer/endRelation", end).await.ok();
        night(app).await;
        assert_eq!(acting_for(&petri).await.len(), 0);
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn who_has_died_neither_acts_nor_is_acted_for() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        family(app);
        let anna = app.person("anna").await;
        record(&market, &anna, ANNA).await.ok();
        app.population.put(entry(
            ANNA,
            "Anna",
            &json!({ "deceasedOn": "2027-01-09", "dependants": [CHILD] }),
        ));
        night(app).await;
        night(app).await;
        assert_eq!(acting_for(&anna).await.len(), 0);
        assert_eq!(seen(&market, &anna.email).await["deceasedOn"], "2027-01-09");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_move_in_the_register_ends_the_vouchers_of_the_city() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        family(app);
        let anna = app.person("anna").await;
        let voucher = market.voucher(&anna).await;
        market.book(&anna, &voucher, "book").await.ok();
        record(&market, &anna, ANNA).await.ok();
        let moved = json!({ "homeMunicipality": "853", "homeSince": "2027-01-21" });
        app.population.put(entry(ANNA, "Anna", &moved));
        night(app).await;
        night(app).await;
        let vouchers = anna.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
        assert_eq!(vouchers.data("/myVouchers/nodes/0/validUntil"), "2027-01-20");
        assert_eq!(market.places_left().await, 10, "the visit of February was released");
        let homes = seen(&market, &anna.email).await["homes"].clone();
        assert_eq!(homes[1]["until"], "2027-01-20");
        assert_eq!(homes[0]["municipality"], "853");
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_officer_records_where_somebody_lives_with_grounds() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        let anna = app.person("anna").await;
        let home = |municipality: &str, since: &str| {
            json!({
                "cityId": market.city.id, "resident": anna.email, "municipality": municipality, "since": since,
                "grounds": "Muuttoilmoitus.",
            })
        };
        let document = "officer/recordHomeMunicipality";
        for (wrong, code) in [
            (home("Tampere", "2027-01-01"), "INVALID_FORMAT"),
            (home("837", "1800-01-01"), "OUT_OF_RANGE"),
            (home("837", "2030-01-01"), "OUT_OF_RANGE"),
        ] {
            assert_eq!(input(&market.officer, document, wrong).await.user_errors(), [code]);
        }
        let (one, two) = tokio::join!(
            input(&market.officer, document, home("837", "2026-01-01")),
            input(&market.officer, document, home("837", "2026-01-01")),
        );
        let codes: Vec<_> = [&one, &two].iter().flat_map(|answer| answer.user_errors()).collect();
        assert_eq!(codes, ["ALREADY_EXISTS"]);
        let own = json!({
            "cityId": market.city.id, "resident": market.officer.email, "municipality": "837", "since": "2026-01-01",
            "grounds": "Itse.",
        });
        assert_eq!(input(&market.officer, document, own).await.user_errors(), ["FOUR_EYES"]);
        let voucher = market.voucher(&anna).await;
        input(&market.officer, document, home("091", "2027-03-01")).await.ok();
        app.run_jobs().await;
        let vouchers = anna.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
        assert_eq!(vouchers.data("/myVouchers/nodes/0/id"), &json!(voucher));
        assert_eq!(vouchers.data("/myVouchers/nodes/0/validUntil"), "2027-02-28");
        app.run_jobs().await;
    })
    .await;
}

/// The last day of the only voucher of a person.
async fn ends(person: &Person<'_>) -> String {
    let vouchers = person.run("resident/myVouchers", json!({ "first": 10 })).await.ok();
    vouchers.text("/myVouchers/nodes/0/validUntil")
}

async fn moves(officer: &Person<'_>, city: kernel::CityId, resident: &Person<'_>, municipality: &str) {
    let home = json!({
        "cityId": city, "resident": resident.email, "municipality": municipality, "since": "2027-01-11",
        "grounds": "Muuttoilmoitus.",
    });
    input(officer, "officer/recordHomeMunicipality", home).await.ok();
}

#[tokio::test]
async fn the_register_does_not_undo_what_it_has_not_heard_of() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        app.population.put(entry(ANNA, "Anna", &json!({})));
        let anna = app.person("anna").await;
        record(&market, &anna, ANNA).await.ok();
        moves(&market.officer, market.city.id, &anna, "091").await;
        night(app).await;
        let homes = seen(&market, &anna.email).await["homes"].clone();
        assert_eq!(
            (&homes[0]["municipality"], &homes[0]["origin"]),
            (&json!("091"), &json!("OFFICER"))
        );
        app.population.put(entry(
            ANNA,
            "Anna",
            &json!({ "homeMunicipality": "091", "homeSince": "2027-01-11" }),
        ));
        night(app).await;
        let homes = seen(&market, &anna.email).await["homes"].clone();
        assert_eq!(
            (&homes[0]["municipality"], &homes[0]["origin"]),
            (&json!("091"), &json!("REGISTER"))
        );
        assert_eq!(homes.as_array().map(Vec::len), Some(2));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn an_officer_of_another_city_ends_no_voucher() {
    both(async |app| {
        let market = Market::open(app, Terms::default()).await;
        app.population.put(entry(ANNA, "Anna", &json!({})));
        let anna = app.person("anna").await;
        record(&market, &anna, ANNA).await.ok();
        market.voucher(&anna).await;
        let abroad = app.city("853").await;
        let stranger = app
            .staff(&abroad, kernel::StaffRole::ProgrammeOfficer, "stranger")
            .await;
        moves(&stranger, abroad.id, &anna, "853").await;
        app.run_jobs().await;
        assert_eq!(ends(&anna).await, "2027-06-30");
        // The register confirms it.
        app.population.put(entry(
            ANNA,
            "Anna",
            &json!({ "homeMunicipality": "853", "homeSince": "2027-01-11" }),
        ));
        night(app).await;
        assert_eq!(ends(&anna).await, "2027-01-11");
        app.run_jobs().await;
    })
    .await;
}
