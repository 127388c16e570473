//! Offers through the API: a company lists, everybody finds, and nobody else changes.

use kernel::StaffRole;
use serde_json::{Value, json};
use support::market::key_of;
use support::{Actor, Answer, Person, TestApp, both};

/// A programme of Turku (ceiling 60.00 €, first half of 2027) in which a company is approved.
struct Market<'a> {
    app: &'a TestApp,
    city: String,
    programme: String,
    company: String,
    signatory: Person<'a>,
    officer: Person<'a>,
    approver: Person<'a>,
    approval: String,
}

impl<'a> Market<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let city = app.city("853").await;
        let officer = app.staff(&city, StaffRole::ProgrammeOfficer, "officer").await;
        let publisher = app.staff(&city, StaffRole::ProgrammeOfficer, "publisher").await;
        let approver = app.staff(&city, StaffRole::Approver, "approver").await;
        let (company, signatory) = app.company(&city, 1).await;
        let content = json!({
            "name": text("Seniorien siivous"), "description": text("Siivous kotona"), "serviceClass": "P25",
            "validFrom": "2027-01-01", "validUntil": "2027-06-30",
            "budget": 1_000_000,
            "terms": {
                "valueRule": { "flat": { "value": 5_000 } }, "priceCeiling": 6_000, "freeCancellationHours": 24,
                "lateFeeBasisPoints": 5_000,
            },
        });
        let input = json!({ "cityId": city.id, "content": content });
        let draft = officer
            .run("officer/createProgramme", json!({ "input": input }))
            .await
            .ok();
        let programme = draft.text("/createProgramme/programme/id");
        let input = json!({ "programmeId": programme, "expectedVersion": 1, "idempotencyKey": key_of(&programme) });
        let published = publisher
            .run("officer/publishProgramme", json!({ "input": input }))
            .await
            .ok();
        assert_eq!(published.data("/publishProgramme/programme/state"), "PUBLISHED");
        let input = json!({ "programmeId": programme, "companyId": company, "statement": "Teemme hyvää työtä." });
        let applied = signatory
            .run("provider/applyToProgramme", json!({ "input": input }))
            .await
            .ok();
        let input = json!({
            "applicationId": applied.text("/applyToProgramme/application/id"), "expectedVersion": 1,
            "validFrom": "2027-01-01", "validUntil": "2027-06-30", "grounds": "Täyttää ehdot.",
        });
        let approved = approver
            .run("approver/approveApplication", json!({ "input": input }))
            .await
            .ok();
        app.run_jobs().await;
        Self {
            app,
            city: city.id.to_string(),
            programme,
            company: company.to_string(),
            signatory,
            officer,
            approver,
            approval: approved.text("/approveApplication/approval/id"),
        }
    }

    async fn create(&self, actor: &Actor<'_>, content: Value) -> Answer {
        let input = json!({ "companyId": self.company, "programmeId": self.programme, "content": content });
        actor.run("provider/createOffer", json!({ "input": input })).await
    }

    /// A published offer.
    async fn publish(&self, name: &str) -> String {
        let offer = self
            .create(&self.signatory, content(name, 4_500))
            .await
            .ok()
            .text("/createOffer/offer/id");
        self.act(&self.signatory, "publishOffer", &offer, 1).await.ok();
        offer
    }

    async fn act(&self, actor: &Actor<'_>, operation: &str, offer: &str, version: i32) -> Answer {
        let input = json!({ "offerId": offer, "expectedVersion": version });
        actor
            .run(&format!("provider/{operation}"), json!({ "input": input }))
            .await
    }

    async fn add(&self, actor: &Actor<'_>, offer: &str, days: &[u32]) -> Answer {
        let time = |day| {
            json!({
                "startsAt": format!("2027-02-{day:02}T08:00:00Z"), "endsAt": format!("2027-02-{day:02}T09:30:00Z"), "capacity": 5,
            })
        };
        let input = json!({ "offerId": offer, "occurrences": days.iter().map(time).collect::<Vec<_>>() });
        actor.run("provider/addOccurrences", json!({ "input": input })).await
    }

    async fn search(&self, first: u32, after: Option<String>, filter: Value) -> Answer {
        let mut whole = json!({ "cityId": self.city });
        whole
            .as_object_mut()
            .unwrap()
            .extend(filter.as_object().unwrap().clone());
        let variables = json!({ "filter": whole, "first": first, "after": after });
        self.app.anyone().run("anyone/offers", variables).await
    }
}

fn text(fi: &str) -> Value {
    json!({ "fi": fi, "sv": format!("{fi} på svenska") })
}

fn content(name: &str, price: i64) -> Value {
    json!({
        "name": text(name), "description": text("Ikkunat ja lattiat"), "keywords": ["puhtaus"], "price": price,
        "vatClass": "GENERAL",
        "place": {
            "name": "Palvelutori", "street": "Torikatu 1", "postalCode": "20100",
            "coordinates": { "latitudeE6": 60_451_800, "longitudeE6": 22_266_600 },
        },
    })
}

fn names(answer: &Answer) -> Vec<&str> {
    let edges = answer.data("/offers/edges").as_array().into_iter().flatten();
    edges.filter_map(|edge| edge["node"]["name"].as_str()).collect()
}

#[tokio::test]
async fn a_bad_time_among_many_is_named() {
    both(async |app| {
        let market = Market::open(app).await;
        let offer = market.publish("Ikkunat").await;
        let time = |day: u32, capacity: i64| {
            json!({
                "startsAt": format!("2027-02-{day:02}T08:00:00Z"), "endsAt": format!("2027-02-{day:02}T09:30:00Z"),
                "capacity": capacity,
            })
        };
        let input = json!({ "offerId": offer, "occurrences": [time(1, 5), time(2, 0)] });
        let refused = market
            .signatory
            .run("provider/addOccurrences", json!({ "input": input }))
            .await;
        assert_eq!(refused.user_errors(), ["OUT_OF_RANGE"]);
        assert_eq!(
            refused.data("/addOccurrences/userErrors/0/field"),
            &json!(["input", "occurrences", "1", "capacity"])
        );
    })
    .await;
}

#[tokio::test]
async fn a_company_lists_and_everybody_finds() {
    both(async |app| {
        let market = Market::open(app).await;
        let (signatory, anyone) = (&market.signatory, app.anyone());
        let draft = market.create(signatory, content("Siivous", 4_500)).await.ok();
        let offer = draft.text("/createOffer/offer/id");
        assert_eq!(
            *draft.data("/createOffer/offer/allowedActions"),
            json!(["UPDATE", "PUBLISH", "ARCHIVE", "ADD_OCCURRENCES"])
        );
        let variables = json!({ "id": offer, "deliveredOn": "2027-02-01" });
        assert_eq!(
            *anyone.run("anyone/offer", variables.clone()).await.ok().data("/offer"),
            Value::Null
        );
        assert_eq!(
            signatory
                .run("anyone/offer", variables.clone())
                .await
                .ok()
                .data("/offer/state"),
            "DRAFT"
        );

        market.act(signatory, "publishOffer", &offer, 1).await.ok();
        market.add(signatory, &offer, &[9, 8]).await.ok();
        let seen = anyone.run("anyone/offer", variables).await.ok();
        assert_eq!(seen.data("/offer/name"), "Siivous på svenska");
        assert_eq!(*seen.data("/offer/vatRateBasisPoints"), json!(2_550));
        assert_eq!(*seen.data("/offer/place/latitudeE6"), json!(60_451_800));
        assert_eq!(seen.data("/offer/company/name"), "Palvelu 1 Oy");
        assert_eq!(seen.data("/offer/programme/name"), "Seniorien siivous");
        assert_eq!(seen.data("/offer/occurrences/0/startsAt"), "2027-02-08T08:00:00+00:00");
        assert_eq!(*seen.data("/offer/occurrences/1/placesLeft"), json!(5));
        let node = anyone.run("anyone/node", json!({ "id": offer })).await.ok();
        assert_eq!(node.data("/node/name"), "Siivous");
        let time = seen.text("/offer/occurrences/0/id");
        let node = anyone.run("anyone/node", json!({ "id": time })).await.ok();
        assert_eq!(node.data("/node/endsAt"), "2027-02-08T09:30:00+00:00");

        let update = json!({ "offerId": offer, "expectedVersion": 2, "content": content("Suursiivous", 5_900) });
        signatory
            .run("provider/updateOffer", json!({ "input": update }))
            .await
            .ok();
        let found = market
            .search(20, None, json!({ "text": "SUUR torikatu", "maxPrice": 5_900 }))
            .await
            .ok();
        assert_eq!(names(&found), ["Suursiivous"]);
        assert_eq!(
            *found.data("/offers/edges/0/node/price"),
            json!({ "cents": 5_900, "currency": "EUR" })
        );
        assert!(names(&market.search(20, None, json!({ "maxPrice": 5_899 })).await.ok()).is_empty());
        let when = json!({ "bookableFrom": "2027-02-08T08:00:00Z", "bookableUntil": "2027-02-08T08:00:01Z" });
        assert_eq!(names(&market.search(20, None, when).await.ok()), ["Suursiivous"]);

        market.act(signatory, "pauseOffer", &offer, 3).await.ok();
        assert!(names(&market.search(20, None, json!({})).await.ok()).is_empty());
        let archived = market.act(signatory, "archiveOffer", &offer, 4).await.ok();
        assert_eq!(*archived.data("/archiveOffer/offer/allowedActions"), json!([]));
    })
    .await;
}

#[tokio::test]
async fn the_times_of_an_offer_are_kept() {
    both(async |app| {
        let market = Market::open(app).await;
        let signatory = &market.signatory;
        let offer = market.publish("Siivous").await;
        let added = market.add(signatory, &offer, &[8, 9, 10]).await.ok();
        let time = added.text("/addOccurrences/occurrences/0/id");
        assert_eq!(
            market.add(signatory, &offer, &[11, 9]).await.user_errors(),
            ["ALREADY_EXISTS"]
        );

        let change = async |version, capacity| {
            let input = json!({ "occurrenceId": time, "expectedVersion": version, "capacity": capacity });
            signatory
                .run("provider/changeCapacity", json!({ "input": input }))
                .await
        };
        assert_eq!(change(1, 0).await.user_errors(), ["OUT_OF_RANGE"]);
        assert_eq!(
            *change(1, 8).await.ok().data("/changeCapacity/occurrence/placesLeft"),
            json!(8)
        );
        assert_eq!(change(1, 9).await.user_errors(), ["CONFLICT"]);
        let input = json!({ "occurrenceId": time, "expectedVersion": 2 });
        let cancelled = signatory
            .run("provider/cancelOccurrence", json!({ "input": input }))
            .await
            .ok();
        assert_eq!(cancelled.text("/cancelOccurrence/occurrence/offer/id"), offer);
        assert_eq!(*cancelled.data("/cancelOccurrence/occurrence/placesLeft"), json!(0));

        let page = async |after: Option<String>| {
            let variables = json!({ "offerId": offer, "first": 2, "after": after });
            market.officer.run("provider/offerSchedule", variables).await.ok()
        };
        let first = page(None).await;
        assert_eq!(*first.data("/offerSchedule/totalCount"), json!(3));
        assert_eq!(first.data("/offerSchedule/edges/0/node/state"), "CANCELLED");
        let rest = page(Some(first.text("/offerSchedule/pageInfo/endCursor"))).await;
        assert_eq!(
            rest.data("/offerSchedule/edges/0/node/startsAt"),
            "2027-02-10T08:00:00+00:00"
        );
        assert_eq!(*rest.data("/offerSchedule/pageInfo/hasNextPage"), json!(false));
    })
    .await;
}

#[tokio::test]
async fn refusals_name_their_reason() {
    both(async |app| {
        let market = Market::open(app).await;
        let refused = market.create(&market.signatory, content("Siivous", 6_001)).await;
        let error = refused.data("/createOffer/userErrors/0");
        assert_eq!(error["code"], "PRICE_ABOVE_CEILING");
        assert_eq!(error["field"], json!(["input", "content", "price"]));
        assert_eq!(error["params"], json!([{ "name": "ceiling", "value": "60.00" }]));
        let mut finnish = content("Siivous", 4_500);
        finnish["name"] = json!({ "fi": "Siivous" });
        assert_eq!(
            market.create(&market.signatory, finnish).await.user_errors(),
            ["SWEDISH_MISSING"]
        );

        let offer = market.publish("Siivous").await;
        assert_eq!(
            market
                .act(&market.signatory, "publishOffer", &offer, 2)
                .await
                .user_errors(),
            ["NOT_ALLOWED_IN_STATE"]
        );
        assert_eq!(
            market
                .act(&market.signatory, "pauseOffer", &offer, 1)
                .await
                .user_errors(),
            ["CONFLICT"]
        );
        let suspend = json!({ "approvalId": market.approval, "expectedVersion": 1, "reason": "Puutteita laadussa." });
        market
            .approver
            .run("approver/suspendApproval", json!({ "input": suspend }))
            .await
            .ok();
        assert_eq!(
            market
                .create(&market.signatory, content("Siivous", 1))
                .await
                .user_errors(),
            ["NOT_APPROVED"]
        );
        assert!(names(&market.search(20, None, json!({})).await.ok()).is_empty());
        let page = market.search(101, None, json!({})).await;
        assert_eq!(page.error_code(), Some("OUT_OF_RANGE"));
        let cursor = market.search(1, Some(market.city.clone()), json!({})).await;
        assert_eq!(cursor.error_code(), Some("INVALID_ID"));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn only_the_company_changes_its_offers() {
    both(async |app| {
        let market = Market::open(app).await;
        let offer = market.publish("Siivous").await;
        let draft = market.create(&market.signatory, content("Luonnos", 4_500)).await.ok();
        let draft = draft.text("/createOffer/offer/id");
        let (_, rival) = app.company(&app.city("853").await, 2).await;
        for actor in [&rival, &market.officer] {
            assert_eq!(
                market.create(actor, content("Siivous", 4_500)).await.error_code(),
                Some("FORBIDDEN")
            );
            assert_eq!(
                market.act(actor, "pauseOffer", &offer, 2).await.error_code(),
                Some("FORBIDDEN")
            );
            assert_eq!(market.add(actor, &offer, &[8]).await.error_code(), Some("FORBIDDEN"));
            let list = json!({ "companyId": market.company, "first": 10 });
            assert_eq!(
                actor.run("provider/companyOffers", list).await.error_code(),
                Some("FORBIDDEN")
            );
        }
        assert_eq!(
            market.act(&rival, "publishOffer", &draft, 1).await.user_errors(),
            ["NOT_FOUND"]
        );
        assert_eq!(
            market.act(&app.anyone(), "pauseOffer", &offer, 2).await.error_code(),
            Some("UNAUTHENTICATED")
        );
        let schedule = rival
            .run("provider/offerSchedule", json!({ "offerId": draft, "first": 10 }))
            .await;
        assert_eq!(schedule.error_code(), Some("NOT_FOUND"));
        let node = rival.run("anyone/node", json!({ "id": draft })).await.ok();
        assert_eq!(*node.data("/node"), Value::Null);

        let list = json!({ "companyId": market.company, "first": 1 });
        let own = market.signatory.run("provider/companyOffers", list).await.ok();
        assert_eq!(*own.data("/companyOffers/totalCount"), json!(2));
        assert_eq!(own.text("/companyOffers/edges/0/node/id"), offer);
        assert_eq!(*own.data("/companyOffers/pageInfo/hasNextPage"), json!(true));
        app.run_jobs().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_costs_the_same_for_two_and_twenty() {
    both(async |app| {
        let market = Market::open(app).await;
        for number in 0..20 {
            let offer = market.publish(&format!("Siivous {number}")).await;
            market.add(&market.signatory, &offer, &[8, 9]).await.ok();
        }
        let cost = async |first| {
            let before = app.statements();
            let answer = market.search(first, None, json!({ "text": "siivous" })).await.ok();
            assert_eq!(names(&answer).len(), usize::try_from(first).unwrap());
            app.statements() - before
        };
        // The city, the page, the companies and the times; a loader may split its keys once.
        let (two, twenty) = (cost(2).await, cost(20).await);
        assert!(two <= 5 && twenty <= 5, "{two} statements for 2, {twenty} for 20");
    })
    .await;
}
